"""The directory and the profiles, on both adapters."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from adapters.system.identifiers import SystemIdentifiers
from application.ports.unit_of_work import UnitOfWork
from domain.shared.errors import Conflict, NotFound, PreconditionFailed
from domain.shared.ids import OrgId
from domain.tenancy.org import Branding, Contact, Org, OrgProfile, OrgStatus, SlugTaken
from tests.support.clock import FixedClock

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def an_entry(prefix: str = "org") -> Org:
    identity = OrgId(SystemIdentifiers().new())
    return Org(id=identity, slug=f"{prefix}-{identity.hex[-12:]}", created_at=NOW)


async def test_an_org_is_found_by_slug_and_by_id(uow: UnitOfWork) -> None:
    org = an_entry()
    async with uow.begin_global() as unit:
        await unit.directory.add(org)
    async with uow.begin_global() as unit:
        assert await unit.directory.by_slug(org.slug) == org
        assert await unit.directory.by_id(org.id) == org
        assert await unit.directory.by_slug("nobody-has-this") is None


async def test_a_slug_belongs_to_one_org_and_the_refusal_spares_the_transaction(uow: UnitOfWork) -> None:
    first, second = an_entry(), an_entry()
    async with uow.begin_global() as unit:
        await unit.directory.add(first)
        with pytest.raises(SlugTaken):
            await unit.directory.add(replace(second, slug=first.slug))
        await unit.directory.add(second)
        with pytest.raises(SlugTaken):
            await unit.directory.rename(second.id, first.slug)
    async with uow.begin_global() as unit:
        assert await unit.directory.by_slug(first.slug) == first
        assert await unit.directory.by_id(second.id) == second


async def test_a_renamed_org_leaves_its_slug(uow: UnitOfWork) -> None:
    org = an_entry()
    async with uow.begin_global() as unit:
        await unit.directory.add(org)
        await unit.directory.rename(org.id, f"{org.slug}-new")
        assert await unit.directory.by_slug(org.slug) is None
        assert await unit.directory.by_slug(f"{org.slug}-new") == replace(org, slug=f"{org.slug}-new")


async def test_a_slug_that_was_left_goes_to_nobody_but_who_left_it(uow: UnitOfWork) -> None:
    org, other = an_entry(), an_entry()
    async with uow.begin_global() as unit:
        await unit.directory.add(org)
        await unit.directory.add(other)
        await unit.directory.rename(org.id, f"{org.slug}-new")
        with pytest.raises(SlugTaken):
            await unit.directory.add(replace(an_entry(), slug=org.slug))
        with pytest.raises(SlugTaken):
            await unit.directory.rename(other.id, org.slug)
        assert await unit.directory.by_id(other.id) == other
    async with uow.begin_global() as unit:
        await unit.directory.rename(org.id, org.slug)
        await unit.directory.rename(org.id, org.slug)
        with pytest.raises(SlugTaken):
            await unit.directory.rename(other.id, f"{org.slug}-new")
        assert await unit.directory.by_slug(org.slug) == org


async def test_suspending_is_told_once(uow: UnitOfWork) -> None:
    org = an_entry()
    async with uow.begin_global() as unit:
        await unit.directory.add(org)
        assert await unit.directory.set_status(org.id, OrgStatus.SUSPENDED)
        assert not await unit.directory.set_status(org.id, OrgStatus.SUSPENDED)
        assert not await unit.directory.set_status(an_entry().id, OrgStatus.SUSPENDED)
        found = await unit.directory.by_id(org.id)
    assert found is not None
    assert found.status is OrgStatus.SUSPENDED


async def test_the_list_goes_by_slug_in_pages(uow: UnitOfWork) -> None:
    orgs = sorted((an_entry(prefix) for prefix in ("zz-b", "zz-a", "zz-a-b", "zz-0")), key=lambda o: o.slug)
    async with uow.begin_global() as unit:
        for org in reversed(orgs):
            await unit.directory.add(org)
        first = await unit.directory.list_all(after="zz-", limit=2)
        rest = await unit.directory.list_all(after=first[-1].slug)
    ours = [org for org in (*first, *rest) if org in orgs]
    assert len(first) == 2
    assert ours == orgs


async def test_a_profile_comes_back_whole(uow: UnitOfWork, an_org: OrgId, clock: FixedClock) -> None:
    async with uow.begin(an_org) as unit:
        profile = (await unit.org.lock()).edited(
            clock.advance(minutes=1),
            name="Blitzblank",
            timezone="Europe/Berlin",
            currency="EUR",
            travel_buffer_minutes=45,
            branding=Branding(
                display_name="Blitz",
                logo_url="https://b.example/l.png",
                primary_color="#112233",
                email_from_name="Blitz",
                reply_to="hallo@b.example",
                footer_text="Zeile\nZwei",
            ),
            contact=Contact(email="a@b.example", phone="+4930123456", address="Weg 1\nBerlin", country="DE"),
        )
        await unit.org.save(profile)
    async with uow.begin(an_org) as unit:
        assert await unit.org.get() == profile


async def test_an_edit_of_an_older_version_is_refused(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    async with uow.begin(an_org) as unit:
        stale = await unit.org.get()
        await unit.org.save(stale.edited(clock.now(), name="First"))
    async with uow.begin(an_org) as unit:
        with pytest.raises(PreconditionFailed):
            await unit.org.save(stale.edited(clock.now(), name="Second"))
        assert (await unit.org.get()).name == "First"


async def test_an_org_is_born_once(uow: UnitOfWork, an_org: OrgId, clock: FixedClock) -> None:
    twin = OrgProfile(name="Twin", timezone="UTC", currency="USD", created_at=NOW, updated_at=NOW)
    with pytest.raises(Conflict):
        async with uow.begin(an_org) as unit:
            await unit.org.add(twin)


async def test_an_org_sees_no_other_profile(uow: UnitOfWork, an_org: OrgId, rival: OrgId) -> None:
    async with uow.begin(an_org) as unit:
        await unit.org.save((await unit.org.get()).edited(NOW, name="Ours"))
    async with uow.begin(rival) as unit:
        assert (await unit.org.get()).name == "Acme Cleaning"
    async with uow.begin(OrgId(SystemIdentifiers().new())) as unit:
        with pytest.raises(NotFound):
            await unit.org.get()


async def rename_half_way(uow: UnitOfWork, org_id: OrgId) -> None:
    async with uow.begin(org_id) as unit:
        await unit.org.save((await unit.org.get()).edited(NOW, name="Half"))
        raise RuntimeError("half way")


async def test_an_exception_undoes_everything(uow: UnitOfWork, an_org: OrgId) -> None:
    with pytest.raises(RuntimeError, match="half way"):
        await rename_half_way(uow, an_org)
    async with uow.begin(an_org) as unit:
        assert (await unit.org.get()).name == "Acme Cleaning"


async def test_the_active_are_told_by_their_ids(uow: UnitOfWork) -> None:
    working, suspended = an_entry(), an_entry()
    async with uow.begin_global() as unit:
        for org in (working, suspended):
            await unit.directory.add(org)
        await unit.directory.set_status(suspended.id, OrgStatus.SUSPENDED)
    async with uow.begin_global() as unit:
        found = await unit.directory.active_ids()
    assert working.id in found
    assert suspended.id not in found
    assert list(found) == sorted(found)
