"""Gaps, folds, local days (F7, F8) and the days on which clocks change (bar 8 of the first release)."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.scheduling.hours import Week
from domain.scheduling.local_time import (
    Span,
    day_of,
    day_span,
    first_instant,
    grid,
    minutes_inside,
    on_grid,
    plausible,
    stretches,
    wall_clock,
)
from domain.scheduling.offers import Audience, Offers
from domain.shared.errors import Invalid
from domain.shared.ids import TeamId
from tests.support.scheduling import (
    ALWAYS,
    LONG_AGO,
    TWELVE_ZONES,
    a_calendar,
    a_team,
    an_id,
    at,
    days_touched,
    transition_days,
    week,
)

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
TEAM = TeamId(an_id(1))
SAMPLED = ("America/New_York", "America/Santiago", "Africa/Cairo", "Australia/Lord_Howe", "Africa/Casablanca")
EVERY_ZONE = sorted(name for name in available_timezones() if "/" in name and not name.startswith("posix"))


def around(day: date, zone: ZoneInfo) -> list[date]:
    return [day + timedelta(days=n) for n in (-1, 0, 1)]


def check_days_around_each_transition(name: str) -> None:
    zone = ZoneInfo(name)
    for changed in transition_days(name, 2020, 2040):
        days = around(changed, zone)
        spans = [day_span(day, zone) for day in days]
        assert all(before.end == after.start for before, after in pairwise(spans))
        for day, span in zip(days, spans, strict=True):
            check_every_quarter_hour(day, span, zone)


def check_every_quarter_hour(day: date, span: Span, zone: ZoneInfo) -> None:
    assert wall_clock(span.start, zone).date() == day
    assert wall_clock(span.start - timedelta(seconds=1), zone).date() < day
    assert day_of(span.start, zone) == day
    assert day_of(span.end - timedelta(microseconds=1), zone) == day
    for stretch in stretches(span.start, span.end, zone):
        instant = stretch.start
        while instant < stretch.end:
            assert (instant + stretch.offset).replace(tzinfo=None) == wall_clock(instant, zone)
            instant += timedelta(minutes=15)


@pytest.mark.parametrize("name", SAMPLED)
def test_local_days_tile_the_time_line_around_every_transition(name: str) -> None:
    check_days_around_each_transition(name)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", EVERY_ZONE)
def test_local_days_tile_the_time_line_around_every_transition_of_every_zone(name: str) -> None:
    check_days_around_each_transition(name)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("America/New_York", date(2026, 3, 8), 23.0),
        ("America/New_York", date(2026, 11, 1), 25.0),
        ("America/New_York", date(2026, 3, 2), 24.0),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("Australia/Lord_Howe", date(2026, 10, 4), 23.5),
        ("America/Santiago", date(2026, 9, 6), 23.0),  # midnight is skipped
        ("America/Santiago", date(2026, 4, 4), 25.0),  # 23:00 comes twice
        ("America/Havana", date(2026, 3, 8), 23.0),
        ("America/Havana", date(2026, 11, 1), 25.0),  # midnight comes twice
        ("Pacific/Apia", date(2011, 12, 30), 0.0),  # the day that never was
        ("America/Toronto", date(1919, 3, 30), 23.5),  # 23:30 is followed by 00:30 of the next day
        ("America/Toronto", date(1919, 3, 31), 23.5),
    ],
)
def test_how_long_a_day_is(zone: str, day: date, hours: float) -> None:
    span = day_span(day, ZoneInfo(zone))
    assert (span.end - span.start) / timedelta(hours=1) == hours


def test_a_day_whose_midnight_is_skipped_begins_with_the_jump() -> None:
    start = first_instant(date(2026, 9, 6), ZoneInfo("America/Santiago"))
    assert wall_clock(start, ZoneInfo("America/Santiago")).isoformat() == "2026-09-06T01:00:00"


def test_years_of_no_calendar_are_refused() -> None:
    for day in (date(1999, 12, 31), date(2200, 1, 1), date(1, 1, 1), date(9999, 12, 31)):
        with pytest.raises(Invalid):
            plausible(day, "day")
    plausible(date(2000, 1, 1), "day")
    plausible(date(2199, 12, 31), "day")


@st.composite
def instants_near_a_change(draw: st.DrawFn) -> tuple[datetime, ZoneInfo]:
    """Within two days of a change of the clock, in a zone that has some."""
    name = draw(st.sampled_from([name for name in TWELVE_ZONES if name != "Asia/Kolkata"]))
    day = draw(st.sampled_from(transition_days_of(name)))
    offset = draw(st.integers(-2880, 2880))
    return first_instant(day, ZoneInfo(name)) + offset * MINUTE, ZoneInfo(name)


_DAYS: dict[str, list[date]] = {}


def transition_days_of(name: str) -> list[date]:
    if name not in _DAYS:
        _DAYS[name] = transition_days(name, 2020, 2040)
    return _DAYS[name]


@given(instants_near_a_change(), st.integers(15, 4 * 1440), st.integers(0, 59))
def test_a_booking_is_on_exactly_the_days_it_touches_and_its_minutes_sum(
    place: tuple[datetime, ZoneInfo], minutes: int, seconds: int
) -> None:
    start, zone = place
    start += timedelta(seconds=seconds)
    end = start + minutes * MINUTE
    touched = days_touched(start, end, zone)
    spans = [day_span(day, zone) for day in touched]
    assert touched[0] == day_of(start, zone)
    assert touched[-1] == day_of(end - timedelta(microseconds=1), zone)
    assert all(later - earlier == DAY for earlier, later in pairwise(touched))
    assert sum(minutes_inside(start, end, span) for span in spans) == minutes
    for day in (touched[0] - DAY, touched[-1] + DAY):
        assert minutes_inside(start, end, day_span(day, zone)) == 0


openings = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 23), st.integers(1, 24)).filter(lambda o: o[1] < o[2]),
    max_size=12,
)


@st.composite
def weeks(draw: st.DrawFn) -> Week:
    """Disjoint by construction: what overlaps an earlier opening is left out."""
    taken: set[tuple[int, int]] = set()
    chosen: list[tuple[int, int, int]] = []
    for day, first, last in draw(openings):
        hours = {(day, hour) for hour in range(first, last)}
        if not hours & taken and sum(o[0] == day for o in chosen) < 8:
            taken |= hours
            chosen.append((day, first * 60, last * 60))
    return week(*chosen)


def reads_open(hours: Week, instant: datetime, zone: ZoneInfo) -> bool:
    wall = wall_clock(instant, zone)
    minute = wall.hour * 60 + wall.minute
    return any(
        o.day_of_week == wall.weekday() and o.start_minute <= minute < o.end_minute for o in hours.openings
    )


@given(instants_near_a_change(), weeks())
def test_an_instant_is_in_working_hours_exactly_when_its_reading_is(
    place: tuple[datetime, ZoneInfo], hours: Week
) -> None:
    middle, zone = place
    start = middle - timedelta(hours=5)
    spans = hours.open_spans(start, start + timedelta(hours=10), zone)
    assert all(before.end < after.start for before, after in pairwise(spans))
    for n in range(600):
        instant = start + n * MINUTE
        inside = any(span.start <= instant < span.end for span in spans)
        assert inside == reads_open(hours, instant, zone)


@given(instants_near_a_change(), weeks(), st.integers(15, 600))
def test_a_job_is_in_hours_exactly_when_every_minute_of_it_is(
    place: tuple[datetime, ZoneInfo], hours: Week, minutes: int
) -> None:
    start, zone = place
    every = all(reads_open(hours, start + n * MINUTE, zone) for n in range(minutes))
    assert hours.covers(start, start + minutes * MINUTE, zone) == every


@given(instants_near_a_change(), st.sampled_from([15, 30, 60]))
def test_the_grid_has_exactly_the_instants_that_are_on_it(
    place: tuple[datetime, ZoneInfo], step: int
) -> None:
    middle, zone = place
    start, end = middle - timedelta(hours=4), middle + timedelta(hours=4)
    every = [start + n * MINUTE for n in range(480)]
    assert grid(start, end, step, zone) == [instant for instant in every if on_grid(instant, step, zone)]


@pytest.mark.parametrize("name", TWELVE_ZONES)
def test_on_days_of_change_no_slot_is_in_a_gap_and_both_hours_of_a_fold_are_there(name: str) -> None:
    """Open around the clock: the starts of a day are its grid, each instant once, walls twice in a fold."""
    zone = ZoneInfo(name)
    facts = a_calendar(zone=name, hours=ALWAYS, buffer=0, step=15)
    offers = Offers(facts, timedelta(minutes=45), LONG_AGO, Audience.STAFF)
    days = transition_days(name, 2020, 2021) or [date(2021, 3, 28)]
    for day in days:
        span = day_span(day, zone)
        starts = offers.starts(TEAM, span)
        assert len(set(starts)) == len(starts) == (span.end - span.start) // timedelta(minutes=15)
        walls = [wall_clock(start, zone) for start in starts]
        for start, wall in zip(starts, walls, strict=True):
            readings = {wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
            assert start in readings  # a wall time in a gap is read back as another
            assert walls.count(wall) == len({r for r in readings if wall_clock(r, zone) == wall})
        assert {later - earlier for earlier, later in pairwise(starts)} == {timedelta(minutes=15)}


@pytest.mark.parametrize("name", TWELVE_ZONES)
def test_a_night_shift_is_as_long_as_it_lasts_on_days_of_change(name: str) -> None:
    """Hours 22:00 to 06:00: elapsed minutes, not the difference of two readings."""
    zone = ZoneInfo(name)
    night = week(*((day, 0, 360) for day in range(7)), *((day, 1320, 1440) for day in range(7)))
    facts = a_calendar(zone=name, teams=[a_team(hours=night)], buffer=0, step=15)
    for day in transition_days(name, 2022, 2023) or [date(2022, 3, 27)]:
        before, today = day_span(day - DAY, zone), day_span(day, zone)
        shifts = night.open_spans(before.start, today.end, zone)
        shift = next(span for span in shifts if span.end > today.start)
        length = shift.end - shift.start
        exact = Offers(facts, length, before.start, Audience.STAFF)
        longer = Offers(facts, length + MINUTE, before.start, Audience.STAFF)
        assert exact.refusal(TEAM, shift.start) is None
        assert longer.refusal(TEAM, shift.start) is not None
        readings = wall_clock(shift.end, zone) - wall_clock(shift.start, zone)
        change = stretches(shift.start, shift.end, zone)
        assert length == readings - (change[-1].offset - change[0].offset)


def test_a_new_zone_moves_no_instant() -> None:
    start = at("2026-03-02 09:00")
    for name in TWELVE_ZONES:
        assert days_touched(start, start + MINUTE, ZoneInfo(name)) == [day_of(start, ZoneInfo(name))]
