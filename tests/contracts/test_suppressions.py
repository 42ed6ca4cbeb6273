"""The suppressions' port, on memory and on PostgreSQL."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from application.ports.suppressions import SuppressionFilter
from application.ports.unit_of_work import UnitOfWork
from domain.delivery.suppression import Reason, Scope, Suppression
from domain.shared.errors import NotFound
from domain.shared.ids import EventId, OrgId, SuppressionId

JANE = "Jane@Example.com"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def a_suppression(
    recipient: str = JANE, scope: Scope = Scope.ALL, reason: Reason = Reason.HARD_BOUNCE
) -> Suppression:
    return Suppression(
        id=SuppressionId(UUID(int=uuid7().int)),
        recipient=recipient,
        scope=scope,
        reason=reason,
        source_event_id=EventId(UUID(int=7)),
        created_at=NOW,
    )


async def add(uow: UnitOfWork, org: OrgId, *suppressions: Suppression) -> None:
    async with uow.begin(org) as unit:
        for each in suppressions:
            await unit.suppressions.add(each)


async def test_one_comes_back_as_it_was_added_for_its_organisation_alone(
    uow: UnitOfWork, an_org: OrgId, rival: OrgId
) -> None:
    await add(uow, an_org, made := a_suppression())
    async with uow.begin(an_org) as unit:
        assert await unit.suppressions.lock(made.id) == made
        assert await unit.suppressions.find("jane@example.COM", "transactional") == made
    async with uow.begin(rival) as unit:
        assert await unit.suppressions.find(JANE, "transactional") is None
        with pytest.raises(NotFound):
            await unit.suppressions.lock(made.id)


async def test_the_first_of_a_recipient_and_scope_stays(uow: UnitOfWork, an_org: OrgId) -> None:
    first, again = a_suppression(), a_suppression("JANE@example.com", reason=Reason.MANUAL)
    await add(uow, an_org, first, again)
    async with uow.begin(an_org) as unit:
        assert await unit.suppressions.list_page(SuppressionFilter(), None, 9) == [first]


async def test_a_scope_holds_back_its_own_mails_and_everything_holds_back_all(
    uow: UnitOfWork, an_org: OrgId
) -> None:
    nps = a_suppression(scope=Scope.NPS, reason=Reason.UNSUBSCRIBED)
    await add(uow, an_org, nps)
    async with uow.begin(an_org) as unit:
        assert await unit.suppressions.find(JANE, "nps") == nps
        for scope in ("marketing", "transactional", "staff"):
            assert await unit.suppressions.find(JANE, scope) is None
    await add(uow, an_org, everything := a_suppression())
    async with uow.begin(an_org) as unit:
        for scope in ("nps", "marketing", "transactional", "staff"):
            assert await unit.suppressions.find(JANE, scope) == everything
        assert await unit.suppressions.find("bob@example.com", "nps") is None


async def test_pages_are_filtered_and_newest_first(uow: UnitOfWork, an_org: OrgId) -> None:
    jane, bob = a_suppression(), a_suppression("bob@example.com")
    news = a_suppression(scope=Scope.MARKETING, reason=Reason.UNSUBSCRIBED)
    await add(uow, an_org, jane, bob, news)
    async with uow.begin(an_org) as unit:
        page = unit.suppressions.list_page
        assert await page(SuppressionFilter(), None, 2) == [news, bob]
        assert await page(SuppressionFilter(), bob.id, 9) == [jane]
        assert await page(SuppressionFilter(reason=Reason.HARD_BOUNCE), None, 9) == [bob, jane]
        assert await page(SuppressionFilter(recipient="JANE@EXAMPLE.COM"), None, 9) == [news, jane]
        assert await page(SuppressionFilter(recipient="jane"), None, 9) == []


async def test_what_is_removed_holds_back_nothing(uow: UnitOfWork, an_org: OrgId) -> None:
    await add(uow, an_org, made := a_suppression())
    async with uow.begin(an_org) as unit:
        await unit.suppressions.remove(made.id)
    async with uow.begin(an_org) as unit:
        assert await unit.suppressions.find(JANE, "transactional") is None


async def test_all_that_stand_for_some_addresses_or_hashes_are_found_at_once(
    uow: UnitOfWork, an_org: OrgId, rival: OrgId
) -> None:
    named = [a_suppression(JANE), a_suppression("bo@example.com", Scope.NPS, Reason.UNSUBSCRIBED)]
    hashed = replace(a_suppression(), recipient=None, address_hash=b"h" * 32)
    await add(uow, an_org, *named, hashed, a_suppression("other@example.com"))
    await add(uow, rival, a_suppression("ann@example.com"))
    async with uow.begin(an_org) as unit:
        among = unit.suppressions.among
        found = await among(["jane@EXAMPLE.com", "BO@example.com", "ann@example.com"], [b"h" * 32, b"x" * 32])
        assert {each.id for each in found} == {each.id for each in (*named, hashed)}
        assert await among([], []) == []
