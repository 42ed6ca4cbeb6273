"""Why a booking, or a change of one, is refused. The codes are public."""

from collections.abc import Mapping
from uuid import UUID

from domain.shared.errors import Conflict, FieldFault, Forbidden, Invalid, NotFound, Unauthenticated


class BookingNotFound(NotFound):
    def __init__(self) -> None:
        super().__init__("booking_id")


class BookingMoveRefused(Conflict):
    code = "booking_move_refused"


class WorkInProgress(Conflict):
    code = "work_in_progress"

    def __init__(self) -> None:
        super().__init__("A clock of this booking has not been finished.")


class WorkMoveRefused(Conflict):
    code = "work_move_refused"


class OtherWorkRunning(Conflict):
    """Member: `booking_id`, where the worker's clock runs, or ran at that time."""

    code = "other_work_running"

    def __init__(self, booking_id: UUID) -> None:
        super().__init__(
            "The worker's clock runs, or ran then, on another booking.", members={"booking_id": booking_id}
        )


class TimeOverlap(Conflict):
    """Member: `booking_id`, of the entry in the way."""

    code = "time_overlap"

    def __init__(self, booking_id: UUID) -> None:
        super().__init__(
            "The worker was at work on another booking then.", members={"booking_id": booking_id}
        )


class OverrunReasonRequired(Invalid):
    code = "overrun_reason_required"

    def __init__(self) -> None:
        fault = FieldFault("overrun_reason", "is required: the work took much longer than planned")
        super().__init__("The work took much longer than planned. Say why.", errors=[fault])


class ConsentMissing(Forbidden):
    code = "photo_consent_missing"

    def __init__(self) -> None:
        super().__init__("The client has not agreed to photos. Record the consent first.")


class DepositUnpaid(Conflict):
    code = "deposit_unpaid"


class SlotTaken(Conflict):
    """Members: `alternatives`, and `conflicts` for staff."""

    code = "slot_taken"

    def __init__(
        self, detail: str = "This time is taken.", *, members: Mapping[str, object] | None = None
    ) -> None:
        super().__init__(detail, members=members)


class LeadAlreadyBooked(Conflict):
    code = "lead_already_booked"


class NeedsQuote(Conflict):
    code = "needs_quote"


class OnlineBookingClosed(Conflict):
    code = "online_booking_closed"


class SlotNotOffered(Invalid):
    """Member: `reason`."""

    code = "slot_not_offered"


class StartOutOfRange(Invalid):
    code = "start_out_of_range"


class LeadTokenInvalid(Unauthenticated):
    code = "lead_token_invalid"
