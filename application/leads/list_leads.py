from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from application.leads.read_lead import LeadView
from application.ports.leads import LeadFilter, LeadPosition
from application.ports.unit_of_work import Unit, UnitOfWork
from domain.identity.actor import Actor, Need, Role
from domain.leads.lead_status import LeadStatus
from domain.scheduling.local_time import Span, day_span, plausible
from domain.shared.errors import Forbidden


@dataclass(frozen=True, slots=True, kw_only=True)
class ListLeads:
    """`created_from` and `created_to` are days of the organisation's zone, both included."""

    statuses: frozenset[LeadStatus] = frozenset()
    q: str | None = None
    created_from: date | None = None
    created_to: date | None = None
    after: LeadPosition | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class LeadPage:
    views: list[LeadView]
    next: LeadPosition | None


@dataclass(frozen=True, slots=True)
class ListLeadsHandler:
    uow: UnitOfWork

    async def handle(self, actor: Actor, command: ListLeads) -> LeadPage:
        actor.require(Need.VIEW)
        if command.q is not None and actor.role is Role.VIEWER:
            raise Forbidden("Searching would tell what is masked for your role.")
        async with self.uow.begin(actor.org_id) as unit:
            wanted = await _filter(unit, command)
            leads = await unit.leads.list_page(wanted, command.after, command.limit + 1)
            page = leads[: command.limit]
            bookings = await unit.leads.booking_ids([lead.id for lead in page]) if page else {}
        more = len(leads) > len(page)
        return LeadPage(
            [LeadView(lead, bookings.get(lead.id, ())) for lead in page],
            LeadPosition(page[-1].created_at, page[-1].id) if more else None,
        )


async def _filter(unit: Unit, command: ListLeads) -> LeadFilter:
    first, last = command.created_from, command.created_to
    if first is None and last is None:
        return LeadFilter(statuses=command.statuses, q=command.q)
    zone = ZoneInfo((await unit.org.get()).timezone)
    return LeadFilter(
        statuses=command.statuses,
        q=command.q,
        created_from=_start(_day(first, "created_from", zone)),
        created_before=_end(_day(last, "created_to", zone)),
    )


def _day(day: date | None, field: str, zone: ZoneInfo) -> Span | None:
    if day is None:
        return None
    plausible(day, field)
    return day_span(day, zone)


def _start(span: Span | None) -> datetime | None:
    return span.start if span else None


def _end(span: Span | None) -> datetime | None:
    return span.end if span else None
