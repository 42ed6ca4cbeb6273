"""The office looks at clocks: of one booking, and of all."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from application.fieldwork.time_sheet import TimedEntry, TimeKeeping, TimeSheet, time_sheet, timed
from application.ports.time_entries import TimeFilter, TimePosition
from application.ports.unit_of_work import UnitOfWork
from domain.booking.time_entry import EntryState
from domain.identity.actor import Actor, Need
from domain.scheduling.blackout import InvalidWindow
from domain.scheduling.local_time import first_instant, plausible
from domain.shared.errors import FieldFault, NotFound
from domain.shared.ids import BookingId, WorkerId

type Moment = date | datetime
"""A local day, or an instant."""


@dataclass(frozen=True, slots=True)
class ShowTime:
    order_id: BookingId


@dataclass(frozen=True, slots=True, kw_only=True)
class ListTime:
    """Entries that began from `start` on and before `end`; an `end` that is a day is included."""

    start: Moment | None = None
    end: Moment | None = None
    worker_id: WorkerId | None = None
    states: frozenset[EntryState] = frozenset()
    after: TimePosition | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class TimePage:
    items: tuple[TimedEntry, ...]
    following: TimePosition | None


@dataclass(frozen=True, slots=True)
class ShowTimeHandler:
    uow: UnitOfWork
    keeping: TimeKeeping

    async def handle(self, actor: Actor, query: ShowTime) -> TimeSheet:
        actor.require(Need.DISPATCH)
        async with self.uow.begin(actor.org_id) as unit:
            booking = await unit.bookings.find(query.order_id)
            if booking is None:
                raise NotFound("order_id")
            return await time_sheet(unit, self.keeping, booking)


@dataclass(frozen=True, slots=True)
class ListTimeHandler:
    uow: UnitOfWork
    keeping: TimeKeeping

    async def handle(self, actor: Actor, query: ListTime) -> TimePage:
        actor.require(Need.DISPATCH)
        async with self.uow.begin(actor.org_id) as unit:
            zone = ZoneInfo(actor.org_timezone) if actor.org_timezone else (await unit.org.get()).zone
            wanted = _filter(query, zone)
            if query.worker_id is not None:
                await unit.workers.get(query.worker_id)
            found = await unit.time_entries.list_page(wanted, query.after, query.limit + 1)
        page, more = found[: query.limit], len(found) > query.limit
        last = TimePosition(page[-1].entry.started_at, page[-1].entry.id) if more else None
        return TimePage(timed(page, self.keeping.rule, self.keeping.clock.now()), last)


def _filter(query: ListTime, zone: ZoneInfo) -> TimeFilter:
    start = None if query.start is None else _instant(query.start, zone, "from", days_later=0)
    end = None if query.end is None else _instant(query.end, zone, "to", days_later=1)
    if start is not None and end is not None and end <= start:
        message = "must be after `from`"
        raise InvalidWindow(f"to {message}.", errors=[FieldFault("to", message)])
    return TimeFilter(started_from=start, started_before=end, worker_id=query.worker_id, states=query.states)


def _instant(moment: Moment, zone: ZoneInfo, field: str, *, days_later: int) -> datetime:
    plausible(moment, field)
    if isinstance(moment, datetime):
        return moment
    return first_instant(moment + timedelta(days=days_later), zone)
