"""The dispatcher's board: each local day, each team, what is worked, booked, closed and free."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from domain.scheduling.blackout import Blackout
from domain.scheduling.calendar import CalendarFacts
from domain.scheduling.hold import Hold
from domain.scheduling.local_time import Span, day_span, minutes_inside
from domain.scheduling.offers import Audience, Offers
from domain.scheduling.team import Team
from domain.shared.ids import TeamId

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamDay:
    """`booked_minutes` is work inside the day; `free_minutes` is working time without hold or blackout."""

    team: Team
    working: tuple[Span, ...]
    bookings: tuple[Hold, ...]
    blackouts: tuple[Blackout, ...]
    booked_minutes: int
    free_minutes: int
    available_slots: tuple[Span, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardDay:
    date: date
    span: Span
    teams: tuple[TeamDay, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    timezone: str
    span: Span
    days: tuple[BoardDay, ...]


def days_of(day: date, *, week: bool) -> tuple[date, ...]:
    """The day alone, or its week from Monday."""
    if not week:
        return (day,)
    monday = day - timedelta(days=day.weekday())
    return tuple(monday + timedelta(days=n) for n in range(7))


def board(
    facts: CalendarFacts,
    days: Sequence[date],
    *,
    now: datetime,
    team_ids: frozenset[TeamId] | None = None,
    slots_for_minutes: int | None = None,
) -> Board:
    """Teams by name, id: the active ones, and others on days on which they have work; or those asked for."""
    offers = None
    if slots_for_minutes is not None:
        offers = Offers(facts, timedelta(minutes=slots_for_minutes), now, Audience.STAFF)
    work = _work_by_team(facts)
    teams = sorted(
        (team for team in facts.teams if team_ids is None or team.id in team_ids),
        key=lambda team: (team.name_key, team.id),
    )
    spans = [day_span(day, facts.zone) for day in days]
    found = []
    for day, span in zip(days, spans, strict=True):
        shown = (_team_day(facts, team, span, work.get(team.id, ()), offers) for team in teams)
        kept = tuple(d for d in shown if team_ids is not None or d.team.is_active or d.bookings)
        found.append(BoardDay(date=day, span=span, teams=kept))
    return Board(timezone=facts.timezone, span=Span(spans[0].start, spans[-1].end), days=tuple(found))


def _work_by_team(facts: CalendarFacts) -> dict[TeamId, list[Hold]]:
    work: dict[TeamId, list[Hold]] = {}
    for hold in sorted((*facts.holds, *facts.finished), key=lambda h: (h.starts_at, h.booking_id)):
        work.setdefault(hold.team_id, []).append(hold)
    return work


def _team_day(
    facts: CalendarFacts, team: Team, span: Span, work: Sequence[Hold], offers: Offers | None
) -> TeamDay:
    working = facts.hours_of(team).open_spans(span.start, span.end, facts.zone)
    bookings = [hold for hold in work if span.overlaps(hold.starts_at, hold.ends_at)]
    blackouts = [b for b in facts.blackouts_of_team(team.id) if span.overlaps(b.starts_at, b.ends_at)]
    busy = [Span(b.starts_at, b.ends_at) for b in blackouts]
    busy += [Span(h.starts_at, h.ends_at) for h in bookings]
    busy += [Span(h.starts_at, h.held_until) for h in facts.holds_of_team(team.id)]
    slots = None
    if offers is not None:
        slots = tuple(Span(start, start + offers.length) for start in offers.starts(team.id, span))
    return TeamDay(
        team=team,
        working=tuple(working),
        bookings=tuple(bookings),
        blackouts=tuple(sorted(blackouts, key=lambda b: (b.starts_at, b.id))),
        booked_minutes=sum(minutes_inside(h.starts_at, h.ends_at, span) for h in bookings),
        free_minutes=sum((s.end - s.start) // _MINUTE for s in _left(working, sorted(busy))),
        available_slots=slots,
    )


def _left(working: Sequence[Span], busy: Sequence[Span]) -> Iterator[Span]:
    """What of the working spans no busy span covers. Both in order; busy ones may overlap."""
    for start, end in working:
        first = start
        for taken in busy:
            if first < taken.start and taken.start < end:
                yield Span(first, taken.start)
            first = max(first, taken.end) if taken.start < end else first
        if first < end:
            yield Span(first, end)
