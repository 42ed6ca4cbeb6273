"""Slots: the worked examples of the contract, and each rule from both sides."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.scheduling.calendar import CalendarFacts
from domain.scheduling.hours import Week
from domain.scheduling.local_time import Span, day_span, wall_clock
from domain.scheduling.offers import Audience, Offers, Refusal
from domain.shared.ids import TeamId, WorkerId
from tests.support.scheduling import (
    ALWAYS,
    NEW_YORK,
    a_blackout,
    a_calendar,
    a_hold,
    a_team,
    a_worker,
    an_id,
    at,
)

TEAM = TeamId(an_id(1))
BEFORE = datetime(2026, 1, 1, tzinfo=UTC)


def clocks(facts: CalendarFacts, day: date, minutes: int = 120) -> list[str]:
    """The offered starts of a day as staff read them on the wall."""
    offers = Offers(facts, timedelta(minutes=minutes), BEFORE, Audience.STAFF)
    starts = offers.starts(TEAM, day_span(day, facts.zone))
    return [wall_clock(start, facts.zone).strftime("%H:%M") for start in starts]


@pytest.mark.parametrize("day", [date(2026, 3, 2), date(2026, 3, 8), date(2026, 11, 1)])
def test_an_empty_day_of_nine_to_six_has_fifteen_starts_also_when_clocks_change(day: date) -> None:
    found = clocks(a_calendar(), day)
    assert (len(found), found[0], found[-1]) == (15, "09:00", "16:00")


def test_one_booking_leaves_the_starts_after_it_and_its_buffer() -> None:
    facts = a_calendar(holds=[a_hold(at("2026-03-02 11:00"), 120)])
    assert clocks(facts, date(2026, 3, 2)) == ["13:30", "14:00", "14:30", "15:00", "15:30", "16:00"]


@pytest.mark.parametrize(
    ("day", "count"), [(date(2026, 3, 2), 9), (date(2026, 3, 8), 7), (date(2026, 11, 1), 11)]
)
def test_a_night_shift_has_fewer_starts_in_spring_and_more_in_autumn(day: date, count: int) -> None:
    found = clocks(a_calendar(hours=Week.daily(0, 360)), day)
    assert len(found) == count
    if count == 11:
        assert (found.count("01:00"), found.count("01:30")) == (2, 2)
    if count == 7:
        assert not {"02:00", "02:30"} & set(found)


def refusal(
    facts: CalendarFacts,
    start: datetime,
    minutes: int = 120,
    *,
    now: datetime = BEFORE,
    audience: Audience = Audience.STAFF,
    worker_ids: tuple[WorkerId, ...] = (),
) -> Refusal | None:
    return Offers(facts, timedelta(minutes=minutes), now, audience, worker_ids).refusal(TEAM, start)


@pytest.mark.parametrize("instant", ["2026-03-02 09:10", "2026-03-02 09:00:30", "2026-03-02 09:00:00.5"])
def test_off_the_grid(instant: str) -> None:
    assert refusal(a_calendar(), at(instant)) is Refusal.OFF_GRID


def test_the_grid_is_read_on_the_wall_clock_also_at_half_hour_offsets() -> None:
    facts = a_calendar(zone="Asia/Kathmandu", step=60)  # UTC+05:45
    assert refusal(facts, at("2026-03-02 10:00", "Asia/Kathmandu")) is None
    assert refusal(facts, datetime(2026, 3, 2, 4, 0, tzinfo=UTC)) is Refusal.OFF_GRID


def test_work_must_end_within_hours_but_the_buffer_may_run_past_closing() -> None:
    assert refusal(a_calendar(), at("2026-03-02 16:00")) is None
    assert refusal(a_calendar(), at("2026-03-02 16:30")) is Refusal.OUTSIDE_HOURS
    assert refusal(a_calendar(), at("2026-03-02 08:30")) is Refusal.OUTSIDE_HOURS


def test_work_may_run_over_midnight_where_hours_touch() -> None:
    assert refusal(a_calendar(hours=ALWAYS), at("2026-03-02 23:00")) is None


def test_the_public_needs_notice_to_the_minute_and_staff_none() -> None:
    start = at("2026-03-02 09:00")
    now = start - timedelta(minutes=120)
    later = now + timedelta(seconds=1)
    assert refusal(a_calendar(), start, now=now, audience=Audience.PUBLIC) is None
    assert refusal(a_calendar(), start, now=later, audience=Audience.PUBLIC) is Refusal.TOO_SOON
    assert refusal(a_calendar(), start, now=start) is None
    assert refusal(a_calendar(), start, now=start + timedelta(microseconds=1)) is Refusal.TOO_SOON


def test_the_public_horizon_is_the_end_of_a_local_day() -> None:
    facts = a_calendar(hours=ALWAYS)
    now = at("2026-03-02 23:50")
    last, over = at("2026-05-01 23:30"), at("2026-05-02 00:00")
    assert refusal(facts, last, now=now, audience=Audience.PUBLIC) is None
    assert refusal(facts, over, now=now, audience=Audience.PUBLIC) is Refusal.BEYOND_HORIZON


def test_staff_may_look_two_years_ahead() -> None:
    facts = a_calendar(hours=ALWAYS)
    now = datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert refusal(facts, now + timedelta(days=730), now=now) is None
    assert refusal(facts, now + timedelta(days=730, hours=1), now=now) is Refusal.BEYOND_HORIZON


def test_a_gap_of_exactly_the_buffer_is_free_and_a_minute_less_is_taken_on_both_sides() -> None:
    start = at("2026-03-02 12:00")
    for gap, expected in ((30, None), (29, Refusal.TAKEN)):
        before = a_hold(start - timedelta(minutes=60 + gap), 60)
        assert refusal(a_calendar(holds=[before]), start) is expected
        after = a_hold(start + timedelta(minutes=120 + gap), 60)
        assert refusal(a_calendar(holds=[after]), start) is expected


def test_without_a_buffer_jobs_may_touch() -> None:
    start = at("2026-03-02 12:00")
    holds = [
        a_hold(start - timedelta(hours=1), 60, buffer=0),
        a_hold(start + timedelta(hours=2), 60, buffer=0),
    ]
    assert refusal(a_calendar(buffer=0, holds=holds), start) is None


def test_an_earlier_booking_keeps_the_buffer_it_was_made_with() -> None:
    start = at("2026-03-02 12:00")
    hold = a_hold(start - timedelta(minutes=105), 60, buffer=60)
    assert refusal(a_calendar(buffer=0, holds=[hold]), start) is Refusal.TAKEN


@pytest.mark.parametrize("team", [None, 1])
def test_a_blackout_needs_no_buffer(team: int | None) -> None:
    start = at("2026-03-02 12:00")
    touching = [
        a_blackout(start - timedelta(hours=1), 60, team=team),
        a_blackout(start + timedelta(hours=2), 60, team=team, number=2001),
    ]
    assert refusal(a_calendar(blackouts=touching), start) is None
    assert refusal(a_calendar(blackouts=touching), start, minutes=121) is Refusal.TAKEN


def test_another_teams_booking_and_blackout_do_not_matter() -> None:
    start = at("2026-03-02 12:00")
    facts = a_calendar(
        teams=[a_team(1), a_team(2)],
        holds=[a_hold(start, 120, team=2)],
        blackouts=[a_blackout(start, 60, team=2)],
    )
    assert refusal(facts, start) is None


def test_a_team_that_is_switched_off_is_not_offered() -> None:
    assert (
        refusal(a_calendar(teams=[a_team(is_active=False)]), at("2026-03-02 12:00")) is Refusal.TEAM_INACTIVE
    )


@pytest.mark.parametrize(
    ("crew", "team", "expected"),
    [
        ([100], 1, Refusal.TAKEN),
        ([100], 2, Refusal.TAKEN),
        ([], 2, Refusal.TAKEN),
        ([101], 2, None),
        ([], 3, None),
    ],
)
def test_named_workers_must_be_free_of_their_own_jobs_and_of_crewless_ones_of_their_team(
    crew: list[int], team: int, expected: Refusal | None
) -> None:
    start = at("2026-03-02 12:00")
    facts = a_calendar(
        teams=[a_team(1), a_team(2), a_team(3)],
        workers=[a_worker(100, team=2)],
        holds=[a_hold(start + timedelta(minutes=149), 60, team=team, crew=crew)],
    )
    assert refusal(facts, start, worker_ids=(WorkerId(an_id(100)),)) is expected
    assert refusal(facts, start) is (Refusal.TAKEN if team == 1 else None)


@pytest.mark.parametrize("who", [{"worker": 100}, {"team": 2}, {}])
def test_named_workers_must_have_no_time_off_nor_a_blackout_of_their_team(who: dict[str, int]) -> None:
    start = at("2026-03-02 12:00")
    facts = a_calendar(
        teams=[a_team(1), a_team(2)],
        workers=[a_worker(100, team=2)],
        blackouts=[a_blackout(start, 60, team=who.get("team"), worker=who.get("worker"))],
    )
    assert refusal(facts, start, worker_ids=(WorkerId(an_id(100)),)) is Refusal.TAKEN
    assert refusal(facts, start) is (None if who else Refusal.TAKEN)


def test_named_workers_must_be_active() -> None:
    facts = a_calendar(workers=[a_worker(100, is_active=False)])
    start = at("2026-03-02 12:00")
    assert refusal(facts, start, worker_ids=(WorkerId(an_id(100)),)) is Refusal.WORKER_INACTIVE


def test_a_month_of_forty_busy_teams_is_listed_at_once() -> None:
    teams = [a_team(n, hours=Week.daily(8 * 60 + n % 3 * 30, 18 * 60)) for n in range(1, 41)]
    holds = [
        a_hold(at(f"2026-03-{day:02} 10:00"), 120, team=n, number=n * 100 + day)
        for n in range(1, 41)
        for day in range(1, 32)
    ]
    facts = a_calendar(teams=teams, holds=holds, step=15)
    offers = Offers(facts, timedelta(minutes=90), BEFORE, Audience.STAFF)
    month = Span(at("2026-03-01 00:00"), at("2026-04-01 00:00"))
    found = {team.id: offers.starts(team.id, month) for team in teams}
    assert all(len(starts) == len(found[TEAM]) or starts for starts in found.values())
    for team in teams[:3]:
        day = day_span(date(2026, 3, 8), ZoneInfo(NEW_YORK))
        grid = [
            day.start + timedelta(minutes=n) for n in range((day.end - day.start) // timedelta(minutes=1))
        ]
        assert [s for s in found[team.id] if day.start <= s < day.end] == [
            instant for instant in grid if offers.refusal(team.id, instant) is None
        ]
