from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from application.ports.calendar import BoardFacts, BoardVisit
from application.ports.clock import Clock
from application.ports.unit_of_work import Unit, UnitOfWork
from application.scheduling.zones import OrgZones
from domain.identity.actor import Actor, Need
from domain.scheduling.board import Board, board, days_of
from domain.scheduling.local_time import Span, day_of, first_instant, plausible
from domain.shared.errors import NotFound
from domain.shared.ids import BookingId, OrgId, TeamId

MOST_BOOKINGS = 2_000
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowSchedule:
    """A local day, today if not said, or its week from Monday."""

    day: date | None = None
    week: bool = False
    team_id: TeamId | None = None
    slots_for_minutes: int | None = None


@dataclass(frozen=True, slots=True)
class ScheduleView:
    """`visits` are what the board's bookings are about."""

    board: Board
    visits: dict[BookingId, BoardVisit]
    truncated: bool


@dataclass(frozen=True, slots=True)
class ShowScheduleHandler:
    uow: UnitOfWork
    clock: Clock
    zones: OrgZones

    async def handle(self, actor: Actor, command: ShowSchedule) -> ScheduleView:
        actor.require(Need.DISPATCH)
        if command.day is not None:
            plausible(command.day, "day")
        now = self.clock.now()
        async with self.uow.begin(actor.org_id) as unit:
            known = await self._facts(unit, actor.org_id, command, now)
        facts = known.facts
        if command.team_id is not None and command.team_id not in facts.team_by_id:
            raise NotFound("team_id")
        shown = board(
            facts,
            _days(command, now, facts.zone),
            now=now,
            team_ids=None if command.team_id is None else frozenset({command.team_id}),
            slots_for_minutes=command.slots_for_minutes,
        )
        visits = {visit.hold.booking_id: visit for visit in known.visits}
        return ScheduleView(shown, visits, known.truncated)

    async def _facts(self, unit: Unit, org_id: OrgId, command: ShowSchedule, now: datetime) -> BoardFacts:
        zone = self.zones.guess(org_id)
        while True:
            span = _span(command, now, zone)
            known = await unit.calendar.board(span.start, span.end, now=now, limit=MOST_BOOKINGS)
            if known.facts.timezone == zone.key:
                return known
            zone = known.facts.zone
            self.zones.remember(org_id, zone)


def _days(command: ShowSchedule, now: datetime, zone: ZoneInfo) -> tuple[date, ...]:
    return days_of(command.day or day_of(now, zone), week=command.week)


def _span(command: ShowSchedule, now: datetime, zone: ZoneInfo) -> Span:
    """The days, and the length of a slot that begins on the last of them."""
    days = _days(command, now, zone)
    slot = timedelta(minutes=command.slots_for_minutes or 0)
    return Span(first_instant(days[0], zone), first_instant(days[-1] + _DAY, zone) + slot)
