"""Wall clocks and instants: the one place that decides about gaps and folds.

Everything rests on stretches, spans of instants over which a zone keeps one offset. Inside a stretch the
wall clock runs beside the instants at a constant distance, so a wall time in a spring gap has no instant
and one in an autumn fold has two, without a special case anywhere.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from domain.shared.errors import Invalid

A_LOCAL_DAY = timedelta(hours=26)  # the longest, with an hour to spare
_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_MINUTE = timedelta(minutes=1)
EARLIEST_YEAR = 2000
LATEST_YEAR = 2199


class Span(NamedTuple):
    """Instants in UTC, `[start, end)`."""

    start: datetime
    end: datetime

    def overlaps(self, start: datetime, end: datetime) -> bool:
        return self.start < end and start < self.end

    def clipped(self, start: datetime, end: datetime) -> "Span":
        """The part inside `[start, end)`; end ≤ start when there is none."""
        return Span(max(self.start, start), min(self.end, end))


class Stretch(NamedTuple):
    """Instants `[start, end)` at which the wall clock shows `instant + offset`."""

    start: datetime
    end: datetime
    offset: timedelta


def plausible(moment: date, field: str) -> None:
    """Raises Invalid for days and instants that no calendar of ours will ever hold."""
    if not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
        raise Invalid.field(field, f"must lie in the years {EARLIEST_YEAR} to {LATEST_YEAR}")


def stretches(start: datetime, end: datetime, zone: ZoneInfo) -> list[Stretch]:
    """The stretches that make up `[start, end)`, in order, without a hole."""
    found: list[Stretch] = []
    for ordinal in range(start.toordinal(), end.toordinal() + 1):
        for piece in _stretches_of_utc_day(ordinal, zone):
            first, last = max(piece.start, start), min(piece.end, end)
            if last <= first:
                continue
            if found and found[-1].offset == piece.offset:
                first = found.pop().start
            found.append(Stretch(first, last, piece.offset))
    return found


@lru_cache(maxsize=16_384)
def _stretches_of_utc_day(ordinal: int, zone: ZoneInfo) -> tuple[Stretch, ...]:
    """At most one change of offset falls on one day of UTC."""
    start = datetime.combine(date.fromordinal(ordinal), time(0), UTC)
    end = start + _DAY
    before, after = _offset(start, zone), _offset(end, zone)
    if before == after:
        return (Stretch(start, end, before),)
    low, high = start, end  # the offset is still `before` at low, no longer at high
    while high - low > _SECOND:
        middle = low + (high - low) // (2 * _SECOND) * _SECOND
        low, high = (middle, high) if _offset(middle, zone) == before else (low, middle)
    pieces = (Stretch(start, high, before), Stretch(high, end, after))
    return tuple(piece for piece in pieces if piece.start < piece.end)


def _offset(instant: datetime, zone: ZoneInfo) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta(0)


def wall_clock(instant: datetime, zone: ZoneInfo) -> datetime:
    """What a clock on the wall shows then, without a zone."""
    return instant.astimezone(zone).replace(tzinfo=None)


@lru_cache(maxsize=16_384)
def first_instant(day: date, zone: ZoneInfo) -> datetime:
    """When the date begins: its first midnight, or the jump over it where midnight is skipped."""
    midnight = datetime.combine(day, time(0), zone)  # fold 0 is the earlier one
    instant = midnight.astimezone(UTC)
    if wall_clock(instant, zone) == midnight.replace(tzinfo=None):
        return instant
    return stretches(instant - 2 * _DAY, instant + _SECOND, zone)[-1].start


def day_span(day: date, zone: ZoneInfo) -> Span:
    """From the first instant of the date to the next date's: 24 hours, at changes 23, 25 or others."""
    return Span(first_instant(day, zone), first_instant(day + _DAY, zone))


def day_of(instant: datetime, zone: ZoneInfo) -> date:
    """The local day whose span holds the instant."""
    day = instant.astimezone(zone).date()
    return day + _DAY if first_instant(day + _DAY, zone) <= instant else day


def minutes_inside(start: datetime, end: datetime, span: Span) -> int:
    """The minutes of `[start, end)` inside the span, so counted that they add up over spans that tile."""
    first, last = max(start, span.start), min(end, span.end)
    return (last - start) // _MINUTE - (first - start) // _MINUTE if first < last else 0


def on_grid(instant: datetime, step_minutes: int, zone: ZoneInfo) -> bool:
    """Whether the wall clock shows second 0 and a minute of the day that the step divides."""
    wall = wall_clock(instant, zone)
    return not (wall.second or wall.microsecond or (wall.hour * 60 + wall.minute) % step_minutes)


def grid(start: datetime, end: datetime, step_minutes: int, zone: ZoneInfo) -> list[datetime]:
    """Every instant of `[start, end)` on the grid, in order. The step divides the hour."""
    step = timedelta(minutes=step_minutes)
    found: list[datetime] = []
    for stretch in stretches(start, end, zone):
        past_hour = (stretch.start + stretch.offset).replace(minute=0, second=0, microsecond=0)
        over = (stretch.start + stretch.offset - past_hour) % step
        instant = stretch.start + (step - over if over else timedelta(0))
        while instant < stretch.end:
            found.append(instant)
            instant += step
    return found
