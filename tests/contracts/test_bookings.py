"""The bookings' port, on memory and on PostgreSQL: one promise, two keepers."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from application.ports.booking_views import summary_of
from application.ports.bookings import BookingFilter, BookingPosition, KnownClient, WantedTime
from application.ports.unit_of_work import Unit, UnitOfWork
from domain.booking.booking import Booking, BookingSource, BookingStatus, CancelledBy
from domain.booking.deposit import DepositStatus
from domain.booking.refusals import BookingNotFound, SlotTaken
from domain.booking.visit import BookedAddOn, Details
from domain.leads.lead import Lead
from domain.shared.ids import AddOnId, BookingId, OrgId, TeamId, WorkerId
from tests.support.bookings import a_booking
from tests.support.leads import a_lead
from tests.support.pricing import a_home, an_estimate
from tests.support.scheduling import a_team, a_worker

NINE = datetime(2026, 11, 30, 14, 0, tzinfo=UTC)
NORTH, SOUTH = TeamId(UUID(int=1)), TeamId(UUID(int=2))
ANN, BOB = WorkerId(UUID(int=100)), WorkerId(UUID(int=101))
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def new_id() -> UUID:
    return UUID(int=uuid7().int)


def a_visit(start: datetime = NINE, **fields: Any) -> Booking:
    return a_booking(
        booking_id=new_id(), **{"team_id": NORTH, "starts_at": start, "duration_minutes": 60, **fields}
    )


@pytest.fixture
async def org(uow: UnitOfWork, an_org: OrgId) -> OrgId:
    """Two teams with a worker each."""
    async with uow.begin(an_org) as unit:
        await unit.teams.save(a_team(1, name="North", is_default=True))
        await unit.teams.save(a_team(2, name="South"))
        await unit.workers.save(a_worker(100, team=1, name="Ann"))
        await unit.workers.save(a_worker(101, team=2, name="Bob"))
    return an_org


type Keep = Callable[..., Awaitable[None]]


@pytest.fixture
def keep(uow: UnitOfWork, org: OrgId) -> Keep:
    async def save(*rows: Lead | Booking) -> None:
        async with uow.begin(org) as unit:
            for row in rows:
                if isinstance(row, Lead):
                    await unit.leads.save(row)
                else:
                    await unit.bookings.save(row)

    return save


async def test_a_booking_comes_back_as_it_was_saved(uow: UnitOfWork, org: OrgId, keep: Keep) -> None:
    lead = a_lead()
    oven = BookedAddOn(
        add_on_id=AddOnId(new_id()), code="oven", name="Oven", qty=2, unit_price_cents=3000, minutes=60
    )
    booking = a_visit(
        lead_id=lead.id,
        source=BookingSource.PUBLIC,
        crew=(ANN, BOB),
        crew_needed=2,
        details=Details(
            service_type="standard", address="1 Main St", access_notes="code 7", notes="two\nlines"
        ),
        estimate=an_estimate(a_home(3, 2.5, "deep", oven=2)),
        add_ons=(oven,),
        deposit_status=DepositStatus.DUE,
        deposit_cents=5000,
        expires_at=NOW + HOUR,
        cancellation_exception=True,
        cancellation_exception_note="kind",
    )
    cancelled = replace(booking, deposit=replace(booking.deposit, status=DepositStatus.PAID)).cancel(
        NOW, by=CancelledBy.CLIENT, reason="weather"
    )
    await keep(lead, booking)
    async with uow.begin(org) as unit:
        assert await unit.bookings.get(booking.id) == booking
        assert await unit.bookings.lock(booking.id) == booking
    await keep(cancelled)
    async with uow.begin(org) as unit:
        assert await unit.bookings.find(booking.id) == cancelled
        people = await unit.bookings.people(booking.id)
        assert (people.lead_name, people.team_name) == (lead.name, "North")
        assert [member.name for member in people.crew] == ["Ann", "Bob"]


async def test_another_organisation_sees_nothing(uow: UnitOfWork, rival: OrgId, keep: Keep) -> None:
    booking = a_visit()
    await keep(booking)
    async with uow.begin(rival) as unit:
        assert await unit.bookings.find(booking.id) is None
        for question in (unit.bookings.get, unit.bookings.lock, unit.bookings.people):
            with pytest.raises(BookingNotFound):
                await question(booking.id)


@pytest.mark.parametrize(
    ("other", "collides"),
    [
        ({"start": NINE + timedelta(minutes=90)}, False),
        ({"start": NINE + timedelta(minutes=89)}, True),
        ({"start": NINE - timedelta(minutes=90)}, False),
        ({"start": NINE - timedelta(minutes=89)}, True),
        ({"team_id": SOUTH}, False),
        ({"team_id": SOUTH, "crew": (ANN,)}, True),
        ({"team_id": SOUTH, "crew": (BOB,)}, False),
        ({"status": BookingStatus.DONE}, False),
        ({"deposit_cents": 1, "deposit_status": DepositStatus.DUE, "expires_at": NOW - HOUR}, True),
    ],
)
@pytest.mark.parametrize("swapped", [False, True])
async def test_no_time_is_held_twice(
    keep: Keep, other: dict[str, Any], collides: bool, swapped: bool
) -> None:
    pair = [a_visit(crew=(ANN,)), a_visit(**other)]
    first, second = reversed(pair) if swapped else pair
    await keep(first)
    if collides:
        with pytest.raises(SlotTaken):
            await keep(second)
    else:
        await keep(second)


async def test_a_cancelled_visit_frees_team_and_crew(keep: Keep) -> None:
    booking = a_visit(crew=(ANN,))
    await keep(booking, booking.cancel(NOW, by=CancelledBy.OFFICE, reason="weather"))
    await keep(a_visit(crew=(ANN,)))


async def test_whoever_leaves_the_crew_is_free(keep: Keep) -> None:
    booking = a_visit(crew=(ANN, BOB))
    await keep(booking, booking.assign(NOW, (BOB,)))
    await keep(a_visit(team_id=SOUTH, crew=(ANN,)))
    with pytest.raises(SlotTaken):
        await keep(a_visit(NINE + timedelta(minutes=89), team_id=SOUTH, crew=(BOB,)))


async def test_a_failed_part_undoes_itself_alone(uow: UnitOfWork, org: OrgId) -> None:
    first, lost, second = a_visit(), a_visit(), a_visit(team_id=SOUTH)
    async with uow.begin(org) as unit:
        await unit.bookings.save(first)
        with pytest.raises(SlotTaken):
            await _both_or_none(unit, a_visit(NINE + 5 * HOUR), lost)
        await unit.bookings.save(second)
    async with uow.begin(org) as unit:
        everything = BookingFilter(touching_from=NINE - HOUR, touching_before=NINE + 24 * HOUR)
        found = await unit.bookings.list_page(everything, None, 10)
        assert {row.booking_id for row in found} == {first.id, second.id}


async def _both_or_none(unit: Unit, *bookings: Booking) -> None:
    async with unit.savepoint():
        for booking in bookings:
            await unit.bookings.save(booking)


async def test_lists_filter_and_page_in_order(uow: UnitOfWork, org: OrgId, keep: Keep) -> None:
    lead = a_lead()
    mine = a_visit(lead_id=lead.id, crew=(ANN,))
    late = a_visit(NINE + 3 * HOUR, status=BookingStatus.CONFIRMED)
    south = a_visit(NINE + 3 * HOUR, team_id=SOUTH, crew=(BOB,))
    await keep(lead, mine, late, south, a_visit(NINE + 30 * HOUR))
    day = BookingFilter(touching_from=NINE, touching_before=NINE + 9 * HOUR)
    expected: list[tuple[dict[str, Any], set[BookingId]]] = [
        ({}, {mine.id, late.id, south.id}),
        ({"statuses": frozenset({BookingStatus.CONFIRMED})}, {late.id}),
        ({"team_id": SOUTH}, {south.id}),
        ({"worker_id": ANN}, {mine.id}),
        ({"lead_id": lead.id}, {mine.id}),
        ({"unassigned": True}, {late.id}),
        ({"unassigned": False}, {mine.id, south.id}),
        ({"unassigned": False, "team_id": NORTH, "worker_id": BOB}, set()),
        ({"touching_from": NINE + HOUR}, {late.id, south.id}),
        ({"touching_before": NINE}, set()),
        ({"touching_before": NINE + timedelta(microseconds=1)}, {mine.id}),
    ]
    async with uow.begin(org) as unit:
        for narrowed, wanted in expected:
            found = await unit.bookings.list_page(replace(day, **narrowed), None, 10)
            assert {row.booking_id for row in found} == wanted, narrowed
        in_order = await unit.bookings.list_page(day, None, 10)
        assert [(row.starts_at, row.booking_id) for row in in_order] == sorted(
            (row.starts_at, row.booking_id) for row in in_order
        )
        paged = await unit.bookings.list_page(day, None, 1)
        while len(paged) < len(in_order):
            last = BookingPosition(paged[-1].starts_at, paged[-1].booking_id)
            paged += await unit.bookings.list_page(day, last, 1)
        assert paged == in_order
        assert in_order[0] == summary_of(mine, await unit.bookings.people(mine.id))


async def test_a_client_is_known_by_lead_e_mail_or_phone(uow: UnitOfWork, org: OrgId, keep: Keep) -> None:
    one = a_lead(details={"email": "Jane@Example.com", "phone": "555 1000"})
    two = a_lead(details={"email": "other@example.com", "phone": "+1 (555) 2000"})
    kept = a_visit(lead_id=one.id, status=BookingStatus.DONE)
    called_off = a_visit(lead_id=two.id).cancel(NOW, by=CancelledBy.CLIENT, reason="client_request")
    ours = a_visit(NINE + 5 * HOUR, lead_id=two.id).cancel(NOW, by=CancelledBy.OFFICE, reason="weather")
    await keep(one, two, kept, called_off, ours, a_visit(NINE + 9 * HOUR))
    asked = [
        (KnownClient(), (False, 0)),
        (KnownClient(lead_id=one.id), (True, 0)),
        (KnownClient(lead_id=two.id), (False, 1)),
        (KnownClient(lead_id=one.id, phone_norm=two.phone_norm), (True, 1)),
        (KnownClient(email_norm="jane@example.com"), (True, 0)),
        (KnownClient(email_norm="nobody@example.com", phone_norm="0"), (False, 0)),
    ]
    async with uow.begin(org) as unit:
        for client, answer in asked:
            history = await unit.bookings.history_of(client)
            assert (history.returning, history.client_cancellations) == answer, client


async def test_live_public_bookings_of_a_contact_are_counted(uow: UnitOfWork, org: OrgId, keep: Keep) -> None:
    one, two = a_lead(details={"email": None, "phone": "5551000"}), a_lead(details={"phone": "+5551000"})
    public: dict[str, Any] = {"source": BookingSource.PUBLIC}
    overdue = a_visit(NINE + 2 * HOUR, lead_id=one.id, expires_at=NOW, **public)
    held = a_visit(NINE + 4 * HOUR, lead_id=two.id, expires_at=NOW + HOUR, **public)
    office = a_visit(NINE + 6 * HOUR, lead_id=one.id)
    await keep(one, two, a_visit(lead_id=one.id, **public), overdue, held, office)
    async with uow.begin(org) as unit:
        client = KnownClient(lead_id=one.id, phone_norm=one.phone_norm)
        assert await unit.bookings.count_live_public(client, NOW) == 2
        assert await unit.bookings.count_live_public(KnownClient(phone_norm="0"), NOW) == 0


async def test_what_becomes_of_a_leads_bookings(uow: UnitOfWork, org: OrgId, keep: Keep) -> None:
    lead, other = a_lead(), a_lead()
    later, first = a_visit(NINE + 2 * HOUR, lead_id=lead.id), a_visit(lead_id=lead.id)
    done = a_visit(NINE - 5 * HOUR, lead_id=lead.id, status=BookingStatus.DONE)
    await keep(lead, other, later, first, done, a_visit(NINE + 9 * HOUR, lead_id=other.id))
    async with uow.begin(org) as unit:
        assert [booking.id for booking in await unit.bookings.live_of_lead(lead.id)] == [first.id, later.id]
        standing = await unit.bookings.standing_of(lead.id)
        assert (standing.live, standing.done) == (True, True)
        standing = await unit.bookings.standing_of(other.id)
        assert (standing.live, standing.done) == (True, False)


async def test_overdue_holds_are_found_where_they_are_in_the_way(
    uow: UnitOfWork, org: OrgId, keep: Keep
) -> None:
    overdue = a_visit(expires_at=NOW, crew=(BOB,))
    far = a_visit(NINE + 20 * HOUR, expires_at=NOW - HOUR)
    paid = a_visit(NINE + 2 * HOUR, expires_at=NOW + HOUR)
    await keep(overdue, far, paid, a_visit(NINE + 4 * HOUR, status=BookingStatus.CONFIRMED))
    wanted = WantedTime(team_id=NORTH, worker_ids=(), starts_at=NINE, held_until=NINE + 6 * HOUR)
    cases = [
        (wanted, [overdue.id]),
        (replace(wanted, team_id=SOUTH), []),
        (replace(wanted, team_id=None, worker_ids=(BOB,)), [overdue.id]),
        (replace(wanted, starts_at=overdue.slot.held_until), []),
        (replace(wanted, starts_at=NINE - HOUR, held_until=NINE), []),
    ]
    async with uow.begin(org) as unit:
        for time, found in cases:
            assert [booking.id for booking in await unit.bookings.lock_overdue(time, NOW)] == found
        assert await unit.bookings.count_overdue(NOW) == 2
        assert [b.id for b in await unit.bookings.claim_overdue(NOW, 1)] == [far.id]
        assert [b.id for b in await unit.bookings.claim_overdue(NOW, 9)] == [far.id, overdue.id]
        assert await unit.bookings.claim_overdue(NOW - 2 * HOUR, 9) == []


async def test_the_door_names_organisations_with_overdue_holds(
    uow: UnitOfWork, org: OrgId, rival: OrgId, keep: Keep
) -> None:
    await keep(a_visit(expires_at=NOW))
    async with uow.begin_global() as shared:
        found = await shared.overdue_holds.list_orgs(NOW)
        assert org in found
        assert rival not in found
        assert org not in await shared.overdue_holds.list_orgs(NOW - HOUR)
