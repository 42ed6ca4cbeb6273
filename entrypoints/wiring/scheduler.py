from dishka import Provider, Scope, provide_all

from application.booking.orgs_with_work import OrgsWithNearVisits, OrgsWithOverdueHolds
from application.delivery.deliver_for_all import DeliverForAllHandler
from entrypoints.http.rounds import Rounds


class SchedulerProvider(Provider):
    """What a scheduler has done over HTTP, for every organisation in turn."""

    scope = Scope.APP
    handlers = provide_all(DeliverForAllHandler, OrgsWithNearVisits, OrgsWithOverdueHolds, Rounds)
