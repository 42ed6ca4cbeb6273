"""Strategies for whole calendars: teams, workers, holds and blackouts around a change of the clock."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from domain.scheduling.calendar import CalendarFacts
from domain.scheduling.hold import Hold
from domain.scheduling.local_time import Span, first_instant
from domain.scheduling.worker import Skill
from domain.shared.ids import TeamId, WorkerId
from tests.support.scheduling import (
    a_blackout,
    a_calendar,
    a_hold,
    a_team,
    a_worker,
    an_id,
    week,
)

ZONES = ("America/New_York", "Australia/Lord_Howe", "America/Santiago")
DAYS = {
    "America/New_York": date(2026, 3, 8),
    "Australia/Lord_Howe": date(2026, 4, 5),
    "America/Santiago": date(2026, 9, 6),
}
TEAMS = (1, 2, 3)
WORKERS = (100, 101, 102, 103)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def origin(zone: str) -> datetime:
    """The first instant of a day on which the zone's clock changes."""
    return first_instant(DAYS[zone], ZoneInfo(zone))


offsets = st.integers(-24, 72).map(lambda n: n * 30)  # minutes from the origin
lengths = st.sampled_from([15, 30, 60, 90, 120, 240])


@st.composite
def holds(draw: st.DrawFn, zone: str) -> tuple[Hold, ...]:
    """As the database lets them be: no two of one team or one worker overlap."""
    kept: list[Hold] = []
    for number in range(draw(st.integers(0, 12))):
        crew = draw(st.sets(st.sampled_from(WORKERS), max_size=2))
        hold = a_hold(
            origin(zone) + draw(offsets) * MINUTE,
            draw(lengths),
            team=draw(st.sampled_from(TEAMS)),
            crew=sorted(crew),
            buffer=draw(st.sampled_from([0, 15, 30])),
            number=1000 + number,
        )
        if not any(collide(hold, other) for other in kept):
            kept.append(hold)
    return tuple(sorted(kept, key=lambda hold: (hold.starts_at, hold.booking_id)))


def collide(one: Hold, other: Hold) -> bool:
    shared = one.team_id == other.team_id or set(one.crew) & set(other.crew)
    return bool(shared) and one.starts_at < other.held_until and other.starts_at < one.held_until


@st.composite
def calendars(draw: st.DrawFn) -> CalendarFacts:
    zone = draw(st.sampled_from(ZONES))
    own_hours = st.sampled_from(
        [None, week(), week(*((day, 0, 1440) for day in range(7))), week((6, 60, 600))]
    )
    teams = [a_team(n, is_active=draw(st.integers(0, 4)) > 0, hours=draw(own_hours)) for n in TEAMS]
    workers = [
        a_worker(
            n,
            team=draw(st.sampled_from(TEAMS)),
            is_active=draw(st.integers(0, 5)) > 0,
            role=draw(st.sampled_from([None, "Lead", "Window cleaner"])),
            skills=draw(st.sampled_from([(), (Skill("Lead"),), (Skill("window", DAYS[zone]),)])),
        )
        for n in WORKERS
    ]
    blackouts = []
    for number in range(draw(st.integers(0, 4))):
        who = draw(st.sampled_from([{}, {"team": 1}, {"team": 2}, {"worker": 100}, {"worker": 101}]))
        start = origin(zone) + draw(offsets) * MINUTE
        blackouts.append(a_blackout(start, draw(lengths), number=2000 + number, **who))
    return a_calendar(
        zone=zone,
        buffer=draw(st.sampled_from([0, 15, 30])),
        step=draw(st.sampled_from([15, 30, 60])),
        teams=teams,
        workers=workers,
        holds=draw(holds(zone)),
        blackouts=blackouts,
    )


@st.composite
def questions(draw: st.DrawFn) -> tuple[CalendarFacts, Span]:
    """A calendar and a window in it."""
    facts = draw(calendars())
    start = origin(facts.timezone) + draw(offsets) * MINUTE + draw(st.sampled_from([0, 0, 0, 1, 7])) * MINUTE
    return facts, Span(start, start + draw(lengths) * MINUTE)


team_ids = st.sampled_from([TeamId(an_id(n)) for n in TEAMS])
crews = st.lists(st.sampled_from([WorkerId(an_id(n)) for n in WORKERS]), max_size=2, unique=True).map(tuple)
