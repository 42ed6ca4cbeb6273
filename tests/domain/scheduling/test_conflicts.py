"""Conflicts, suggestions, alternatives: each rule of the table, and what must always hold (F3 to F6)."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.scheduling.alternatives import (
    MOST_ALTERNATIVES,
    Alternative,
    alternatives,
    facts_needed_nearby,
    minimum_shift_minutes,
    nearby,
    search_span,
)
from domain.scheduling.board import board
from domain.scheduling.calendar import CalendarFacts
from domain.scheduling.conflicts import (
    ConflictKind,
    ConflictReport,
    conflicts,
    conflicts_with_blackout,
)
from domain.scheduling.local_time import Span, day_of
from domain.scheduling.offers import Audience, Offers
from domain.scheduling.suggestions import free_teams, suggestions
from domain.scheduling.worker import Skill
from domain.shared.ids import TeamId, WorkerId
from tests.support.calendars import NOW, calendars, crews, questions, team_ids
from tests.support.scheduling import a_blackout, a_calendar, a_hold, a_team, a_worker, an_id, at, days_touched

NOON = at("2026-03-02 12:00")
HOUR = timedelta(hours=1)
WINDOW = Span(NOON, NOON + 2 * HOUR)
TEAM = TeamId(an_id(1))
ANN, BOB = WorkerId(an_id(100)), WorkerId(an_id(101))
PEOPLE = {"teams": [a_team(1), a_team(2)], "workers": [a_worker(100, team=1), a_worker(101, team=2)]}


def kinds(report: ConflictReport) -> list[str]:
    return [conflict.kind.value for conflict in report.conflicts]


def warned(report: ConflictReport) -> list[str]:
    return [warning.kind.value for warning in report.warnings]


def facts_with(**more: object) -> CalendarFacts:
    return a_calendar(**{**PEOPLE, **more})  # type: ignore[arg-type]  # keywords of a_calendar


@pytest.mark.parametrize(("minutes", "clash"), [(0, False), (-1, True)])
def test_a_hold_conflicts_up_to_its_buffer_and_ours(minutes: int, clash: bool) -> None:
    before = a_hold(NOON - 90 * timedelta(minutes=1), 60)  # held until 12:00
    after = a_hold(NOON + 150 * timedelta(minutes=1), 60, number=1001)  # our buffer ends at 14:30
    shift = timedelta(minutes=minutes)
    for hold, window in (
        (before, Span(NOON + shift, NOON + HOUR)),
        (after, Span(NOON, WINDOW.end - shift)),
    ):
        report = conflicts(facts_with(holds=[hold]), window, team_ids=[TEAM])
        assert kinds(report) == (["booking"] if clash else [])


@pytest.mark.parametrize(("minutes", "clash"), [(0, False), (1, True)])
def test_a_blackout_conflicts_without_any_buffer(minutes: int, clash: bool) -> None:
    blackout = a_blackout(NOON - HOUR, 60 + minutes)
    report = conflicts(facts_with(blackouts=[blackout]), WINDOW, team_ids=[TEAM])
    assert kinds(report) == (["blackout"] if clash else [])


@pytest.mark.parametrize(
    ("hold", "conflict", "warning"),
    [
        ({"team": 2, "crew": [100]}, ["worker_booking"], []),
        ({"team": 1, "crew": []}, ["booking"], []),
        ({"team": 1, "crew": [101]}, [], ["own_team_busy"]),
        ({"team": 1, "crew": [100, 101]}, ["worker_booking"], []),
        ({"team": 2, "crew": []}, [], []),
    ],
)
def test_what_takes_a_worker_and_what_only_warns(
    hold: dict[str, object], conflict: list[str], warning: list[str]
) -> None:
    facts = facts_with(holds=[a_hold(NOON, 60, **hold)])  # type: ignore[arg-type]  # keywords of a_hold
    report = conflicts(facts, WINDOW, worker_ids=[ANN])
    assert (kinds(report), warned(report)) == (conflict, warning)


def test_time_off_is_the_workers_and_a_blackout_the_teams() -> None:
    blackouts = [
        a_blackout(NOON, 60, worker=100, number=2001),
        a_blackout(NOON, 60, team=1, number=2002),
        a_blackout(NOON, 60, number=2003),
        a_blackout(NOON, 60, worker=101, number=2004),
        a_blackout(NOON, 60, team=2, number=2005),
    ]
    report = conflicts(facts_with(blackouts=blackouts), WINDOW, worker_ids=[ANN])
    assert [(c.kind.value, c.reference) for c in report.conflicts] == [
        ("blackout", an_id(2002)),
        ("blackout", an_id(2003)),
        ("worker_time_off", an_id(2001)),
    ]


def test_who_is_switched_off_conflicts() -> None:
    facts = a_calendar(
        teams=[a_team(1, is_active=False)], workers=[a_worker(100, is_active=False)], hours=None
    )
    report = conflicts(facts, WINDOW, team_ids=[TEAM], worker_ids=[ANN])
    assert kinds(report) == ["team_inactive", "worker_inactive"]
    assert [c.reference for c in report.conflicts] == [TEAM, ANN]
    assert kinds(conflicts(facts, WINDOW, worker_ids=[ANN])) == ["worker_inactive"]


def test_hours_only_warn() -> None:
    early = Span(at("2026-03-02 08:00"), at("2026-03-02 10:00"))
    for asked in ({"team_ids": [TEAM]}, {"worker_ids": [ANN]}, {"team_ids": [TEAM], "worker_ids": [BOB]}):
        report = conflicts(facts_with(), early, **asked)
        assert (kinds(report), warned(report)) == ([], ["outside_working_hours"])
        assert report.warnings[0].reference == TEAM


def test_one_fact_is_told_once_in_order_and_no_more_than_two_hundred() -> None:
    org = a_blackout(NOON + HOUR, 60)
    holds = [a_hold(NOON + HOUR, 60, team=1), a_hold(NOON, 30, team=2, number=1001)]
    facts = facts_with(holds=holds, blackouts=[org])
    report = conflicts(facts, WINDOW, team_ids=[TEAM, TeamId(an_id(2))], worker_ids=[ANN, BOB])
    assert [(c.starts_at, c.kind.value) for c in report.conflicts] == [
        (NOON, "booking"),
        (NOON + HOUR, "blackout"),
        (NOON + HOUR, "booking"),
    ]
    many = [a_blackout(NOON, 60, number=3000 + n) for n in range(201)]
    cut = conflicts(facts_with(blackouts=many), WINDOW, team_ids=[TEAM])
    assert (len(cut.conflicts), cut.truncated) == (200, True)
    assert not conflicts(facts_with(blackouts=many[1:]), WINDOW, team_ids=[TEAM]).truncated


def test_a_blackout_meets_the_work_it_would_fall_on() -> None:
    holds = (
        a_hold(NOON, 60, team=1, crew=[101], number=1),
        a_hold(NOON, 60, team=2, crew=[100], number=2),
        a_hold(NOON, 60, team=2, number=3),
        a_hold(NOON - HOUR, 60, team=1, number=4),  # only its buffer reaches in
    )
    facts = facts_with(holds=holds)
    met = {
        name: [c.reference.int for c in conflicts_with_blackout(facts, blackout)]
        for name, blackout in {
            "org": a_blackout(NOON, 60),
            "team": a_blackout(NOON, 60, team=1),
            "worker": a_blackout(NOON, 60, worker=101),
        }.items()
    }
    assert met == {"org": [1, 2, 3], "team": [1, 2], "worker": [1]}


# -- suggestions


def test_hours_and_load_rank_and_names_decide() -> None:
    night = a_team(3, name="night", hours=None)
    teams = [a_team(1, name="beta"), a_team(2, name="Alpha"), night]
    worked = a_hold(at("2026-03-02 09:00"), 60, team=2)
    facts = a_calendar(teams=teams, finished=[worked])
    found = suggestions(facts, WINDOW).teams
    assert [(s.team.name, s.booked_minutes) for s in found] == [("beta", 0), ("night", 0), ("Alpha", 60)]
    assert free_teams(facts, WINDOW) == [TeamId(an_id(n)) for n in (1, 3, 2)]
    late = Span(at("2026-03-02 20:00"), at("2026-03-02 21:00"))
    assert [s.within_working_hours for s in suggestions(facts, late).teams] == [False] * 3


def test_only_the_part_inside_the_local_day_counts_as_load() -> None:
    over_midnight = a_hold(at("2026-03-01 23:00"), 120, crew=[100])
    found = suggestions(facts_with(holds=[over_midnight]), WINDOW)
    assert {s.team.id: s.booked_minutes for s in found.teams}[TEAM] == 60
    assert {s.worker.id: s.booked_minutes for s in found.workers} == {ANN: 60, BOB: 0}


def test_a_skill_is_good_on_its_last_day() -> None:
    worker = a_worker(100, skills=(Skill("Glass", date(2026, 3, 2)),))
    facts = a_calendar(workers=[worker])
    assert suggestions(facts, WINDOW, skill_keys=["glass"]).workers
    tomorrow = Span(WINDOW.start + 24 * HOUR, WINDOW.end + 24 * HOUR)
    assert not suggestions(facts, tomorrow, skill_keys=["glass"]).workers


@given(questions(), st.sampled_from([(), ("lead",), ("window",), ("lead", "window")]))
def test_a_worker_is_suggested_exactly_when_nothing_stands_in_the_way(
    question: tuple[CalendarFacts, Span], keys: tuple[str, ...]
) -> None:
    facts, window = question
    suggested = {s.worker.id for s in suggestions(facts, window, skill_keys=keys).workers}
    day = day_of(window.start, facts.zone)
    for worker in facts.workers:
        report = conflicts(facts, window, worker_ids=[worker.id])
        free = not report.has_conflict and "own_team_busy" not in warned(report)
        assert (worker.id in suggested) == (worker.is_active and worker.matches(keys, day) and free)


@given(questions())
def test_a_team_is_suggested_exactly_when_it_has_no_conflict(question: tuple[CalendarFacts, Span]) -> None:
    facts, window = question
    suggested = {s.team.id for s in suggestions(facts, window).teams}
    assert suggested == set(free_teams(facts, window))
    for team in facts.teams:
        assert (team.id in suggested) == (not conflicts(facts, window, team_ids=[team.id]).has_conflict)


# -- offers and alternatives


@given(questions(), team_ids, crews, st.sampled_from(list(Audience)))
def test_the_list_of_starts_is_exactly_what_is_not_refused(
    question: tuple[CalendarFacts, Span], team_id: TeamId, crew: tuple[WorkerId, ...], audience: Audience
) -> None:
    facts, window = question
    now = window.start - timedelta(hours=1)
    offers = Offers(facts, window.end - window.start, now, audience, crew)
    within = Span(window.start - 12 * HOUR, window.start + 12 * HOUR)
    every = [within.start + n * timedelta(minutes=1) for n in range(24 * 60)]
    assert offers.starts(team_id, within) == [s for s in every if offers.refusal(team_id, s) is None]


@given(questions(), team_ids, crews)
def test_what_is_offered_has_no_conflict(
    question: tuple[CalendarFacts, Span], team_id: TeamId, crew: tuple[WorkerId, ...]
) -> None:
    facts, window = question
    length = window.end - window.start
    offers = Offers(facts, length, NOW, Audience.STAFF, crew)
    for start in offers.starts(team_id, Span(window.start - 24 * HOUR, window.start + 24 * HOUR)):
        report = conflicts(facts, Span(start, start + length), team_ids=[team_id], worker_ids=crew)
        assert not report.has_conflict


@given(questions(), st.lists(team_ids, max_size=1), crews, st.sampled_from(list(Audience)))
def test_alternatives_are_few_distinct_offered_near_and_never_the_time_refused(
    question: tuple[CalendarFacts, Span],
    teams: list[TeamId],
    crew: tuple[WorkerId, ...],
    audience: Audience,
) -> None:
    facts, window = question
    now = window.start - timedelta(days=3)
    length = window.end - window.start
    found = alternatives(
        facts, window.start, length, now=now, audience=audience, team_ids=teams, worker_ids=crew
    )
    known = facts.narrowed(*facts_needed_nearby(window))
    near = alternatives(
        known,
        window.start,
        length,
        now=now,
        audience=audience,
        team_ids=teams,
        worker_ids=crew,
        within=nearby(window.start),
    )
    assert near == found or len(near) < MOST_ALTERNATIVES
    offers = Offers(facts, length, now, audience, crew)
    asked = teams or [team.id for team in facts.teams]
    span = search_span(window.start, facts.zone)
    everything = {start for team_id in asked for start in offers.starts(team_id, span)} - {window.start}
    nearest = sorted(everything, key=lambda start: (abs(start - window.start), start))[:3]
    assert [a.starts_at for a in found] == nearest
    for alternative in found:
        assert alternative.ends_at - alternative.starts_at == length
        assert alternative.team_id in asked
        assert offers.refusal(alternative.team_id, alternative.starts_at) is None


def test_alternatives_are_sought_from_the_day_before_to_fourteen_days_after() -> None:
    span = search_span(at("2026-03-02 23:30"), a_calendar().zone)
    assert span == Span(at("2026-03-01 00:00"), at("2026-03-17 00:00"))


def test_of_two_equally_near_times_the_earlier_comes_first_and_the_idler_team_takes_it() -> None:
    busy = [a_hold(NOON, 60, team=n, number=n) for n in (1, 2)]
    morning = a_hold(at("2026-03-02 09:00"), 30, team=1, number=9)
    facts = facts_with(holds=[*busy, morning], buffer=0)
    found = alternatives(facts, NOON, HOUR, now=NOW, audience=Audience.STAFF)
    assert [(a.starts_at - NOON, a.team_id) for a in found] == [
        (-HOUR, TeamId(an_id(2))),
        (-HOUR * 1.5, TeamId(an_id(2))),
        (HOUR * 1.5, TeamId(an_id(2))),
    ]


@pytest.mark.parametrize(
    ("seconds", "minutes"), [(0, 0), (5400, 90), (-1800, -30), (29, 0), (30, 1), (-30, -1)]
)
def test_the_least_shift_is_in_signed_minutes(seconds: int, minutes: int) -> None:
    start = NOON + timedelta(seconds=seconds)
    nearest = Alternative(starts_at=start, ends_at=start + HOUR, team_id=TEAM, team_name="T")
    assert minimum_shift_minutes(NOON, nearest) == minutes


# -- the board


@given(calendars())
def test_the_board_shows_each_hold_on_the_days_it_touches_and_counts_each_minute_once(
    facts: CalendarFacts,
) -> None:
    first = min([hold.starts_at for hold in facts.holds], default=datetime.fromisoformat("2026-03-01T12:00Z"))
    start = day_of(first, facts.zone)
    days = [start + timedelta(days=n) for n in range(8)]
    shown = board(facts, days, now=NOW)
    for hold in facts.holds:
        on_days = [
            (day.date, row.booked_minutes)
            for day in shown.days
            for row in day.teams
            if hold in row.bookings and row.team.id == hold.team_id
        ]
        assert [day for day, _ in on_days] == days_touched(hold.starts_at, hold.ends_at, facts.zone)
    booked = sum(row.booked_minutes for day in shown.days for row in day.teams)
    assert booked == sum(hold.duration_minutes for hold in facts.holds)


@given(calendars())
def test_free_minutes_are_the_working_ones_that_nothing_takes(facts: CalendarFacts) -> None:
    days = [day_of(min([h.starts_at for h in facts.holds], default=NOON), facts.zone)]
    (day,) = board(facts, days, now=NOW).days
    for row in day.teams:
        free = 0
        minute = day.span.start
        while minute < day.span.end:
            working = any(span.start <= minute < span.end for span in row.working)
            held = any(h.starts_at <= minute < h.held_until for h in facts.holds_of_team(row.team.id))
            closed = any(b.starts_at <= minute < b.ends_at for b in row.blackouts)
            free += working and not held and not closed
            minute += timedelta(minutes=1)
        assert row.free_minutes == free


def test_teams_that_are_off_are_shown_on_days_with_work() -> None:
    teams = [a_team(1, is_active=False), a_team(2, is_active=False), a_team(3)]
    facts = a_calendar(teams=teams, holds=[a_hold(NOON, 60)])
    (day,) = board(facts, [date(2026, 3, 2)], now=NOW).days
    assert [row.team.id.int for row in day.teams] == [1, 3]
    (asked,) = board(facts, [date(2026, 3, 2)], now=NOW, team_ids=frozenset({TeamId(an_id(2))})).days
    assert [row.team.id.int for row in asked.teams] == [2]


def test_kinds_are_the_words_of_the_contract() -> None:
    assert {kind.value for kind in ConflictKind} == {
        "booking",
        "blackout",
        "team_inactive",
        "worker_booking",
        "worker_time_off",
        "worker_inactive",
        "own_team_busy",
        "outside_working_hours",
    }
