"""Taking a time for staff: what stands in the way is found before anything is locked, and again after."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from application.booking.wanted_visit import (
    WantedVisit,
    facts_about,
    lock_people,
    overdue_in_the_way,
    require_free,
    require_known,
    warnings_about,
)
from application.ports.unit_of_work import Unit
from domain.booking.booking import Booking
from domain.booking.visit import TimeSlot
from domain.scheduling.calendar import CalendarFacts
from domain.scheduling.suggestions import free_teams
from domain.shared.ids import TeamId


@dataclass(frozen=True, slots=True)
class Candidates:
    """Teams that looked free without any lock, best first. There is at least one."""

    facts: CalendarFacts
    team_ids: tuple[TeamId, ...]


@dataclass(frozen=True, slots=True)
class TakenTime:
    """Ours until the unit ends, once the overdue holds in it are let go of."""

    slot: TimeSlot
    overdue: Sequence[Booking]


async def look_for_teams(unit: Unit, wanted: WantedVisit, now: datetime) -> Candidates:
    """The team named, or all that are free. Raises NotFound, TeamInactive, WorkerInactive, SlotTaken."""
    facts = await facts_about(unit, wanted, now)
    require_known(facts, wanted)
    require_free(facts, wanted, wanted.team_id)
    if wanted.team_id is not None:
        return Candidates(facts, (wanted.team_id,))
    return Candidates(facts, tuple(free_teams(facts, wanted.window)))


async def take(
    unit: Unit, seen: CalendarFacts, wanted: WantedVisit, team_id: TeamId, now: datetime
) -> TakenTime:
    """Lock team, workers and overdue holds, and look again. Raises as `look_for_teams`.

    Leads are locked last: the caller locks a booking that is to move before it lets go of overdue ones."""
    await lock_people(unit, seen, team_id, wanted.worker_ids)
    overdue = await overdue_in_the_way(unit, seen, wanted, team_id, now)
    facts = await facts_about(unit, wanted, now)
    require_free(facts, wanted, team_id)
    slot = TimeSlot(
        team_id=team_id,
        starts_at=wanted.starts_at,
        duration_minutes=wanted.minutes,
        buffer_minutes=facts.travel_buffer_minutes,
        warnings=warnings_about(facts, wanted, team_id),
    )
    return TakenTime(slot, overdue)
