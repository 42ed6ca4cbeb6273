from dishka import Provider, Scope, provide, provide_all

from adapters.system.entitlements import UnlimitedEntitlements
from application.booking.assign_crew import AssignCrewHandler, UnassignCrewHandler
from application.booking.bulk_bookings import BulkBookingsHandler
from application.booking.cancel_booking import CancelBookingHandler
from application.booking.complete_booking import CompleteBookingHandler
from application.booking.confirm_booking import ConfirmBookingHandler
from application.booking.create_booking import CreateBookingHandler
from application.booking.create_public_booking import CreatePublicBookingHandler
from application.booking.crowd import Crowd
from application.booking.edit_booking import EditBookingHandler
from application.booking.expire_bookings import ExpireBookingsHandler
from application.booking.list_bookings import ListBookingsHandler
from application.booking.list_waiting import ListWaitingHandler
from application.booking.order_add_ons import SetAddOnsHandler
from application.booking.override_booking import ListOverridesHandler, OverrideBookingHandler
from application.booking.reassign_worker import ReassignWorkerHandler
from application.booking.refused_time import RefusedTimes
from application.booking.reschedule_booking import RescheduleBookingHandler
from application.booking.rules import InstallationRules
from application.booking.show_booking import ShowBookingHandler
from application.ports.clock import Clock
from application.ports.entitlements import Entitlements
from application.ports.unit_of_work import UnitOfWork
from entrypoints.settings import Settings


class BookingProvider(Provider):
    """Bookings and what becomes of them."""

    scope = Scope.APP
    handlers = provide_all(
        AssignCrewHandler,
        BulkBookingsHandler,
        CancelBookingHandler,
        CompleteBookingHandler,
        ConfirmBookingHandler,
        CreateBookingHandler,
        CreatePublicBookingHandler,
        EditBookingHandler,
        ExpireBookingsHandler,
        ListBookingsHandler,
        ListOverridesHandler,
        ListWaitingHandler,
        OverrideBookingHandler,
        ReassignWorkerHandler,
        RescheduleBookingHandler,
        SetAddOnsHandler,
        ShowBookingHandler,
        UnassignCrewHandler,
    )

    @provide
    def refused_times(self, uow: UnitOfWork, clock: Clock) -> RefusedTimes:
        return RefusedTimes(uow, clock)

    @provide
    def crowd(self) -> Crowd:
        return Crowd()

    @provide
    def rules(self, settings: Settings) -> InstallationRules:
        """Nothing can collect a deposit yet, so none is asked for unless the installation is strict."""
        return InstallationRules(
            deposits_enabled=settings.field.deposits_enabled,
            strict_policy=settings.edge.strict_policy_mode,
            payments_available=False,
            public_bookings_per_contact=settings.field.public_bookings_per_contact,
        )

    @provide
    def entitlements(self) -> Entitlements:
        return UnlimitedEntitlements()
