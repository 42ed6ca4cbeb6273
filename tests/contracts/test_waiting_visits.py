"""Visits that nobody is assigned to, on both adapters."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from adapters.system.identifiers import SystemIdentifiers
from application.ports.unit_of_work import UnitOfWork
from application.ports.waiting_visits import WaitingPage
from domain.booking.booking import Booking, BookingStatus, CancelledBy
from domain.shared.ids import LeadId, OrgId, TeamId, WorkerId
from tests.support.bookings import NOW, a_booking
from tests.support.leads import a_lead
from tests.support.scheduling import a_team, a_worker

IDS = SystemIdentifiers()
HOUR = timedelta(hours=1)


async def test_only_what_holds_its_time_and_has_nobody_waits(uow: UnitOfWork, an_org: OrgId) -> None:
    teams = [a_team(id=TeamId(IDS.new()), name=f"T{number}") for number in range(4)]
    worker = a_worker(id=WorkerId(IDS.new()))
    lead = a_lead(id=LeadId(IDS.new()))

    def booking(hours: float, team: int = 0, **fields: object) -> Booking:
        start = NOW + hours * HOUR
        made = a_booking(booking_id=IDS.new(), team_id=teams[team].id, starts_at=start, buffer_minutes=0)
        return replace(made, **fields)  # type: ignore[arg-type]  # fields of Booking

    confirmed: dict[str, Any] = {"status": BookingStatus.CONFIRMED}
    waiting = [
        booking(-1, **confirmed),
        booking(23.9, lead_id=lead.id),
        booking(24, team=1, expires_at=NOW + timedelta(seconds=1)),
        booking(24, team=2),
        booking(71.9, **confirmed),
    ]
    others = [
        booking(-2, team=1, **confirmed),  # ends now
        booking(4, expires_at=NOW),
        booking(8, crew=(worker.id,), **confirmed),
        booking(12, status=BookingStatus.DONE),
        booking(16).cancel(NOW, by=CancelledBy.OFFICE, reason="other"),
        booking(74, **confirmed),
    ]
    async with uow.begin(an_org) as unit:
        for team in teams:
            await unit.teams.save(team)
        await unit.workers.save(replace(worker, team_id=teams[3].id))
        await unit.leads.save(lead)
        for each in (*others, *reversed(waiting)):
            await unit.bookings.save(each)

    async def page(limit: int, offset: int) -> WaitingPage:
        async with uow.begin(an_org) as unit:
            return await unit.waiting_visits.page(
                now=NOW, urgent_before=NOW + 24 * HOUR, before=NOW + 72 * HOUR, limit=limit, offset=offset
            )

    expected = [one.id for one in sorted(waiting, key=lambda one: (one.slot.starts_at, one.id))]
    whole = await page(50, 0)
    assert [visit.booking_id for visit in whole.visits] == expected
    assert (whole.total, whole.urgent) == (5, 2)
    first, rest = await page(2, 0), await page(9, 2)
    assert [visit.booking_id for visit in (*first.visits, *rest.visits)] == expected
    assert await page(5, 50) == WaitingPage((), 5, 2)
    named = whole.visits[1]
    assert (named.lead_id, named.lead_name, named.lead_email) == (lead.id, lead.name, lead.email)
    assert (named.team_name, named.status, named.ends_at) == ("T0", "PENDING", NOW + 25.9 * HOUR)
