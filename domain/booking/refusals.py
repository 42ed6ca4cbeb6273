"""Why a booking, or a change of one, is refused. The codes are public."""

from collections.abc import Mapping

from domain.shared.errors import Conflict, Invalid, NotFound, Unauthenticated


class BookingNotFound(NotFound):
    def __init__(self) -> None:
        super().__init__("booking_id")


class BookingMoveRefused(Conflict):
    code = "booking_move_refused"


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
