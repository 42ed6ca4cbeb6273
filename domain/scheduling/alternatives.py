"""Free times near a busy one."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from domain.scheduling.calendar import CalendarFacts
from domain.scheduling.load import team_minutes
from domain.scheduling.local_time import A_LOCAL_DAY, Span, day_of, day_span, first_instant
from domain.scheduling.offers import Audience, Offers
from domain.shared.ids import TeamId, WorkerId
from domain.shared.money import divide_half_up

MOST_ALTERNATIVES = 3
DAYS_BEFORE = 1
DAYS_AFTER = 14
NEAR = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """An offered start. The team is for staff to see."""

    starts_at: datetime
    ends_at: datetime
    team_id: TeamId
    team_name: str


def search_span(wanted: datetime, zone: ZoneInfo) -> Span:
    """The starts looked at: from the day before the wanted local date to 14 days after it."""
    day = day_of(wanted, zone)
    return Span(
        first_instant(day - timedelta(days=DAYS_BEFORE), zone),
        first_instant(day + timedelta(days=DAYS_AFTER + 1), zone),
    )


def facts_needed(window: Span) -> Span:
    """What `alternatives` to the window must know: the search's whole local days, whatever the zone."""
    day = timedelta(days=1)
    return Span(window.start - (DAYS_BEFORE + 2) * day, window.end + (DAYS_AFTER + 3) * day)


def nearby(wanted: datetime) -> Span:
    """The starts to look at first. Where three of them are offered, no other is nearer."""
    return Span(wanted - NEAR, wanted + NEAR)


def facts_needed_nearby(window: Span) -> Span:
    """What `alternatives` within `nearby` must know: with the whole local day of each start."""
    return Span(window.start - NEAR - A_LOCAL_DAY, window.end + NEAR + A_LOCAL_DAY)


def alternatives(
    facts: CalendarFacts,
    wanted: datetime,
    length: timedelta,
    *,
    now: datetime,
    audience: Audience,
    team_ids: Iterable[TeamId] = (),
    worker_ids: Iterable[WorkerId] = (),
    within: Span | None = None,
) -> tuple[Alternative, ...]:
    """At most three offered starts other than `wanted`, nearest first, the earlier of a tie first.

    `team_ids` are the teams asked for, none meaning any. Each start comes once, with the team that has the
    least work that local day. `facts` must cover the search span, or what of it lies `within`, and a job of
    this length after it.
    """
    offers = Offers(facts, length, now, audience, tuple(worker_ids))
    span = search_span(wanted, facts.zone)
    if within is not None:
        span = span.clipped(*within)
    teams_by_start: dict[datetime, list[TeamId]] = {}
    for team_id in tuple(team_ids) or facts.team_by_id:
        for start in offers.starts(team_id, span):
            teams_by_start.setdefault(start, []).append(team_id)
    teams_by_start.pop(wanted, None)
    nearest = sorted(teams_by_start, key=lambda start: (abs(start - wanted), start))[:MOST_ALTERNATIVES]
    return tuple(_alternative(facts, start, length, teams_by_start[start]) for start in nearest)


def _alternative(
    facts: CalendarFacts, start: datetime, length: timedelta, team_ids: list[TeamId]
) -> Alternative:
    minutes = team_minutes(facts, day_span(day_of(start, facts.zone), facts.zone))
    team = facts.team_by_id[min(team_ids, key=lambda team_id: (minutes.get(team_id, 0), team_id))]
    return Alternative(starts_at=start, ends_at=start + length, team_id=team.id, team_name=team.name)


def minimum_shift_minutes(wanted: datetime, nearest: Alternative) -> int:
    """By how much to move, signed: negative is earlier."""
    return divide_half_up((nearest.starts_at - wanted) // timedelta(seconds=1), 60)
