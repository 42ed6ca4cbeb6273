"""What stands in the way of working in a window, and what merely deserves a warning (contract §6)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.scheduling.blackout import Blackout
from domain.scheduling.calendar import CalendarFacts
from domain.scheduling.hold import Hold
from domain.scheduling.local_time import Span
from domain.scheduling.team import Team
from domain.scheduling.worker import Worker
from domain.shared.errors import Forbidden
from domain.shared.ids import TeamId, WorkerId

MOST_CONFLICTS = 200


class CrossOrg(Forbidden):
    """The same for another organisation's id and for one that nobody has."""

    code = "cross_org"

    def __init__(self) -> None:
        super().__init__("One of these ids is not of your organisation.")


class ConflictKind(StrEnum):
    BLACKOUT = "blackout"
    BOOKING = "booking"
    OUTSIDE_WORKING_HOURS = "outside_working_hours"
    OWN_TEAM_BUSY = "own_team_busy"
    TEAM_INACTIVE = "team_inactive"
    WORKER_BOOKING = "worker_booking"
    WORKER_INACTIVE = "worker_inactive"
    WORKER_TIME_OFF = "worker_time_off"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleConflict:
    """One fact in the way. `reference` is the booking, blackout, team or worker that it is about."""

    kind: ConflictKind
    reference: UUID
    team_id: TeamId | None = None
    worker_id: WorkerId | None = None
    starts_at: datetime
    ends_at: datetime
    occupied_until: datetime | None = None
    note: str | None = None

    @property
    def place(self) -> tuple[datetime, str, UUID, str]:
        return (self.starts_at, self.kind, self.reference, str(self.worker_id or ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictReport:
    conflicts: tuple[ScheduleConflict, ...]
    warnings: tuple[ScheduleConflict, ...]  # they never refuse a write
    truncated: bool = False

    @property
    def has_conflict(self) -> bool:
        return bool(self.conflicts)


def conflicts(
    facts: CalendarFacts,
    window: Span,
    *,
    team_ids: Iterable[TeamId] = (),
    worker_ids: Iterable[WorkerId] = (),
) -> ConflictReport:
    """What these teams and workers meet in the window. The facts leave out the booking that is in hand."""
    teams = [facts.team_by_id[team_id] for team_id in team_ids]
    workers = [facts.worker_by_id[worker_id] for worker_id in worker_ids]
    found = {c for team in teams for c in team_conflicts(facts, window, team)}
    found |= {c for worker in workers for c in worker_conflicts(facts, window, worker)}
    warned = {c for worker in workers for c in own_team_busy(facts, window, worker)}
    hours_asked = teams or [facts.team_by_id[worker.team_id] for worker in workers]
    warned |= {c for team in hours_asked for c in _outside_hours(facts, window, team)}
    in_order = sorted(found, key=lambda c: c.place)
    cautions = sorted(warned, key=lambda c: c.place)
    return ConflictReport(
        conflicts=tuple(in_order[:MOST_CONFLICTS]),
        warnings=tuple(cautions[:MOST_CONFLICTS]),
        truncated=max(len(in_order), len(cautions)) > MOST_CONFLICTS,
    )


def conflicts_with_blackout(facts: CalendarFacts, blackout: Blackout) -> tuple[ScheduleConflict, ...]:
    """The holds whose work the blackout would fall on: of its team, and of its team's workers elsewhere; of
    its worker; or all. In order, at most 200."""
    members = facts.members_by_team.get(blackout.team_id, frozenset()) if blackout.team_id else frozenset()
    kind = ConflictKind.WORKER_BOOKING if blackout.worker_id else ConflictKind.BOOKING
    found = [_by_hold(kind, h, blackout.worker_id) for h in facts.holds if blackout.hits(h, members)]
    return tuple(sorted(found, key=lambda c: c.place)[:MOST_CONFLICTS])


def team_conflicts(facts: CalendarFacts, window: Span, team: Team) -> Iterator[ScheduleConflict]:
    if not team.is_active:
        kind = ConflictKind.TEAM_INACTIVE
        yield ScheduleConflict(
            kind=kind, reference=team.id, team_id=team.id, starts_at=window.start, ends_at=window.end
        )
    for hold in facts.holds_of_team(team.id):
        if _holds(facts, hold, window):
            yield _by_hold(ConflictKind.BOOKING, hold)
    for blackout in facts.blackouts_of_team(team.id):
        if window.overlaps(blackout.starts_at, blackout.ends_at):
            yield _by_blackout(blackout)


def worker_conflicts(facts: CalendarFacts, window: Span, worker: Worker) -> Iterator[ScheduleConflict]:
    if not worker.is_active:
        yield ScheduleConflict(
            kind=ConflictKind.WORKER_INACTIVE,
            reference=worker.id,
            worker_id=worker.id,
            starts_at=window.start,
            ends_at=window.end,
        )
    for hold in facts.holds_keeping_out(worker):
        if _holds(facts, hold, window):
            if hold.crew:
                yield _by_hold(ConflictKind.WORKER_BOOKING, hold, worker.id)
            else:
                yield _by_hold(ConflictKind.BOOKING, hold)
    for blackout in facts.blackouts_of_worker(worker):
        if window.overlaps(blackout.starts_at, blackout.ends_at):
            yield _by_blackout(blackout)


def own_team_busy(facts: CalendarFacts, window: Span, worker: Worker) -> Iterator[ScheduleConflict]:
    """Holds of the worker's own team whose crew leaves the worker out."""
    for hold in facts.holds_of_team(worker.team_id):
        if hold.crew and worker.id not in hold.crew and _holds(facts, hold, window):
            yield _by_hold(ConflictKind.OWN_TEAM_BUSY, hold, worker.id)


def _holds(facts: CalendarFacts, hold: Hold, window: Span) -> bool:
    return window.start < hold.held_until and hold.starts_at < window.end + facts.buffer


def _outside_hours(facts: CalendarFacts, window: Span, team: Team) -> Iterator[ScheduleConflict]:
    if not facts.hours_of(team).covers(window.start, window.end, facts.zone):
        kind = ConflictKind.OUTSIDE_WORKING_HOURS
        yield ScheduleConflict(
            kind=kind, reference=team.id, team_id=team.id, starts_at=window.start, ends_at=window.end
        )


def _by_hold(kind: ConflictKind, hold: Hold, worker_id: WorkerId | None = None) -> ScheduleConflict:
    return ScheduleConflict(
        kind=kind,
        reference=hold.booking_id,
        team_id=hold.team_id,
        worker_id=worker_id,
        starts_at=hold.starts_at,
        ends_at=hold.ends_at,
        occupied_until=hold.held_until,
    )


def _by_blackout(blackout: Blackout) -> ScheduleConflict:
    kind = ConflictKind.WORKER_TIME_OFF if blackout.worker_id else ConflictKind.BLACKOUT
    return ScheduleConflict(
        kind=kind,
        reference=blackout.id,
        team_id=blackout.team_id,
        worker_id=blackout.worker_id,
        starts_at=blackout.starts_at,
        ends_at=blackout.ends_at,
        note=blackout.reason,
    )
