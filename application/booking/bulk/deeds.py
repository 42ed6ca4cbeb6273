"""What is to be done with many bookings at once: each deed with the fields of its single verb."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.booking.booking import Booking, CancelledBy
from domain.shared.errors import Conflict, DomainError
from domain.shared.ids import BookingId, TeamId, WorkerId


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmEach:
    waive_deposit_reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelEach:
    reason_code: str
    by: CancelledBy = CancelledBy.OFFICE
    note: str | None = None
    notify: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignEach:
    worker_ids: tuple[WorkerId, ...]
    replace: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UnassignEach:
    worker_ids: tuple[WorkerId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTeamOfEach:
    """The time stays, and so does the crew."""

    team_id: TeamId


@dataclass(frozen=True, slots=True)
class RemindEach:
    """Of confirmed visits that have not begun: once for each local date of a visit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReassignEach:
    """One worker's place in the crew goes to another, or falls free."""

    worker_id: WorkerId
    to_worker_id: WorkerId | None


type Deed = ConfirmEach | CancelEach | AssignEach | UnassignEach | SetTeamOfEach | RemindEach | ReassignEach


@dataclass(frozen=True, slots=True)
class BulkItem:
    """What became of one booking. None: there is no such booking here."""

    booking_id: BookingId
    booking: Booking | None
    problem: DomainError | None = None

    @property
    def ok(self) -> bool:
        return self.problem is None


@dataclass(frozen=True, slots=True)
class BulkOutcome:
    """In the order asked."""

    items: tuple[BulkItem, ...]

    @property
    def succeeded(self) -> int:
        return sum(item.ok for item in self.items)

    @property
    def failed(self) -> int:
        return len(self.items) - self.succeeded


class BulkRefused(Conflict):
    """Member: `results`, which the edge words. Nothing was changed: a booking that passed is as it was."""

    code = "bulk_refused"

    def __init__(self, outcome: BulkOutcome) -> None:
        super().__init__(f"{outcome.failed} of {len(outcome.items)} failed, so nothing was changed.")
        self.outcome = outcome


@dataclass(frozen=True, slots=True)
class Change:
    before: Booking
    after: Booking


type Changes = Sequence[Change]
