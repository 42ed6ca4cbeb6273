"""The clock's table, cell by cell, and what must hold of every clock (F15)."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.booking.refusals import WorkMoveRefused
from domain.booking.time_entry import (
    ClockVerb,
    EntryState,
    OverrunReason,
    Segment,
    TimeEntry,
    require_past,
    require_recent,
)
from domain.booking.work import OverrunRule, Work, WorkState, union_length, work_of
from domain.shared.errors import Invalid
from domain.shared.ids import BookingId, TimeEntryId, WorkerId

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATER = NINE + timedelta(hours=2)
MINUTE = timedelta(minutes=1)


def an_entry(*, worker: int = 1, start: datetime = NINE, **fields: object) -> TimeEntry:
    entry = TimeEntry(
        id=TimeEntryId(UUID(int=worker)),
        booking_id=BookingId(UUID(int=7)),
        worker_id=WorkerId(UUID(int=worker)),
        segments=(Segment(start),),
        created_at=start,
        updated_at=start,
    )
    return replace(entry, **fields)  # type: ignore[arg-type]  # fields of an entry


RUNNING = an_entry()
PAUSED = RUNNING.pause(NINE + MINUTE, NINE + MINUTE)
FINISHED = RUNNING.finish(NINE + MINUTE, NINE + MINUTE)
REFUSED, SAME = "refused", "no-op"
TABLE = {
    "RUNNING": (RUNNING, (SAME, "PAUSED", SAME, "FINISHED")),
    "PAUSED": (PAUSED, (REFUSED, SAME, "RUNNING", "FINISHED")),
    "FINISHED": (FINISHED, (REFUSED, REFUSED, REFUSED, SAME)),
}
CELLS = [
    (state, verb, expected)
    for state, (_, row) in TABLE.items()
    for verb, expected in zip(ClockVerb, row, strict=True)
]


@pytest.mark.parametrize(("state", "verb", "expected"), CELLS)
def test_every_cell_of_the_clock_s_table(state: str, verb: ClockVerb, expected: str) -> None:
    before, _ = TABLE[state]
    if expected == REFUSED:
        with pytest.raises(WorkMoveRefused):
            moved(before, verb, LATER)
        return
    after = moved(before, verb, LATER)
    if expected == SAME:
        assert after is before
    else:
        assert (after.state, after.version) == (expected, before.version + 1)


@pytest.mark.parametrize("verb", [ClockVerb.PAUSE, ClockVerb.FINISH])
def test_nothing_happens_before_what_happened_last(verb: ClockVerb) -> None:
    early = NINE - timedelta(microseconds=1)
    with pytest.raises(Invalid) as refused:
        RUNNING.pause(early, LATER) if verb is ClockVerb.PAUSE else RUNNING.finish(early, LATER)
    assert [fault.field for fault in refused.value.errors] == ["occurred_at"]
    with pytest.raises(Invalid):
        PAUSED.resume(NINE + MINUTE - timedelta(microseconds=1), LATER)


def test_what_happened_is_past_and_a_day_old_at_most() -> None:
    require_past(NINE, NINE)
    require_recent(NINE - timedelta(hours=24), NINE)
    with pytest.raises(Invalid):
        require_past(NINE + timedelta(microseconds=1), NINE)
    with pytest.raises(Invalid):
        require_recent(NINE - timedelta(hours=24, microseconds=1), NINE)


def test_a_paused_clock_stands_and_a_running_one_counts_to_now() -> None:
    assert RUNNING.effective_seconds(NINE + 90 * MINUTE) == 5400
    assert PAUSED.effective_seconds(LATER) == 60
    assert PAUSED.resume(NINE + 3 * MINUTE, LATER).effective_seconds(NINE + 5 * MINUTE) == 180
    assert RUNNING.effective_seconds(NINE - MINUTE) == 0  # a host whose clock is behind


def test_the_reason_and_the_note_are_kept() -> None:
    entry = RUNNING.finish(LATER, LATER, overrun_reason=OverrunReason.EXTRA_DIRT, note="oven")
    assert (entry.overrun_reason, entry.note, entry.finished_at) == (OverrunReason.EXTRA_DIRT, "oven", LATER)


def test_a_correction_stops_a_clock_that_ran_and_leaves_a_finished_one_finished() -> None:
    times = (Segment(NINE, NINE + MINUTE), Segment(NINE + MINUTE, NINE + 3 * MINUTE))
    stopped = RUNNING.correct(times, LATER)
    assert (stopped.state, stopped.segments, stopped.finished_at) == (EntryState.PAUSED, times, None)
    corrected = FINISHED.correct(times, LATER)
    assert (corrected.state, corrected.finished_at) == (EntryState.FINISHED, NINE + 3 * MINUTE)
    assert corrected.version == FINISHED.version + 1
    assert corrected.correct(times, LATER) is corrected


@pytest.mark.parametrize(
    ("times", "fields"),
    [
        ((), ["segments"]),
        ((Segment(NINE),), ["segments/0/ends_at"]),
        ((Segment(NINE, NINE),), ["segments/0/ends_at"]),
        ((Segment(NINE, LATER + MINUTE),), ["segments/0/ends_at"]),
        (
            (Segment(NINE, NINE - MINUTE), Segment(NINE - 3 * MINUTE, NINE - 2 * MINUTE)),
            ["segments/0/ends_at", "segments/1/starts_at"],
        ),
    ],
)
def test_a_correction_must_be_sound(times: tuple[Segment, ...], fields: list[str]) -> None:
    with pytest.raises(Invalid) as refused:
        FINISHED.correct(times, LATER)
    assert [fault.field for fault in refused.value.errors] == fields


def test_the_threshold_is_exact() -> None:
    rule = OverrunRule(Fraction("1.2"))
    assert not rule.exceeded(12_960, 10_800)
    assert rule.exceeded(12_961, 10_800)
    third = OverrunRule(Fraction("1.1"))  # 3 times 1.1 is 3.3000000000000003 in floats
    assert not third.exceeded(33, 30)
    assert third.exceeded(34, 30)


def test_a_booking_s_work_is_that_of_all_its_clocks() -> None:
    assert work_of([]) == Work(state=WorkState.NOT_STARTED)
    assert work_of([RUNNING, FINISHED]).state is WorkState.RUNNING
    assert work_of([PAUSED, FINISHED]).state is WorkState.PAUSED
    assert work_of([RUNNING]) == Work(state=WorkState.RUNNING)
    other = an_entry(worker=2, start=NINE + 30 * MINUTE).finish(NINE + 90 * MINUTE, LATER)
    mine = RUNNING.finish(NINE + 60 * MINUTE + timedelta(seconds=1), LATER)
    assert work_of([mine, other]) == Work(
        state=WorkState.FINISHED, actual_duration_minutes=90, cleaner_seconds=3601 + 3600
    )
    assert work_of([mine]).actual_duration_minutes == 61


STEPS = st.lists(
    st.tuples(st.sampled_from(list(ClockVerb)), st.timedeltas(timedelta(0), timedelta(hours=3))), max_size=12
)


def moved(entry: TimeEntry, verb: ClockVerb, at: datetime) -> TimeEntry:
    match verb:
        case ClockVerb.START:
            return entry.start()
        case ClockVerb.PAUSE:
            return entry.pause(at, at)
        case ClockVerb.RESUME:
            return entry.resume(at, at)
        case ClockVerb.FINISH:
            return entry.finish(at, at)


def played(entry: TimeEntry, steps: list[tuple[ClockVerb, timedelta]]) -> TimeEntry:
    at = entry.started_at
    for verb, passed in steps:
        at += passed
        with suppress(WorkMoveRefused):
            entry = moved(entry, verb, at)
    return entry


@given(STEPS)
def test_segments_stay_in_order_disjoint_and_at_most_the_last_is_open(
    steps: list[tuple[ClockVerb, timedelta]],
) -> None:
    entry = played(an_entry(), steps)
    *before, last = entry.segments
    assert all(segment.ends_at is not None for segment in before)
    assert (last.ends_at is None) == (entry.state is EntryState.RUNNING)
    ends = [segment.ends_at or LATER for segment in before]
    assert all(end <= following.starts_at for end, following in zip(ends, entry.segments[1:], strict=True))
    now = entry.last_event_at + timedelta(hours=1)
    lengths = [(segment.ends_at or now) - segment.starts_at for segment in entry.segments]
    assert entry.effective_seconds(now) == sum(lengths, timedelta(0)) // timedelta(seconds=1)


SECONDS = st.integers(0, 4 * 3600)


@given(st.lists(st.tuples(SECONDS, SECONDS), max_size=8))
def test_the_union_is_every_second_at_which_somebody_worked(pairs: list[tuple[int, int]]) -> None:
    """Counted one by one, which no interval arithmetic can get wrong in the same way."""
    segments = [
        Segment(NINE + timedelta(seconds=start), NINE + timedelta(seconds=start + length))
        for start, length in pairs
    ]
    worked = {second for start, length in pairs for second in range(start, start + length)}
    union = union_length(segments)
    assert union == timedelta(seconds=len(worked))
    assert union <= sum((s.ends_at - s.starts_at for s in segments if s.ends_at), timedelta(0))
