"""Leads, on both adapters."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from types import MappingProxyType
from uuid import UUID

import pytest

from adapters.postgres.leads import EARLIEST, LATEST, LIST
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from application.ports.leads import LeadFilter, LeadPosition, ReferralCodeTaken
from application.ports.unit_of_work import UnitOfWork
from domain.leads.errors import LeadNotFound
from domain.leads.lead import Lead, LeadSource
from domain.leads.lead_status import LeadStatus
from domain.shared.ids import BookingId, LeadId, OrgId
from tests.support.bookings import a_booking
from tests.support.leads import ASKED_AT, a_lead
from tests.support.plans import plan_of
from tests.support.pricing import a_home, an_estimate
from tests.support.scheduling import a_team

EVERYTHING = {
    "name": "Zoë O'Brien",
    "phone": "+1 555 010 0199",
    "email": "Zoe@Example.com",
    "postal_code": "10001",
    "address": "1 Main St",
    "preferred_dates": (date(2026, 4, 1), date(2026, 4, 2)),
    "access_notes": "Key under the mat",
    "parking": "Street",
    "pets": "A cat",
    "allergies": "None",
    "notes": "Line one\nline two",
    "utm": MappingProxyType({"source": "search", "medium": "cpc"}),
    "referrer": "https://example.com",
}


async def saved(uow: UnitOfWork, org_id: OrgId, leads: Sequence[Lead]) -> None:
    async with uow.begin(org_id) as unit:
        for lead in leads:
            await unit.leads.save(lead)


async def listed(
    uow: UnitOfWork, org_id: OrgId, wanted: LeadFilter, after: LeadPosition | None = None, limit: int = 50
) -> list[LeadId]:
    async with uow.begin(org_id) as unit:
        return [lead.id for lead in await unit.leads.list_page(wanted, after, limit)]


async def test_a_lead_comes_back_as_it_went(uow: UnitOfWork, an_org: OrgId) -> None:
    bare = a_lead(details={"email": None})
    full = a_lead(
        details=EVERYTHING,
        status=LeadStatus.CONTACTED,
        source=LeadSource.PUBLIC,
        estimate=an_estimate(a_home(3, 2.5, "deep", oven=2)),
        referred_by_code="ABCDEFGH",
        referral_credits=2,
        referral_settled=True,
        token_sha256=sha256(b"token").digest(),
        token_expires_at=ASKED_AT + timedelta(hours=24),
        client_address="203.0.113.7",
    )
    await saved(uow, an_org, [bare, full])
    async with uow.begin(an_org) as unit:
        assert await unit.leads.get(bare.id) == bare
        assert await unit.leads.lock(full.id) == full
        assert await unit.leads.find(full.id) == full
        moved = full.moved(LeadStatus.BOOKED, ASKED_AT + timedelta(days=1))
        await unit.leads.save(moved)
        assert await unit.leads.get(full.id) == moved, "our own writing is seen at once"


async def test_another_organisation_cannot_see_a_lead(uow: UnitOfWork, an_org: OrgId, rival: OrgId) -> None:
    await saved(uow, an_org, [ours := a_lead()])
    async with uow.begin(rival) as unit:
        for lead_id in (ours.id, LeadId(UUID(int=7))):
            with pytest.raises(LeadNotFound):
                await unit.leads.get(lead_id)
            with pytest.raises(LeadNotFound):
                await unit.leads.lock(lead_id)
            assert await unit.leads.find(lead_id) is None
        assert await unit.leads.find_by_referral_code(ours.referral_code) is None
    assert await listed(uow, rival, LeadFilter()) == []


async def test_two_organisations_may_share_a_referral_code(
    uow: UnitOfWork, an_org: OrgId, rival: OrgId
) -> None:
    ours, theirs = a_lead(referral_code="SHAREDCD"), a_lead(referral_code="SHAREDCD")
    await saved(uow, an_org, [ours])
    await saved(uow, rival, [theirs])
    for org_id, lead in ((an_org, ours), (rival, theirs)):
        async with uow.begin(org_id) as unit:
            assert await unit.leads.find_by_referral_code("SHAREDCD") == lead


async def test_a_referral_code_belongs_to_one_lead(uow: UnitOfWork, an_org: OrgId) -> None:
    await saved(uow, an_org, [a_lead(referral_code="SHAREDCD")])
    with pytest.raises(ReferralCodeTaken):
        await saved(uow, an_org, [a_lead(referral_code="SHAREDCD")])
    assert len(await listed(uow, an_org, LeadFilter())) == 1


async def test_pages_are_newest_first_then_by_id_without_gap_or_twin(uow: UnitOfWork, an_org: OrgId) -> None:
    leads = [a_lead(created_at=ASKED_AT + timedelta(minutes=n // 2)) for n in range(7)]
    await saved(uow, an_org, leads)
    expected = [lead.id for lead in sorted(leads, key=lambda lead: (-lead.created_at.timestamp(), lead.id))]
    assert await listed(uow, an_org, LeadFilter()) == expected
    by_id = {lead.id: lead for lead in leads}
    walked: list[LeadId] = []
    after = None
    while page := await listed(uow, an_org, LeadFilter(), after, 2):
        walked += page
        after = LeadPosition(by_id[page[-1]].created_at, page[-1])
    assert walked == expected


async def test_filters_narrow_the_list(uow: UnitOfWork, an_org: OrgId) -> None:
    new = a_lead(details={"name": "Ann  Lee", "email": "ann@example.com", "phone": "(555) 222-3333"})
    done = a_lead(
        status=LeadStatus.DONE,
        details={"name": "Bob", "email": None},
        created_at=ASKED_AT + timedelta(hours=1),
    )
    await saved(uow, an_org, [new, done])
    for wanted, found in (
        (LeadFilter(statuses=frozenset({LeadStatus.DONE})), [done]),
        (LeadFilter(statuses=frozenset({LeadStatus.DONE, LeadStatus.NEW})), [done, new]),
        (LeadFilter(statuses=frozenset({LeadStatus.BOOKED})), []),
        (LeadFilter(created_from=ASKED_AT + timedelta(hours=1)), [done]),
        (LeadFilter(created_before=ASKED_AT + timedelta(hours=1)), [new]),
        (LeadFilter(created_from=ASKED_AT, created_before=ASKED_AT), []),
        (LeadFilter(q="ann lee"), [new]),
        (LeadFilter(q="ANN@EX"), [new]),
        (LeadFilter(q="222 33"), [new]),
        (LeadFilter(q="555"), [done, new]),
        (LeadFilter(q="%"), []),
        (LeadFilter(q="_"), []),
        (LeadFilter(q="zed"), []),
    ):
        assert await listed(uow, an_org, wanted) == [lead.id for lead in found], wanted


async def test_public_leads_of_one_address_are_counted_from_an_instant_on(
    uow: UnitOfWork, an_org: OrgId, rival: OrgId
) -> None:
    def from_address(address: str | None, minutes: int, source: LeadSource = LeadSource.PUBLIC) -> Lead:
        return a_lead(client_address=address, source=source, created_at=ASKED_AT + timedelta(minutes=minutes))

    await saved(
        uow,
        an_org,
        [
            from_address("203.0.113.7", 2),
            from_address("203.0.113.7", 1),
            from_address("203.0.113.7", 0),
            from_address("203.0.113.8", 1),
            from_address("203.0.113.7", 1, LeadSource.OFFICE),
        ],
    )
    await saved(uow, rival, [from_address("203.0.113.7", 1)])
    async with uow.begin(an_org) as unit:
        assert await unit.leads.public_since("203.0.113.7", ASKED_AT) == [
            ASKED_AT + timedelta(minutes=1),
            ASKED_AT + timedelta(minutes=2),
        ]


async def test_what_was_changed_in_a_failed_unit_never_was(uow: UnitOfWork, an_org: OrgId) -> None:
    await saved(uow, an_org, [lead := a_lead()])

    async def save_and_fail() -> None:
        async with uow.begin(an_org) as unit:
            await unit.leads.save(replace(lead, version=2))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await save_and_fail()
    async with uow.begin(an_org) as unit:
        assert (await unit.leads.get(lead.id)).version == 1


async def test_a_lead_names_its_bookings_oldest_first(uow: UnitOfWork, an_org: OrgId) -> None:
    lead, other = a_lead(), a_lead()
    at = datetime(2026, 11, 30, 14, tzinfo=UTC)
    async with uow.begin(an_org) as unit:
        await unit.teams.save(team := a_team(1, name="North", is_default=True))
        for each in (lead, other):
            await unit.leads.save(each)
        for number in (2, 1, 3):
            visit = a_booking(
                booking_id=UUID(int=number), team_id=team.id, starts_at=at + timedelta(days=number)
            )
            await unit.bookings.save(replace(visit, lead_id=lead.id if number < 3 else other.id))
    async with uow.begin(an_org) as unit:
        found = await unit.leads.booking_ids([lead.id, other.id, LeadId(UUID(int=9))])
    assert found[lead.id] == (BookingId(UUID(int=1)), BookingId(UUID(int=2)))
    assert found[other.id] == (BookingId(UUID(int=3)),)
    assert found.get(LeadId(UUID(int=9)), ()) == ()


async def test_a_page_of_leads_is_one_walk_over_an_index(
    postgres_uow: PostgresUnitOfWork, an_org: OrgId
) -> None:
    values = {
        "created_from": EARLIEST,
        "created_before": LATEST,
        "after_at": ASKED_AT,
        "after_id": UUID(int=0),
        "statuses": None,
        "q": None,
        "number": None,
        "most": 50,
    }
    async with postgres_uow.begin(an_org) as unit:
        plan = await plan_of(unit.connection, LIST, values)
    assert "Index Cond: ((org_id = " in plan
    assert "leads_newest" in plan
    assert "Sort" not in plan


async def test_whether_any_lead_holds_an_estimate(uow: UnitOfWork, an_org: OrgId, rival: OrgId) -> None:
    await saved(uow, an_org, [a_lead()])
    await saved(uow, rival, [replace(a_lead(), estimate=an_estimate())])
    async with uow.begin(an_org) as unit:
        assert not await unit.leads.any_estimated()
    async with uow.begin(rival) as unit:
        assert await unit.leads.any_estimated()
