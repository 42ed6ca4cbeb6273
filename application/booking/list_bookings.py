from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from application.ports.booking_views import BookingSummary
from application.ports.bookings import BookingFilter, BookingPosition
from application.ports.clock import Clock
from application.ports.unit_of_work import Unit, UnitOfWork
from domain.booking.booking import BookingStatus
from domain.identity.actor import Actor, Need
from domain.scheduling.blackout import LONGEST_WINDOW, InvalidWindow
from domain.scheduling.local_time import day_of, first_instant, plausible
from domain.shared.errors import FieldFault
from domain.shared.ids import LeadId, TeamId, WorkerId

USUAL_DAYS = timedelta(days=6)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListBookings:
    """Local dates, both included; from today, for a week."""

    first_day: date | None = None
    last_day: date | None = None
    statuses: frozenset[BookingStatus] = frozenset()
    team_id: TeamId | None = None
    worker_id: WorkerId | None = None
    lead_id: LeadId | None = None
    unassigned: bool | None = None
    after: BookingPosition | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class BookingPage:
    items: tuple[BookingSummary, ...]
    following: BookingPosition | None
    timezone: str


@dataclass(frozen=True, slots=True)
class ListBookingsHandler:
    uow: UnitOfWork
    clock: Clock

    async def handle(self, actor: Actor, query: ListBookings) -> BookingPage:
        actor.require(Need.VIEW)
        async with self.uow.begin(actor.org_id) as unit:
            zone = ZoneInfo(actor.org_timezone) if actor.org_timezone else (await unit.org.get()).zone
            first, last = _days(query, day_of(self.clock.now(), zone))
            await _require_owned(unit, query)
            wanted = BookingFilter(
                touching_from=first_instant(first, zone),
                touching_before=first_instant(last + timedelta(days=1), zone),
                statuses=query.statuses,
                team_id=query.team_id,
                worker_id=query.worker_id,
                lead_id=query.lead_id,
                unassigned=query.unassigned,
            )
            found = await unit.bookings.list_page(wanted, query.after, query.limit + 1)
        items = tuple(found[: query.limit])
        more = len(found) > query.limit
        position = BookingPosition(items[-1].starts_at, items[-1].booking_id) if more else None
        return BookingPage(items, position, zone.key)


def _days(query: ListBookings, today: date) -> tuple[date, date]:
    first = query.first_day or today
    plausible(first, "from")  # before it is added to: the calendar ends
    last = query.last_day or first + USUAL_DAYS
    plausible(last, "to")
    if not first <= last <= first + LONGEST_WINDOW:
        message = f"must be a day from `from` to {LONGEST_WINDOW.days} days after it"
        raise InvalidWindow(f"to {message}.", errors=[FieldFault("to", message)])
    return first, last


async def _require_owned(unit: Unit, query: ListBookings) -> None:
    """Raises NotFound for an id that this organisation does not have."""
    if query.team_id:
        await unit.teams.get(query.team_id)
    if query.worker_id:
        await unit.workers.get(query.worker_id)
    if query.lead_id:
        await unit.leads.get(query.lead_id)
