"""Clocks as they are sent and answered."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from application.fieldwork.clocking import ClockMove
from application.fieldwork.time_sheet import TimedEntry, TimeSheet
from domain.booking.booking import BookingStatus
from domain.booking.time_entry import ClockVerb, EntryState, OverrunReason, Segment
from domain.booking.work import WorkState
from domain.shared.versions import Expected
from entrypoints.http.values import MULTILINE

Note = Annotated[str, Meta(max_length=1000), MULTILINE]
Reason = Annotated[str, Meta(min_length=1, max_length=500), MULTILINE]


class MyClockBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """`occurred_at`: when it happened, for a phone that had no network then."""

    occurred_at: datetime | None = None

    def move(self, verb: ClockVerb, expected: Expected) -> ClockMove:
        return ClockMove(verb=verb, occurred_at=self.occurred_at, expected_version=expected)


class MyFinishBody(MyClockBody, forbid_unknown_fields=True, kw_only=True):
    """`complete`: whether the visit is done with it; left out, it is when nobody of the crew is left."""

    overrun_reason: OverrunReason | None = None
    note: Note | None = None
    complete: bool | None = None

    def move(self, verb: ClockVerb, expected: Expected) -> ClockMove:
        return ClockMove(
            verb=verb,
            occurred_at=self.occurred_at,
            overrun_reason=self.overrun_reason,
            note=self.note or None,
            complete=self.complete,
            expected_version=expected,
        )


class ClockBody(MyClockBody, forbid_unknown_fields=True, kw_only=True):
    """`worker_id` may be left out where the crew is one."""

    worker_id: UUID | None = None


class FinishBody(MyFinishBody, forbid_unknown_fields=True, kw_only=True):
    worker_id: UUID | None = None


class SegmentBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    starts_at: datetime
    ends_at: datetime


class CorrectionBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The whole of the times worked, in order, each ended and in the past."""

    segments: Annotated[list[SegmentBody], Meta(min_length=1, max_length=100)]
    reason: Reason

    def times(self) -> tuple[Segment, ...]:
        return tuple(Segment(one.starts_at, one.ends_at) for one in self.segments)


class SegmentAnswer(msgspec.Struct, kw_only=True):
    starts_at: datetime
    ends_at: datetime | None


class EntryAnswer(msgspec.Struct, kw_only=True):
    entry_id: UUID
    booking_id: UUID
    worker_id: UUID
    worker_name: str
    state: EntryState
    segments: list[SegmentAnswer]
    started_at: datetime
    finished_at: datetime | None
    effective_seconds: int
    planned_seconds: int
    delta_seconds: int
    leak: bool
    overrun_reason: OverrunReason | None
    note: Note | None
    version: int


class TimeSheetAnswer(msgspec.Struct, kw_only=True):
    order_id: UUID
    status: BookingStatus
    work_state: WorkState
    entries: list[EntryAnswer]


def sheet_answer(sheet: TimeSheet) -> TimeSheetAnswer:
    return TimeSheetAnswer(
        order_id=sheet.booking.id,
        status=sheet.booking.status,
        work_state=sheet.booking.work_state,
        entries=entry_answers(sheet.entries),
    )


def entry_answers(entries: Iterable[TimedEntry]) -> list[EntryAnswer]:
    return [entry_answer(timed) for timed in entries]


def entry_answer(timed: TimedEntry) -> EntryAnswer:
    entry = timed.entry
    return EntryAnswer(
        entry_id=entry.id,
        booking_id=entry.booking_id,
        worker_id=entry.worker_id,
        worker_name=timed.worker_name,
        state=entry.state,
        segments=[SegmentAnswer(starts_at=s.starts_at, ends_at=s.ends_at) for s in entry.segments],
        started_at=entry.started_at,
        finished_at=entry.finished_at,
        effective_seconds=timed.effective_seconds,
        planned_seconds=timed.planned_seconds,
        delta_seconds=timed.delta_seconds,
        leak=timed.leak,
        overrun_reason=entry.overrun_reason,
        note=entry.note,
        version=entry.version,
    )


CLOCK_EXAMPLE: dict[str, Any] = {
    "worker_id": "01981c2e-5f00-7000-8000-000000000001",
}
MY_CLOCK_EXAMPLE: dict[str, Any] = {}
FINISH_EXAMPLE: dict[str, Any] = {
    **CLOCK_EXAMPLE,
    "overrun_reason": "extra_dirt",
    "note": "The oven took an hour",
}
MY_FINISH_EXAMPLE: dict[str, Any] = {"overrun_reason": "extra_dirt", "note": "The oven took an hour"}
CORRECTION_EXAMPLE: dict[str, Any] = {
    "segments": [{"starts_at": "2026-03-02T09:05:00-05:00", "ends_at": "2026-03-02T11:50:00-05:00"}],
    "reason": "Forgot to stop the clock",
}
