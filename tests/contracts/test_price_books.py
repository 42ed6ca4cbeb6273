"""Price books and add-ons, on both adapters."""

from dataclasses import replace
from uuid import UUID

import anyio
import pytest
from hypothesis import HealthCheck, given, settings

from adapters.postgres.unit_of_work import PostgresUnitOfWork
from adapters.system.identifiers import SystemIdentifiers
from application.ports.price_books import PriceBookNotFound
from application.ports.unit_of_work import UnitOfWork
from application.pricing.founding import found_pricing
from domain.pricing.add_on import DEFAULT_ADD_ONS, AddOn, AddOnCodeTaken, AddOnNotFound
from domain.pricing.price_book import PriceTerms
from domain.shared.ids import AddOnId, OrgId, UserId
from tests.domain.pricing.test_estimating import any_terms
from tests.support.clock import FixedClock
from tests.support.orgs import MakeOrg
from tests.support.pricing import MADE_AT, a_book

IDS = SystemIdentifiers()


def an_add_on(code: str = "oven", *, is_active: bool = True) -> AddOn:
    return AddOn(
        id=AddOnId(IDS.new()), code=code, name="Oven", price_cents=3000, minutes=30, is_active=is_active
    )


async def test_the_highest_version_is_in_force_and_older_ones_stay(uow: UnitOfWork, an_org: OrgId) -> None:
    author = UserId(IDS.new())
    first = a_book()
    second = first.replaced_by(PriceTerms(rate_cents_per_cleaner_hour=1), MADE_AT, author)
    async with uow.begin(an_org) as unit:
        await unit.price_books.add(first)
        await unit.price_books.add(second)
    async with uow.begin(an_org) as unit:
        assert await unit.price_books.active() == second
        assert await unit.price_books.lock_active() == second
        assert await unit.price_books.get(1) == first
        assert await unit.price_books.list_before(None, 10) == [second, first]
        assert await unit.price_books.list_before(2, 10) == [first]
        assert await unit.price_books.list_before(None, 1) == [second]
        with pytest.raises(PriceBookNotFound):
            await unit.price_books.get(3)


async def test_another_organisation_has_no_price_book_of_ours(
    uow: UnitOfWork, an_org: OrgId, rival: OrgId
) -> None:
    async with uow.begin(an_org) as unit:
        await unit.price_books.add(a_book())
    async with uow.begin(rival) as unit:
        with pytest.raises(PriceBookNotFound):
            await unit.price_books.active()
        with pytest.raises(PriceBookNotFound):
            await unit.price_books.get(1)
        assert await unit.price_books.list_before(None, 10) == []


async def test_writers_of_the_price_book_queue(
    postgres_uow: PostgresUnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    async with postgres_uow.begin(an_org) as unit:
        await unit.price_books.add(a_book())

    async def replace_it() -> None:
        async with postgres_uow.begin(an_org) as unit:
            book = await unit.price_books.lock_active()
            await unit.price_books.add(book.replaced_by(PriceTerms(), clock.now(), None))

    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(replace_it)
    async with postgres_uow.begin(an_org) as unit:
        assert [book.version for book in await unit.price_books.list_before(None, 10)] == [6, 5, 4, 3, 2, 1]


@given(terms=any_terms())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_terms_come_back_as_they_went(
    postgres_uow: PostgresUnitOfWork, make_org: MakeOrg, terms: PriceTerms
) -> None:
    async with postgres_uow.begin(await make_org()) as unit:
        await unit.price_books.add(a_book(terms))
        assert (await unit.price_books.active()).terms == terms


async def test_add_ons_are_kept_listed_by_code_and_switched_off(uow: UnitOfWork, an_org: OrgId) -> None:
    oven, balcony, zebra = an_add_on(), an_add_on("balcony"), an_add_on("zebra_2", is_active=False)
    async with uow.begin(an_org) as unit:
        for add_on in (oven, balcony, zebra):
            await unit.add_ons.save(add_on)
    async with uow.begin(an_org) as unit:
        assert await unit.add_ons.get(oven.id) == oven
        assert await unit.add_ons.lock(zebra.id) == zebra
        assert await unit.add_ons.list_active() == [balcony, oven]
        assert await unit.add_ons.list_after(None, 10) == [balcony, oven, zebra]
        assert await unit.add_ons.list_after(None, 10, active=False) == [zebra]
        assert await unit.add_ons.list_after("balcony", 1) == [oven]
        cheaper = oven.changed(price_cents=1, is_active=False)
        await unit.add_ons.save(cheaper)
        assert await unit.add_ons.get(oven.id) == cheaper


async def test_a_code_is_taken_once_in_an_organisation_and_free_in_the_next(
    uow: UnitOfWork, an_org: OrgId, rival: OrgId
) -> None:
    async with uow.begin(an_org) as unit:
        await unit.add_ons.save(an_add_on())
        with pytest.raises(AddOnCodeTaken):
            await unit.add_ons.save(an_add_on())
        assert len(await unit.add_ons.list_active()) == 1, "the refusal leaves the transaction usable"
    async with uow.begin(rival) as unit:
        await unit.add_ons.save(an_add_on())


async def test_another_organisations_add_on_does_not_exist(
    uow: UnitOfWork, an_org: OrgId, rival: OrgId
) -> None:
    async with uow.begin(an_org) as unit:
        await unit.add_ons.save(ours := an_add_on())
    async with uow.begin(rival) as unit:
        for add_on_id in (ours.id, AddOnId(UUID(int=7))):
            with pytest.raises(AddOnNotFound):
                await unit.add_ons.get(add_on_id)
        assert await unit.add_ons.list_after(None, 10) == []


async def test_an_organisation_is_born_with_a_price_book_and_its_add_ons(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    async with uow.begin(an_org) as unit:
        await found_pricing(unit, clock.now(), IDS)
    async with uow.begin(an_org) as unit:
        book = await unit.price_books.active()
        assert (book.version, book.terms, book.created_by) == (1, PriceTerms(), None)
        found = {(row.code, row.price_cents, row.minutes) for row in await unit.add_ons.list_active()}
    assert found == {(row.code, row.price_cents, row.minutes) for row in DEFAULT_ADD_ONS}
    assert len(found) == 13


async def test_a_big_price_fits(uow: UnitOfWork, an_org: OrgId) -> None:
    dear = replace(an_add_on(), price_cents=1_000_000_000)
    async with uow.begin(an_org) as unit:
        await unit.add_ons.save(dear)
        assert await unit.add_ons.get(dear.id) == dear
