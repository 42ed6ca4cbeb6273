"""Which visits want a reminder, on memory and on PostgreSQL; and that each start gets one."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import anyio
import pytest
from uuid_utils.compat import uuid7

from application.booking.remind_clients import RemindClients, RemindClientsHandler
from application.ports.unit_of_work import UnitOfWork
from domain.booking.booking import Booking, BookingStatus
from domain.identity.actor import Actor, ActorKind
from domain.shared.ids import OrgId
from domain.tenancy.org import OrgStatus
from tests.support.bookings import a_booking
from tests.support.clock import FixedClock
from tests.support.leads import a_lead
from tests.support.outgoing import queued
from tests.support.scheduling import a_team

NOW = datetime(2026, 11, 22, 12, 0, 0, 500_000, tzinfo=UTC)
HOUR = timedelta(hours=1)
JANE, NOBODY = a_lead(), a_lead(details={"email": None})


def a_visit(starts_at: datetime, **fields: Any) -> Booking:
    defaults = {"status": BookingStatus.CONFIRMED, "lead_id": JANE.id, "duration_minutes": 15}
    fields = {**defaults, "buffer_minutes": 0, **fields}
    return a_booking(booking_id=UUID(int=uuid7().int), starts_at=starts_at, **fields)


def a_job(org_id: OrgId) -> Actor:
    return Actor(org_id=org_id, kind=ActorKind.JOB, name="job:booking-reminders")


@pytest.fixture
async def org(uow: UnitOfWork, an_org: OrgId) -> OrgId:
    async with uow.begin(an_org) as unit:
        await unit.teams.save(a_team(1, name="North", is_default=True))
        for lead in (JANE, NOBODY):
            await unit.leads.save(lead)
    return an_org


async def keep(uow: UnitOfWork, org: OrgId, *bookings: Booking) -> None:
    async with uow.begin(org) as unit:
        for booking in bookings:
            await unit.bookings.save(booking)


async def test_near_visits_of_clients_with_an_address_are_due_by_start(
    uow: UnitOfWork, org: OrgId, rival: OrgId
) -> None:
    last, soon = a_visit(NOW + 24 * HOUR), a_visit(NOW + HOUR)
    await keep(
        uow,
        org,
        last,
        soon,
        a_visit(NOW + 24 * HOUR + timedelta(minutes=30)),
        a_visit(NOW - timedelta(minutes=30)),
        a_visit(NOW + 2 * HOUR, status=BookingStatus.PENDING),
        a_visit(NOW + 3 * HOUR, status=BookingStatus.DONE),
        a_visit(NOW + 4 * HOUR, lead_id=NOBODY.id),
        a_visit(NOW + 5 * HOUR, lead_id=None),
    )
    async with uow.begin(org) as unit:
        assert [found.id for found in await unit.reminders.claim(NOW, 9)] == [soon.id, last.id]
        assert [found.id for found in await unit.reminders.claim(NOW, 1)] == [soon.id]
        assert await unit.reminders.count_unreachable(NOW) == 2
    async with uow.begin(rival) as unit:
        assert await unit.reminders.claim(NOW, 9) == []
        assert await unit.reminders.count_unreachable(NOW) == 0


@pytest.mark.parametrize("starts_in", [timedelta(0), -HOUR, 24 * HOUR + timedelta(microseconds=1)])
async def test_what_has_begun_or_is_far_wants_none(uow: UnitOfWork, org: OrgId, starts_in: timedelta) -> None:
    await keep(uow, org, a_visit(NOW + starts_in))
    async with uow.begin(org) as unit:
        assert await unit.reminders.claim(NOW, 9) == []


async def test_each_start_gets_one_whoever_looks_and_how_often(uow: UnitOfWork, org: OrgId) -> None:
    bookings = [a_visit(NOW + number * HOUR) for number in range(1, 13)]
    await keep(uow, org, *bookings)
    handler, told = RemindClientsHandler(uow, FixedClock(NOW)), list[int]()

    async def scan() -> None:
        told.append((await handler.handle(a_job(org), RemindClients())).queued)

    async with anyio.create_task_group() as scans:
        for _ in range(5):
            scans.start_soon(scan)
    await scan()
    assert sum(told) == len(bookings)
    expected = {f"booking:{b.id}:reminder_24h:{int(b.slot.starts_at.timestamp())}" for b in bookings}
    assert set(await queued(uow, org)) == expected


async def test_a_reminder_is_pointless_once_the_visit_has_begun(uow: UnitOfWork, org: OrgId) -> None:
    booking = a_visit(NOW + HOUR)
    await keep(uow, org, booking)
    await RemindClientsHandler(uow, FixedClock(NOW)).handle(a_job(org), RemindClients())
    async with uow.begin_global() as shared:
        due = await shared.due_messages.list_due(datetime.now(UTC) + HOUR, after=None, orgs=999, per_org=99)
    (event_id,) = [found.event_id for found in due if found.org_id == org]
    async with uow.begin(org) as unit:
        assert (await unit.outbox_queue.get(event_id)).expires_at == booking.slot.starts_at


async def test_the_door_names_active_organisations_with_somebody_to_remind(
    uow: UnitOfWork, org: OrgId, rival: OrgId
) -> None:
    await keep(uow, org, a_visit(NOW + HOUR))

    async def named(now: datetime) -> set[OrgId]:
        async with uow.begin_global() as shared:
            return {org, rival} & set(await shared.reminder_orgs.list_orgs(now))

    assert await named(NOW) == {org}
    assert await named(NOW - 24 * HOUR) == set()
    await RemindClientsHandler(uow, FixedClock(NOW)).handle(a_job(org), RemindClients())
    assert await named(NOW) == set()


async def test_a_suspended_organisation_reminds_nobody(uow: UnitOfWork, org: OrgId) -> None:
    await keep(uow, org, a_visit(NOW + HOUR))
    async with uow.begin_global() as shared:
        assert await shared.directory.set_status(org, OrgStatus.SUSPENDED)
    async with uow.begin_global() as shared:
        assert org not in await shared.reminder_orgs.list_orgs(NOW)
