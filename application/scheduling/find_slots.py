"""Free times for a calendar of slots: for the public of any team, for staff with the teams that are free."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from application.ports.clock import Clock
from application.ports.entitlements import Entitlements
from application.ports.unit_of_work import Unit, UnitOfWork
from application.scheduling.zones import OrgZones
from domain.identity.actor import Actor, Need
from domain.scheduling.blackout import InvalidWindow
from domain.scheduling.calendar import CalendarFacts
from domain.scheduling.local_time import Span, day_of, first_instant, plausible
from domain.scheduling.offers import Audience, Offers
from domain.scheduling.team import Team
from domain.shared.errors import FieldFault, NotFound
from domain.shared.ids import TeamId, WorkerId

DEFAULT_DAYS = 7
MOST_DAYS = 31
_DAY = timedelta(days=1)
_LOOK_AHEAD = timedelta(days=62)  # read first, and mostly enough; each read after it is twice as long


@dataclass(frozen=True, slots=True, kw_only=True)
class FindSlots:
    """Local days `first` to `last`, both included; today and six days on if not said."""

    audience: Audience
    duration_minutes: int
    first: date | None = None
    last: date | None = None
    team_id: TeamId | None = None
    worker_ids: tuple[WorkerId, ...] = ()


@dataclass(frozen=True, slots=True)
class Slot:
    """`teams` by name, id."""

    starts_at: datetime
    ends_at: datetime
    teams: tuple[Team, ...]


@dataclass(frozen=True, slots=True)
class SlotDay:
    date: date
    slots: tuple[Slot, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotsView:
    """`next_available` is the first start from the first day on, as far ahead as the audience may book."""

    timezone: str
    duration_minutes: int
    days: tuple[SlotDay, ...]
    next_available: datetime | None
    closed: bool = False


@dataclass(frozen=True, slots=True)
class FindSlotsHandler:
    uow: UnitOfWork
    clock: Clock
    zones: OrgZones
    entitlements: Entitlements

    async def handle(self, actor: Actor, command: FindSlots) -> SlotsView:
        public = command.audience is Audience.PUBLIC
        actor.require(Need.PUBLIC if public else Need.DISPATCH)
        now = self.clock.now()
        for field, day in (("from", command.first), ("to", command.last)):
            if day is not None:
                plausible(day, field)
        length = timedelta(minutes=command.duration_minutes)
        async with self.uow.begin(actor.org_id) as unit:
            facts = await self.zones.facts_over(
                unit,
                lambda zone: _reach(_span(_days(command, now, zone), zone), length),
                now=now,
                crews_for=command.worker_ids,
            )
            days = _checked(_days(command, now, facts.zone, cut=False))
            _require_known(facts, command)
            if public and not await self._open(unit, facts):
                empty = tuple(SlotDay(day, ()) for day in days)
                return _view(facts, command, empty, None, closed=True)
            search = _Search(facts, command, now)
            starts = search.starts(_span(days, facts.zone))
            first_free = min(starts) if starts else await search.later(unit, days[-1])
        found = tuple(SlotDay(day, tuple(slots)) for day, slots in _by_day(facts, days, starts, length))
        return _view(facts, command, found, first_free, closed=False)

    async def _open(self, unit: Unit, facts: CalendarFacts) -> bool:
        return facts.settings.online_booking and await self.entitlements.allows(
            unit.org_id, "booking_created"
        )


@dataclass(frozen=True, slots=True)
class _Search:
    facts: CalendarFacts
    command: FindSlots
    now: datetime

    @property
    def _length(self) -> timedelta:
        return timedelta(minutes=self.command.duration_minutes)

    def starts(self, within: Span, facts: CalendarFacts | None = None) -> dict[datetime, list[Team]]:
        """The teams that are offered at each start."""
        known = facts or self.facts
        offers = Offers(known, self._length, self.now, self.command.audience, self.command.worker_ids)
        found: dict[datetime, list[Team]] = {}
        for team in sorted(known.teams, key=lambda team: (team.name_key, team.id)):
            if self.command.team_id in {None, team.id}:
                for start in offers.starts(team.id, within):
                    found.setdefault(start, []).append(team)
        return found

    async def later(self, unit: Unit, last: date) -> datetime | None:
        """The first start after the days asked for, as far ahead as the audience may book."""
        start = max(first_instant(last + _DAY, self.facts.zone), self.now)
        end = Offers(self.facts, self._length, self.now, self.command.audience).too_late
        ahead = _LOOK_AHEAD
        while start < end:
            within = Span(start, min(start + ahead, end))
            reach = _reach(within, self._length)
            facts = await unit.calendar.facts(
                reach.start, reach.end, now=self.now, crews_for=self.command.worker_ids
            )
            if found := self.starts(within, facts):
                return min(found)
            start, ahead = within.end, 2 * ahead
        return None


def _days(command: FindSlots, now: datetime, zone: ZoneInfo, *, cut: bool = True) -> tuple[date, ...]:
    """None when they run backwards. `cut` makes a period that will be refused one that can be read."""
    first = command.first or day_of(now, zone)
    last = command.last or first + timedelta(days=DEFAULT_DAYS - 1)
    count = (last - first).days + 1
    return tuple(first + n * _DAY for n in range(min(max(count, 1), MOST_DAYS) if cut else count))


def _checked(days: tuple[date, ...]) -> tuple[date, ...]:
    if 1 <= len(days) <= MOST_DAYS:
        return days
    message = f"must be from or later, and name at most {MOST_DAYS} days"
    raise InvalidWindow(f"to {message}.", errors=[FieldFault("to", message)])


def _span(days: tuple[date, ...], zone: ZoneInfo) -> Span:
    return Span(first_instant(days[0], zone), first_instant(days[-1] + _DAY, zone))


def _reach(span: Span, length: timedelta) -> Span:
    """What must be known to offer every start of the span."""
    return Span(span.start, span.end + length)


def _require_known(facts: CalendarFacts, command: FindSlots) -> None:
    if command.team_id is not None and command.team_id not in facts.team_by_id:
        raise NotFound("team_id")
    if not all(worker_id in facts.worker_by_id for worker_id in command.worker_ids):
        raise NotFound("worker_id")


def _by_day(
    facts: CalendarFacts, days: tuple[date, ...], starts: dict[datetime, list[Team]], length: timedelta
) -> Iterator[tuple[date, list[Slot]]]:
    slots: dict[date, list[Slot]] = {day: [] for day in days}
    for start in sorted(starts):
        slots[day_of(start, facts.zone)].append(Slot(start, start + length, tuple(starts[start])))
    yield from slots.items()


def _view(
    facts: CalendarFacts,
    command: FindSlots,
    days: tuple[SlotDay, ...],
    next_available: datetime | None,
    *,
    closed: bool,
) -> SlotsView:
    return SlotsView(
        timezone=facts.timezone,
        duration_minutes=command.duration_minutes,
        days=days,
        next_available=next_available,
        closed=closed,
    )
