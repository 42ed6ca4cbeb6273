"""What the company's books get to hold: closed days, clients and their visits, and three newcomers."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from application.booking.cancel_booking import CancelBooking, CancelBookingHandler
from application.booking.create_booking import CreateBooking, CreateBookingHandler
from application.booking.create_public_booking import CreatePublicBooking, CreatePublicBookingHandler
from application.booking.list_bookings import ListBookings, ListBookingsHandler
from application.leads.move_lead import MoveLead, MoveLeadHandler
from application.leads.record_lead import RecordLead, RecordLeadHandler
from application.leads.request_lead import RequestedLead, RequestLead, RequestLeadHandler
from application.ports.leads import LeadFilter
from application.ports.unit_of_work import UnitOfWork
from application.scheduling.blackouts import (
    AddBlackout,
    AddBlackoutHandler,
    ListBlackouts,
    ListBlackoutsHandler,
)
from application.scheduling.booking_settings import ChangeBookingSettings, ChangeBookingSettingsHandler
from application.scheduling.find_slots import FindSlots, FindSlotsHandler
from application.tenancy.edit_org import EditOrg, EditOrgHandler
from domain.booking.booking import CancelledBy
from domain.identity.actor import Actor, ActorKind
from domain.leads.lead import Lead, LeadDetails
from domain.leads.lead_status import LeadStatus
from domain.scheduling.offers import Audience
from domain.shared.errors import Conflict
from domain.shared.ids import LeadId
from entrypoints.demo import company, story
from entrypoints.demo.staff import Crew
from entrypoints.demo.stage import Stage
from entrypoints.demo.work import do_the_work

ZONE = ZoneInfo(company.TIMEZONE)
HOLIDAYS = ((1, 1, "New Year's Day"), (7, 1, "Canada Day"), (12, 25, "Christmas Day"))
BEFORE_THE_VISIT = timedelta(days=2, hours=3)
CANCEL_REASONS = {CancelledBy.CLIENT: "client_request", CancelledBy.OFFICE: "weather"}


async def close_days(stage: Stage, crews: list[Crew], today: date) -> None:
    """The next public holiday for everybody, a training afternoon of a team, a worker's week off."""
    monday = today + timedelta(days=7 - today.weekday())
    holiday, name = _next_holiday(today)
    ben = next(worker for crew in crews for worker in crew.workers if worker.name == "Ben Tremblay")
    page = await stage.play(
        ListBlackoutsHandler, ListBlackouts(from_=_at(today), to=_at(holiday + timedelta(days=1)))
    )
    known = {blackout.reason for blackout in page.blackouts}
    for blackout in (
        AddBlackout(starts_at=_at(holiday), ends_at=_at(holiday + timedelta(days=1)), reason=name),
        AddBlackout(
            starts_at=_at(monday, time(13)),
            ends_at=_at(monday, time(17)),
            reason="Training: stone and marble",
            team_id=crews[1].team.id,
        ),
        AddBlackout(
            starts_at=_at(monday),
            ends_at=_at(monday + timedelta(days=6)),
            reason="Holiday",
            worker_id=ben.id,
        ),
    ):
        if blackout.reason not in known:
            await stage.play(AddBlackoutHandler, blackout)
    await stage.play(
        ChangeBookingSettingsHandler, ChangeBookingSettings(changes={"office_email": company.OFFICE_EMAIL})
    )
    # its mails say "answer this mail": the answers go there
    await stage.play(EditOrgHandler, EditOrg(contact={"email": company.OFFICE_EMAIL}))


async def known_leads(stage: Stage) -> dict[str | None, Lead]:
    """By e-mail, as many as the demo has."""
    uow = await stage.container.get(UnitOfWork)
    async with uow.begin(stage.office.org_id) as unit:
        return {lead.email: lead for lead in await unit.leads.list_page(LeadFilter(), None, 200)}


async def keep_books(stage: Stage, crews: list[Crew], now: datetime) -> None:
    """Clients and their visits, each arranged in its time, and the work that is done; their mails are not
    sent: that was then."""
    leads = await known_leads(stage)
    arranged = await _known_visits(stage, now)
    for visit in story.visits(now.astimezone(ZONE).date()):
        arranged_at = min(visit.arranged_at, now)
        if visit.client.email not in leads:
            leads[visit.client.email] = await _record(stage, visit.client, arranged_at - timedelta(hours=1))
        lead = leads[visit.client.email]
        if (lead.id, visit.starts_at) not in arranged:
            await _arrange(stage, crews[visit.team], visit, lead, arranged_at, now)
    await do_the_work(stage, now)
    waiting = [client for client in story.clients() if client.email not in leads]
    for client, status in zip(waiting, (LeadStatus.CONTACTED, LeadStatus.CANCELLED), strict=False):
        lead = await _record(stage, client, now - timedelta(days=4))
        await stage.play(MoveLeadHandler, MoveLead(lead.id, status), at=now - timedelta(days=1))
    uow = await stage.container.get(UnitOfWork)
    async with uow.begin(stage.office.org_id) as unit:
        for prefix in ("booking:", "lead:"):
            await unit.outbox.withdraw(prefix)


async def _known_visits(stage: Stage, now: datetime) -> set[tuple[LeadId | None, datetime]]:
    """What an earlier, interrupted telling arranged already."""
    around = timedelta(weeks=story.WEEKS_BACK + story.WEEKS_AHEAD)
    query = ListBookings(first_day=(now - around).date(), last_day=(now + around).date(), limit=200)
    found: set[tuple[LeadId | None, datetime]] = set()
    while True:
        page = await stage.play(ListBookingsHandler, query)
        found |= {(one.lead_id, one.starts_at) for one in page.items}
        if page.following is None:
            return found
        query = replace(query, after=page.following)


async def welcome_newcomers(stage: Stage, now: datetime) -> None:
    """From the web: two have booked a time and wait for the office, one has only asked."""
    known = await known_leads(stage)
    for number, client in enumerate(story.newcomers()):
        public = Actor(org_id=stage.office.org_id, kind=ActorKind.NONE, ip=f"192.0.2.{10 + number}")
        if client.email in known:
            continue
        asked_at = now - timedelta(hours=6 - 2 * number)
        command = RequestLead(details=_details(client), home=client.home)
        requested = await stage.play(RequestLeadHandler, command, at=asked_at, by=public)
        if number > 0:
            await _book_online(stage, public, requested, number)


async def _record(stage: Stage, client: story.DemoClient, at: datetime) -> Lead:
    return await stage.play(RecordLeadHandler, RecordLead(details=_details(client), home=client.home), at=at)


async def _arrange(
    stage: Stage, crew: Crew, visit: story.DemoVisit, lead: Lead, arranged_at: datetime, now: datetime
) -> None:
    """With whom of the crew is free; on a closed day nobody is, and no visit comes about."""
    size = lead.estimate.team_size if lead.estimate else 1
    for first in range(len(crew.workers)):
        people = [crew.workers[(visit.client.number + first + n) % len(crew.workers)] for n in range(size)]
        command = CreateBooking(
            starts_at=visit.starts_at,
            lead_id=lead.id,
            team_id=crew.team.id,
            worker_ids=tuple(worker.id for worker in people) if visit.crewed else (),
        )
        try:
            made = await stage.play(CreateBookingHandler, command, at=arranged_at)
        except Conflict:
            continue
        called_off_at = visit.starts_at - BEFORE_THE_VISIT
        if visit.cancelled_by is not None and called_off_at < now:
            by = CancelledBy(visit.cancelled_by)
            cancel = CancelBooking(booking_id=made.booking.id, reason_code=CANCEL_REASONS[by], by=by)
            await stage.play(CancelBookingHandler, cancel, at=called_off_at)
        return


async def _book_online(stage: Stage, public: Actor, requested: RequestedLead, number: int) -> None:
    if requested.lead.estimate is None:
        return
    minutes = requested.lead.estimate.duration_minutes
    view = await stage.play(
        FindSlotsHandler, FindSlots(audience=Audience.PUBLIC, duration_minutes=minutes), by=public
    )
    slots = [slot for day in view.days[2:] for slot in day.slots]
    command = CreatePublicBooking(
        lead_id=requested.lead.id,
        lead_token=requested.token,
        starts_at=slots[number * len(slots) // 4].starts_at,
    )
    await stage.play(CreatePublicBookingHandler, command, by=public)


def _details(client: story.DemoClient) -> LeadDetails:
    return LeadDetails(
        name=client.name,
        phone=client.phone,
        email=client.email,
        postal_code=company.POSTAL_CODES[client.number % len(company.POSTAL_CODES)],
        address=client.address,
        access_notes=company.NOTES[client.number % len(company.NOTES)],
    )


def _next_holiday(today: date) -> tuple[date, str]:
    coming = [
        (date(year, month, day), name)
        for year in (today.year, today.year + 1)
        for month, day, name in HOLIDAYS
    ]
    return min(one for one in coming if one[0] > today)


def _at(day: date, clock: time = time()) -> datetime:
    return datetime.combine(day, clock, ZONE).astimezone(UTC)
