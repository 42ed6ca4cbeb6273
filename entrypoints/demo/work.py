"""The work that was done: every past visit is, and since the company has clocks, by those of its crew."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta

from application.booking.complete_booking import CompleteBooking, CompleteBookingHandler
from application.booking.list_bookings import ListBookings, ListBookingsHandler
from application.fieldwork.clocking import ClockMove
from application.fieldwork.track_time import TrackTime, TrackTimeHandler
from application.ports.booking_views import BookingSummary
from domain.booking.booking import BookingStatus
from domain.booking.time_entry import ClockVerb, OverrunReason
from domain.shared.ids import WorkerId
from entrypoints.demo import story
from entrypoints.demo.stage import Stage

USUAL_PERCENT = (94, 101, 88, 106, 97, 112, 91)
SLOW_PERCENT, SLOW_EVERY, SLOWEST = 125, 13, timedelta(hours=4)
CLOCKS_SINCE = timedelta(weeks=2)  # before, the office wrote down how long it took
MINUTES_LATE = (-3, 2, 0, 6, -1, 4, 11)


async def do_the_work(stage: Stage, now: datetime) -> None:
    """What an earlier, interrupted telling did already is done; what would not be over by now is to come."""
    number = 0
    async for visit in _standing(stage, now):
        number += 1
        if _end(visit, number) > now:
            continue
        if visit.crew and visit.starts_at > now - CLOCKS_SINCE:
            await _work(stage, visit, number)
        else:
            await _note(stage, visit, number)


async def _standing(stage: Stage, now: datetime) -> AsyncIterator[BookingSummary]:
    """By start, each page as it was before any of its visits was done."""
    first = (now - timedelta(weeks=story.WEEKS_BACK + 1)).date()
    confirmed = frozenset({BookingStatus.CONFIRMED})
    query = ListBookings(first_day=first, last_day=now.date(), statuses=confirmed, limit=200)
    while True:
        page = await stage.play(ListBookingsHandler, query)
        for visit in page.items:
            yield visit
        if page.following is None:
            return
        query = replace(query, after=page.following)


async def _work(stage: Stage, visit: BookingSummary, number: int) -> None:
    """Come at about the time, go when it is clean; the second of a crew closes the door a minute later."""
    begins, ends = _begin(visit, number), _end(visit, number)
    reason = OverrunReason.EXTRA_DIRT if _slow(visit, number) else None
    finish = ClockMove(verb=ClockVerb.FINISH, overrun_reason=reason)
    for place, member in enumerate(visit.crew, start=1):
        await _move(stage, visit, member.worker_id, ClockMove(verb=ClockVerb.START), begins)
        await _move(stage, visit, member.worker_id, finish, ends - timedelta(minutes=len(visit.crew) - place))


async def _note(stage: Stage, visit: BookingSummary, number: int) -> None:
    minutes = (_end(visit, number) - _begin(visit, number)) // timedelta(minutes=1)
    command = CompleteBooking(booking_id=visit.booking_id, actual_duration_minutes=minutes)
    await stage.play(CompleteBookingHandler, command, at=_end(visit, number))


async def _move(
    stage: Stage, visit: BookingSummary, worker_id: WorkerId, move: ClockMove, at: datetime
) -> None:
    await stage.play(
        TrackTimeHandler, TrackTime(order_id=visit.booking_id, worker_id=worker_id, move=move), at=at
    )


def _begin(visit: BookingSummary, number: int) -> datetime:
    return visit.starts_at + timedelta(minutes=MINUTES_LATE[number % len(MINUTES_LATE)])


def _end(visit: BookingSummary, number: int) -> datetime:
    percent = SLOW_PERCENT if _slow(visit, number) else USUAL_PERCENT[number % len(USUAL_PERCENT)]
    worked = timedelta(minutes=visit.planned_minutes * percent // 100)
    return _begin(visit, number) + worked


def _slow(visit: BookingSummary, number: int) -> bool:
    """Now and then it takes much longer, but never into the next visit."""
    longest = timedelta(minutes=visit.planned_minutes * SLOW_PERCENT // 100)
    return number % SLOW_EVERY == 0 and longest <= SLOWEST
