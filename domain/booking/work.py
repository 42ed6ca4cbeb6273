"""What the clocks of a booking's workers say together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction

from domain.booking.time_entry import EntryState, Segment, TimeEntry

MINUTE = timedelta(minutes=1)


class WorkState(StrEnum):
    NOT_STARTED = "not_started"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"


OPEN = frozenset({WorkState.RUNNING, WorkState.PAUSED})
"""Somebody has not finished yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Of segments that have ended: what still runs counts once it has.

    `actual_duration_minutes` is how long anybody was at work, None while nothing has ended;
    `cleaner_seconds` adds everybody's time up."""

    state: WorkState = WorkState.NOT_STARTED
    actual_duration_minutes: int | None = None
    cleaner_seconds: int = 0


@dataclass(frozen=True, slots=True)
class OverrunRule:
    """`threshold` times the planned length may be worked without a reason; 6/5 is a fifth more."""

    threshold: Fraction = Fraction(6, 5)

    def exceeded(self, effective_seconds: int, planned_seconds: int) -> bool:
        return effective_seconds > planned_seconds * self.threshold


def work_of(entries: Sequence[TimeEntry]) -> Work:
    ended = [segment for entry in entries for segment in entry.segments if segment.ends_at is not None]
    return Work(
        state=_state({entry.state for entry in entries}),
        actual_duration_minutes=-(-union_length(ended) // MINUTE) if ended else None,
        cleaner_seconds=sum(entry.ended_seconds for entry in entries),
    )


def union_length(segments: Iterable[Segment]) -> timedelta:
    """How long at least one of them was under way. All have ended."""
    total = timedelta(0)
    reached: datetime | None = None
    for start, end in sorted((s.starts_at, s.ends_at) for s in segments if s.ends_at is not None):
        first = start if reached is None else max(start, reached)
        total += max(end - first, timedelta(0))
        reached = end if reached is None else max(end, reached)
    return total


def _state(states: set[EntryState]) -> WorkState:
    if not states:
        return WorkState.NOT_STARTED
    for state in (EntryState.RUNNING, EntryState.PAUSED):
        if state in states:
            return WorkState(state.lower())
    return WorkState.FINISHED
