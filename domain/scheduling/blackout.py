from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.scheduling.hold import Hold
from domain.scheduling.local_time import plausible
from domain.shared.errors import Conflict, FieldFault, Invalid
from domain.shared.ids import BlackoutId, TeamId, UserId, WorkerId

LONGEST_WINDOW = timedelta(days=366)


class InvalidWindow(Invalid):
    code = "invalid_window"


class BlackoutOverlapsBookings(Conflict):
    """`conflicts` in the members names them."""

    code = "blackout_overlaps_bookings"


class BlackoutScope(StrEnum):
    ORG = "org"
    TEAM = "team"
    WORKER = "worker"


def require_window(starts_at: datetime, ends_at: datetime) -> None:
    """Raises InvalidWindow unless the end is after the start by at most 366 days."""
    plausible(starts_at, "starts_at")
    plausible(ends_at, "ends_at")
    if ends_at <= starts_at:
        message = "must be after starts_at"
    elif ends_at - starts_at > LONGEST_WINDOW:
        message = f"must be at most {LONGEST_WINDOW.days} days after starts_at"
    else:
        return
    raise InvalidWindow(f"ends_at {message}.", errors=[FieldFault("ends_at", message)])


def require_period(start: datetime, end: datetime) -> None:
    """As `require_window`, for a period that a list is asked for."""
    plausible(start, "from")
    plausible(end, "to")
    if not start < end <= start + LONGEST_WINDOW:
        message = f"must be after from, by at most {LONGEST_WINDOW.days} days"
        raise InvalidWindow(f"to {message}.", errors=[FieldFault("to", message)])


def scope_faults(team_id: object, worker_id: object) -> Iterator[FieldFault]:
    if team_id and worker_id:
        yield FieldFault("worker_id", "name a team or a worker, not both")


@dataclass(frozen=True, slots=True, kw_only=True)
class Blackout:
    """No work in `[starts_at, ends_at)`: of the org, of a team, or of a worker, whose time off it is."""

    id: BlackoutId
    starts_at: datetime
    ends_at: datetime
    reason: str | None = None
    team_id: TeamId | None = None
    worker_id: WorkerId | None = None
    created_by: UserId | None = None
    created_at: datetime

    def __post_init__(self) -> None:
        require_window(self.starts_at, self.ends_at)
        if faults := list(scope_faults(self.team_id, self.worker_id)):
            raise Invalid("A blackout is of one thing.", errors=faults)

    @property
    def scope(self) -> BlackoutScope:
        if self.team_id:
            return BlackoutScope.TEAM
        return BlackoutScope.WORKER if self.worker_id else BlackoutScope.ORG

    def closes_team(self, team_id: TeamId) -> bool:
        return self.worker_id is None and self.team_id in {None, team_id}

    def hits(self, hold: Hold, members: AbstractSet[WorkerId]) -> bool:
        """Whether the hold's work falls into it. `members` are the workers of its own team, if it has one."""
        if not (self.starts_at < hold.ends_at and hold.starts_at < self.ends_at):
            return False
        if self.worker_id:
            return self.worker_id in hold.crew
        return self.closes_team(hold.team_id) or not members.isdisjoint(hold.crew)
