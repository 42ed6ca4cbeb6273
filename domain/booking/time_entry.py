"""One worker's clock on one booking."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Self

from domain.booking.refusals import WorkMoveRefused
from domain.shared.errors import FieldFault, Invalid
from domain.shared.ids import BookingId, TimeEntryId, WorkerId

OLDEST = timedelta(hours=24)
"""How long a phone without a network may keep what happened to itself."""


class EntryState(StrEnum):
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    FINISHED = "FINISHED"


class ClockVerb(StrEnum):
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    FINISH = "finish"


class OverrunReason(StrEnum):
    ACCESS_DELAY = "access_delay"
    EXTRA_DIRT = "extra_dirt"
    CLIENT_REQUEST = "client_request"
    SUPPLIES_MISSING = "supplies_missing"
    ESTIMATE_WRONG = "estimate_wrong"
    PARKING_DELAY = "parking_delay"
    OTHER = "other"


@dataclass(frozen=True, slots=True, order=True)
class Segment:
    """`[starts_at, ends_at)`; without an end it runs."""

    starts_at: datetime
    ends_at: datetime | None = None

    def meets(self, other: "Segment") -> bool:
        """Whether they share an instant; one that runs has no end."""
        return _before(self.starts_at, other.ends_at) and _before(other.starts_at, self.ends_at)


def _before(moment: datetime, end: datetime | None) -> bool:
    return end is None or moment < end


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeEntry:
    """Segments in order, disjoint; the last alone may be open, and is exactly while it runs.

    Each verb returns the entry after it, or the very same object when nothing changes."""

    id: TimeEntryId
    booking_id: BookingId
    worker_id: WorkerId
    segments: tuple[Segment, ...]
    state: EntryState = EntryState.RUNNING
    finished_at: datetime | None = None
    overrun_reason: OverrunReason | None = None
    note: str | None = None
    version: int = 1
    created_at: datetime
    updated_at: datetime

    @property
    def started_at(self) -> datetime:
        return self.segments[0].starts_at

    @property
    def is_open(self) -> bool:
        return self.state is not EntryState.FINISHED

    @property
    def last_event_at(self) -> datetime:
        last = self.segments[-1]
        return max(filter(None, (last.starts_at, last.ends_at, self.finished_at)))

    @property
    def ended_seconds(self) -> int:
        return _seconds(segment for segment in self.segments if segment.ends_at is not None)

    def effective_seconds(self, now: datetime) -> int:
        """Worked until then: a segment that runs counts to now."""
        return _seconds(replace(s, ends_at=s.ends_at or max(now, s.starts_at)) for s in self.segments)

    def start(self) -> Self:
        """It has been already: said again while it runs, that changes nothing."""
        self._must_be(EntryState.RUNNING)
        return self

    def pause(self, at: datetime, now: datetime) -> Self:
        if self.state is EntryState.PAUSED:
            return self
        self._must_be(EntryState.RUNNING)
        self._require_after_last_event(at)
        return self._changed(now, state=EntryState.PAUSED, segments=self._closed(at))

    def resume(self, at: datetime, now: datetime) -> Self:
        if self.state is EntryState.RUNNING:
            return self
        self._must_be(EntryState.PAUSED)
        self._require_after_last_event(at)
        return self._changed(now, state=EntryState.RUNNING, segments=(*self.segments, Segment(at)))

    def finish(
        self,
        at: datetime,
        now: datetime,
        *,
        overrun_reason: OverrunReason | None = None,
        note: str | None = None,
    ) -> Self:
        if self.state is EntryState.FINISHED:
            return self
        self._require_after_last_event(at)
        return self._changed(
            now,
            state=EntryState.FINISHED,
            segments=self._closed(at),
            finished_at=at,
            overrun_reason=overrun_reason or self.overrun_reason,
            note=note or self.note,
        )

    def correct(self, segments: Sequence[Segment], now: datetime) -> Self:
        """These times instead. A clock that ran has thereby stopped and may be resumed; one that was
        finished stays so, from the end of the last segment on."""
        require_sound(segments, now)
        finished = self.state is EntryState.FINISHED
        following = replace(
            self,
            segments=tuple(segments),
            state=EntryState.FINISHED if finished else EntryState.PAUSED,
            finished_at=segments[-1].ends_at if finished else None,
        )
        return self if following == self else following._changed(now)

    def meets(self, segments: Iterable[Segment]) -> bool:
        """Whether any of those shares an instant with any of ours."""
        theirs = tuple(segments)
        return any(mine.meets(other) for mine in self.segments for other in theirs)

    def _closed(self, at: datetime) -> tuple[Segment, ...]:
        *before, last = self.segments
        return (*before, last if last.ends_at is not None else replace(last, ends_at=at))

    def _must_be(self, allowed: EntryState) -> None:
        if self.state is not allowed:
            raise WorkMoveRefused(f"Not possible while the clock is {self.state}.")

    def _require_after_last_event(self, at: datetime) -> None:
        if at < self.last_event_at:
            raise Invalid.field("occurred_at", "is before what happened last on this clock")

    def _changed(self, now: datetime, **changes: object) -> Self:
        return replace(self, version=self.version + 1, updated_at=now, **changes)  # type: ignore[arg-type]  # fields of this class


def require_recent(at: datetime, now: datetime) -> None:
    """Raises Invalid for what a phone cannot have kept so long."""
    if at < now - OLDEST:
        raise Invalid.field("occurred_at", "is more than 24 hours ago")


def require_past(at: datetime, now: datetime) -> None:
    if at > now:
        raise Invalid.field("occurred_at", "is in the future")


def require_sound(segments: Sequence[Segment], now: datetime) -> None:
    """Raises Invalid, all faults at once, unless there are some, each ended, in the past, one after the
    other."""
    faults = [] if segments else [FieldFault("segments", "must not be empty")]
    for place, segment in enumerate(segments):
        if segment.ends_at is None or segment.ends_at <= segment.starts_at:
            faults.append(FieldFault(f"segments/{place}/ends_at", "must be after starts_at"))
        elif segment.ends_at > now:
            faults.append(FieldFault(f"segments/{place}/ends_at", "must not be in the future"))
    for place, (one, other) in enumerate(pairwise(segments), start=1):
        if one.ends_at is not None and other.starts_at < one.ends_at:
            faults.append(FieldFault(f"segments/{place}/starts_at", "must not be before the end of the last"))
    if faults:
        raise Invalid("These times do not fit together.", errors=faults)


def _seconds(segments: Iterable[Segment]) -> int:
    total = sum((s.ends_at - s.starts_at for s in segments if s.ends_at is not None), timedelta(0))
    return total // timedelta(seconds=1)
