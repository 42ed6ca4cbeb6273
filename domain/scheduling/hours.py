"""A week of opening hours on the wall clock, and the instants at which it is open."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from domain.scheduling.local_time import Span, stretches
from domain.shared.errors import FieldFault, Invalid

DAYS_A_WEEK = 7
MINUTES_A_DAY = 1440
MOST_A_DAY = 8
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Opening:
    """`[start_minute, end_minute)` of one weekday's wall clock; day 0 is Monday, the end at most 1440."""

    day_of_week: int
    start_minute: int
    end_minute: int

    @classmethod
    def read(cls, day_of_week: int, start_time: str, end_time: str) -> "Opening":
        """From weekday, `HH:MM` and `HH:MM` or `24:00`. Raises Invalid with every fault at its field."""
        start, end = _minute(start_time), MINUTES_A_DAY if end_time == "24:00" else _minute(end_time)
        faults = []
        if start is None:
            faults.append(FieldFault("start_time", "must be a time as HH:MM"))
        if end is None:
            faults.append(FieldFault("end_time", "must be a time as HH:MM or 24:00"))
        if start is not None and end is not None:
            opening = cls(day_of_week, start, end)
            faults += _faults_of(opening)
            if not faults:
                return opening
        raise Invalid("These hours do not make an opening.", errors=faults)


@dataclass(frozen=True, slots=True)
class Week:
    """Openings in order, disjoint, touching ones of a day joined. Over midnight they join as instants."""

    openings: tuple[Opening, ...] = ()

    @classmethod
    def daily(cls, start_minute: int, end_minute: int) -> "Week":
        return cls(tuple(Opening(day, start_minute, end_minute) for day in range(DAYS_A_WEEK)))

    @classmethod
    def of(cls, openings: Sequence[Opening], field: str = "hours") -> "Week":
        """Raises Invalid with every fault at its field below `field/index`."""
        faults = [
            FieldFault(f"{field}/{index}/{fault.field}", fault.message)
            for index, opening in enumerate(openings)
            for fault in _faults_of(opening)
        ]
        if not faults:
            faults = _overlaps(openings, field) + _crowded(openings, field)
        if faults:
            raise Invalid("These hours do not make a week.", errors=faults)
        return cls(_joined(sorted(openings)))

    @classmethod
    def parse(cls, entries: Sequence[tuple[int, str, str]], field: str = "hours") -> "Week":
        """From weekday, `HH:MM` and `HH:MM` or `24:00`. Raises Invalid with every fault at its field."""
        faults: list[FieldFault] = []
        openings: list[Opening] = []
        for index, entry in enumerate(entries):
            try:
                openings.append(Opening.read(*entry))
            except Invalid as refusal:
                faults += [FieldFault(f"{field}/{index}/{f.field}", f.message) for f in refusal.errors]
        if faults:
            raise Invalid("These hours do not make a week.", errors=faults)
        return cls.of(openings, field)

    def open_spans(self, start: datetime, end: datetime, zone: ZoneInfo) -> list[Span]:
        """The instants of `[start, end)` whose wall-clock reading is in the week: disjoint, not touching."""
        found: list[Span] = []
        for stretch in stretches(start, end, zone):
            for span in self._open_at(Span(stretch.start, stretch.end), stretch.offset):
                if found and found[-1].end == span.start:
                    found[-1] = Span(found[-1].start, span.end)
                else:
                    found.append(span)
        return found

    def covers(self, start: datetime, end: datetime, zone: ZoneInfo) -> bool:
        """Whether every instant of `[start, end)` is in the week."""
        return self.open_spans(start, end, zone) == [Span(start, end)]

    def _open_at(self, within: Span, offset: timedelta) -> Iterable[Span]:
        midnight = (within.start + offset).replace(hour=0, minute=0, second=0, microsecond=0) - offset
        while midnight < within.end:
            weekday = (midnight + offset).weekday()
            for opening in self.openings:
                if opening.day_of_week == weekday:
                    span = Span(
                        midnight + timedelta(minutes=opening.start_minute),
                        midnight + timedelta(minutes=opening.end_minute),
                    ).clipped(within.start, within.end)
                    if span.start < span.end:
                        yield span
            midnight += timedelta(days=1)


DEFAULT_WEEK = Week.daily(9 * 60, 18 * 60)


def clock_text(minute: int) -> str:
    """`HH:MM`; the end of the day is `24:00`."""
    return f"{minute // 60:02}:{minute % 60:02}"


def _minute(text: str) -> int | None:
    match = _TIME.fullmatch(text)
    return int(match[1]) * 60 + int(match[2]) if match else None


def _faults_of(opening: Opening) -> Iterable[FieldFault]:
    if not 0 <= opening.day_of_week < DAYS_A_WEEK:
        yield FieldFault("day_of_week", "must be 0 (Monday) to 6 (Sunday)")
    if not 0 <= opening.start_minute < opening.end_minute <= MINUTES_A_DAY:
        yield FieldFault("end_time", "must be after start_time, on the same day: at latest 24:00")


def _overlaps(openings: Sequence[Opening], field: str) -> list[FieldFault]:
    """Each that begins before an earlier one of its day is over, the earlier one need not be the last."""
    faults: list[FieldFault] = []
    over: dict[int, int] = {}
    for at in sorted(range(len(openings)), key=openings.__getitem__):
        day, end = openings[at].day_of_week, openings[at].end_minute
        if openings[at].start_minute < over.get(day, 0):
            faults.append(FieldFault(f"{field}/{at}", "overlaps another interval of the same day"))
        over[day] = max(end, over.get(day, 0))
    return faults


def _crowded(openings: Sequence[Opening], field: str) -> list[FieldFault]:
    days = [opening.day_of_week for opening in openings]
    return [
        FieldFault(field, f"at most {MOST_A_DAY} intervals a day; day {day} has {days.count(day)}")
        for day in range(DAYS_A_WEEK)
        if days.count(day) > MOST_A_DAY
    ]


def _joined(openings: Iterable[Opening]) -> tuple[Opening, ...]:
    found: list[Opening] = []
    for opening in openings:
        last = found[-1] if found else None
        if last and (last.day_of_week, last.end_minute) == (opening.day_of_week, opening.start_minute):
            found[-1] = Opening(last.day_of_week, last.start_minute, opening.end_minute)
        else:
            found.append(opening)
    return tuple(found)
