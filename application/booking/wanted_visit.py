"""Finding out whether a time can be had, and taking it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from application.ports.bookings import WantedTime
from application.ports.unit_of_work import Unit
from domain.booking.booking import Booking
from domain.booking.refusals import SlotNotOffered, SlotTaken, StartOutOfRange
from domain.booking.visit import TimeSlot
from domain.scheduling.calendar import CalendarFacts
from domain.scheduling.conflicts import ConflictKind, conflicts
from domain.scheduling.load import team_minutes
from domain.scheduling.local_time import A_LOCAL_DAY, Span, day_of, day_span, on_grid
from domain.scheduling.offers import Audience, Offers, Refusal
from domain.scheduling.team import TeamInactive
from domain.scheduling.worker import WorkerInactive
from domain.shared.errors import Contended, DomainError, FieldFault, NotFound
from domain.shared.ids import BookingId, TeamId, WorkerId

EARLIEST_START = timedelta(days=30)
LATEST_START = timedelta(days=730)


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedVisit:
    """What somebody asks for. No team: any that is free. `ignoring` is the booking that is to move there;
    `keeps` is its slot when it is not to move at all and only its crew changes."""

    starts_at: datetime
    minutes: int
    team_id: TeamId | None = None
    worker_ids: tuple[WorkerId, ...] = ()
    ignoring: BookingId | None = None
    keeps: TimeSlot | None = None

    @property
    def window(self) -> Span:
        return Span(self.starts_at, self.starts_at + timedelta(minutes=self.minutes))


async def facts_about(unit: Unit, wanted: WantedVisit, now: datetime) -> CalendarFacts:
    """The calendar around the visit: wide enough for the local day that it starts on."""
    start, end = wanted.window
    return await unit.calendar.facts(
        start - A_LOCAL_DAY,
        end + A_LOCAL_DAY,
        now=now,
        ignoring=wanted.ignoring,
        crews_for=wanted.worker_ids,
    )


def in_its_way(facts: CalendarFacts, wanted: WantedVisit) -> CalendarFacts:
    """The calendar as this visit meets it. One that stays where it is keeps the buffer that it was given;
    a blackout that it already lies in (one of its team or of the organisation) was decided upon before."""
    if (slot := wanted.keeps) is None:
        return facts
    others = tuple(blackout for blackout in facts.blackouts if not blackout.closes_team(slot.team_id))
    return replace(facts, travel_buffer_minutes=slot.buffer_minutes, blackouts=others)


def require_known(facts: CalendarFacts, wanted: WantedVisit) -> None:
    """Raises NotFound for a team or worker that this organisation does not have."""
    if wanted.team_id is not None and wanted.team_id not in facts.team_by_id:
        raise NotFound("team_id")
    for index, worker_id in enumerate(wanted.worker_ids):
        if worker_id not in facts.worker_by_id:
            raise NotFound(f"worker_ids/{index}")


def require_start_in_range(starts_at: datetime, now: datetime) -> None:
    """For staff: up to 30 days back, to write down what was done; up to 730 days ahead."""
    if not now - EARLIEST_START <= starts_at <= now + LATEST_START:
        message = "must be at most 30 days ago and at most 730 days ahead"
        raise StartOutOfRange(f"The start {message}.", errors=[FieldFault("starts_at", message)])


def require_free(facts: CalendarFacts, wanted: WantedVisit, team_id: TeamId | None) -> None:
    """Raises TeamInactive, WorkerInactive or SlotTaken where team or workers cannot take the visit."""
    teams = () if team_id is None else (team_id,)
    found = conflicts(facts, wanted.window, team_ids=teams, worker_ids=wanted.worker_ids).conflicts
    kinds = {conflict.kind for conflict in found}
    if ConflictKind.TEAM_INACTIVE in kinds:
        raise TeamInactive("This team is switched off.")
    if ConflictKind.WORKER_INACTIVE in kinds:
        raise WorkerInactive("One of these workers is switched off.")
    if kinds:
        raise SlotTaken


def offered_teams(facts: CalendarFacts, wanted: WantedVisit, now: datetime) -> list[TeamId]:
    """The teams that the public may book this start on: fewest booked minutes that local day, then id.

    Raises SlotNotOffered where no team's hours and no rule allow the start, SlotTaken where all are busy."""
    offers = Offers(facts, timedelta(minutes=wanted.minutes), now, Audience.PUBLIC)
    answers = {team.id: offers.refusal(team.id, wanted.starts_at) for team in facts.teams if team.is_active}
    free = [team_id for team_id, refusal in answers.items() if refusal is None]
    if not free:
        raise _refused({refusal for refusal in answers.values() if refusal is not None})
    minutes = team_minutes(facts, day_span(day_of(wanted.starts_at, facts.zone), facts.zone))
    return sorted(free, key=lambda team_id: (minutes.get(team_id, 0), team_id))


def _refused(refusals: set[Refusal]) -> DomainError:
    """Of what the teams say, the answer of the team that came closest."""
    closest = max(refusals, key=list(Refusal).index, default=Refusal.TAKEN)
    if closest in NOT_OFFERED:
        return SlotNotOffered(
            NOT_OFFERED[closest],
            errors=[FieldFault("starts_at", NOT_OFFERED[closest])],
            members={"reason": closest.value},
        )
    return SlotTaken()


NOT_OFFERED = {
    Refusal.OFF_GRID: "Visits do not start at this minute.",
    Refusal.OUTSIDE_HOURS: "Nobody works then.",
    Refusal.TOO_SOON: "This start is too soon.",
    Refusal.BEYOND_HORIZON: "This start is too far ahead.",
}


def warnings_about(facts: CalendarFacts, wanted: WantedVisit, team_id: TeamId) -> tuple[str, ...]:
    """What staff may do and should know of."""
    start, end = wanted.window
    covered = facts.hours_of(facts.team_by_id[team_id]).covers(start, end, facts.zone)
    on_the_grid = on_grid(start, facts.settings.slot_step_minutes, facts.zone)
    found = ((not on_the_grid, "off_grid"), (not covered, "outside_working_hours"))
    return tuple(name for holds, name in found if holds)


async def lock_people(
    unit: Unit, facts: CalendarFacts, team_id: TeamId | None, workers: Sequence[WorkerId]
) -> None:
    """Keep others from taking these teams and workers until our unit ends. A worker's own team counts: a hold
    of it without a crew takes the worker too, and so does a blackout of it. Raises as `lock_in_order`."""
    own = {facts.worker_by_id[worker_id].team_id for worker_id in workers}
    await lock_in_order(unit, own | ({team_id} if team_id else set()), workers)


async def lock_in_order(unit: Unit, teams: Iterable[TeamId], workers: Iterable[WorkerId]) -> None:
    """As all writers do: teams by id, then workers by id. Raises Contended where a worker has gone to a team
    that is not among them since it was looked up: that team must be locked, and before any worker."""
    if wanted := sorted(set(teams)):
        await unit.teams.lock_many(wanted)
    if people := sorted(set(workers)):
        for worker in await unit.workers.lock_many(people):
            if worker.team_id not in wanted:
                raise Contended("A worker changed teams at the same time.", retry_after_seconds=1)


async def overdue_in_the_way(
    unit: Unit, facts: CalendarFacts, wanted: WantedVisit, team_id: TeamId | None, now: datetime
) -> Sequence[Booking]:
    """Overdue holds that still lie on the wanted time, locked. They hide no free slot."""
    time = WantedTime(
        team_id=team_id,
        worker_ids=wanted.worker_ids,
        starts_at=wanted.starts_at,
        held_until=wanted.window.end + facts.buffer,
    )
    found = await unit.bookings.lock_overdue(time, now)
    return [booking for booking in found if booking.id != wanted.ignoring]
