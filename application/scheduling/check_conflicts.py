from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from application.ports.clock import Clock
from application.ports.unit_of_work import Unit, UnitOfWork
from application.scheduling.nearby import free_instead
from domain.identity.actor import Actor, Need
from domain.scheduling.alternatives import Alternative, minimum_shift_minutes
from domain.scheduling.blackout import require_window
from domain.scheduling.calendar import CalendarFacts
from domain.scheduling.conflicts import ConflictReport, CrossOrg, conflicts
from domain.scheduling.local_time import Span
from domain.scheduling.offers import Audience
from domain.shared.ids import BookingId, TeamId, WorkerId

LONGEST_WITH_ALTERNATIVES = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckConflicts:
    """For the team and workers named; none named: for those of the booking; nothing named: for every active
    team. The booking itself is never in its own way."""

    starts_at: datetime
    ends_at: datetime
    team_id: TeamId | None = None
    worker_ids: tuple[WorkerId, ...] = ()
    booking_id: BookingId | None = None


@dataclass(frozen=True, slots=True)
class ConflictsView:
    report: ConflictReport
    alternatives: tuple[Alternative, ...] = ()
    minimum_shift_minutes: int | None = None


@dataclass(frozen=True, slots=True)
class CheckConflictsHandler:
    uow: UnitOfWork
    clock: Clock

    async def handle(self, actor: Actor, command: CheckConflicts) -> ConflictsView:
        actor.require(Need.DISPATCH)
        require_window(command.starts_at, command.ends_at)
        now = self.clock.now()
        window = Span(command.starts_at, command.ends_at)
        async with self.uow.begin(actor.org_id) as unit:
            command = await _completed(unit, command)
            facts = await unit.calendar.facts(*window, now=now, ignoring=command.booking_id)
            _require_own(facts, command)
            report = conflicts(
                facts, window, team_ids=_teams_asked(facts, command), worker_ids=command.worker_ids
            )
            if not report.has_conflict or window.end - window.start > LONGEST_WITH_ALTERNATIVES:
                return ConflictsView(report)
            _, found = await free_instead(
                unit,
                window,
                now=now,
                audience=Audience.STAFF,
                team_id=command.team_id,
                worker_ids=command.worker_ids,
                ignoring=command.booking_id,
            )
        shift = minimum_shift_minutes(window.start, found[0]) if found else None
        return ConflictsView(report, found, shift)


async def _completed(unit: Unit, command: CheckConflicts) -> CheckConflicts:
    """With team and crew of the booking where nobody else is named."""
    if command.booking_id is None:
        return command
    booking = await unit.calendar.find(command.booking_id)
    if booking is None:
        raise CrossOrg
    if command.team_id is not None or command.worker_ids:
        return command
    return replace(command, team_id=booking.team_id, worker_ids=booking.crew)


def _require_own(facts: CalendarFacts, command: CheckConflicts) -> None:
    team_known = command.team_id is None or command.team_id in facts.team_by_id
    if not team_known or not all(worker_id in facts.worker_by_id for worker_id in command.worker_ids):
        raise CrossOrg


def _teams_asked(facts: CalendarFacts, command: CheckConflicts) -> tuple[TeamId, ...]:
    if command.team_id is not None:
        return (command.team_id,)
    return () if command.worker_ids else tuple(team.id for team in facts.teams if team.is_active)
