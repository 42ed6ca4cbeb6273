from dishka import Provider, Scope, provide_all

from application.booking.orgs_with_work import OrgsWithNearVisits, OrgsWithOverdueHolds
from application.delivery.deliver_for_all import DeliverForAllHandler
from application.tenancy.active_orgs import ListActiveOrgs
from entrypoints.http.rounds import Rounds


class SchedulerProvider(Provider):
    """What a scheduler has done over HTTP, for every organisation in turn."""

    scope = Scope.APP
    handlers = provide_all(
        DeliverForAllHandler, ListActiveOrgs, OrgsWithNearVisits, OrgsWithOverdueHolds, Rounds
    )
