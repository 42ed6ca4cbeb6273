from dataclasses import replace
from typing import Any

import pytest

from adapters.memory.unit_of_work import MemoryUnitOfWork
from application.ports.unit_of_work import UnitOfWork
from application.scheduling.founding import SchedulingDefaults
from application.tenancy.default_org import EnsureDefaultOrgHandler
from application.tenancy.edit_org import CurrencyInUse, EditOrg, EditOrgHandler
from application.tenancy.founding import Founding
from application.tenancy.operate_orgs import ListOrgsHandler, SetOrgStatus, SetOrgStatusHandler
from application.tenancy.read_org import ReadOrgHandler
from domain.identity.actor import Actor, ActorKind, Role
from domain.pricing.add_on import DEFAULT_ADD_ONS
from domain.shared.errors import Forbidden, Invalid, NotFound, PreconditionFailed
from domain.shared.ids import OrgId
from domain.tenancy.org import OrgStatus, SlugTaken
from tests.support.clock import FixedClock
from tests.support.identity import IDS
from tests.support.leads import a_lead
from tests.support.pricing import an_estimate


def an_actor(org_id: OrgId, role: Role = Role.ADMIN) -> Actor:
    return Actor(org_id=org_id, kind=ActorKind.BEARER, role=role, name="ada@acme.example")


async def test_an_organisation_is_born_with_everything_it_needs(uow: UnitOfWork, clock: FixedClock) -> None:
    org_id = OrgId(IDS.new())
    ensure = EnsureDefaultOrgHandler(uow, clock, Founding(IDS, SchedulingDefaults()))
    made = await ensure.handle(org_id)
    assert not await ensure.handle(org_id)
    if not made:
        return  # another test's organisation has the slug
    async with uow.begin(org_id) as unit:
        assert (await unit.price_books.active()).version == 1
        assert (await unit.teams.default()).name == "Team 1"
        assert (await unit.booking_settings.get()).deposit_bps == 2_500
        assert len(await unit.add_ons.list_active()) == len(DEFAULT_ADD_ONS)


async def test_settings_are_changed_one_by_one(uow: UnitOfWork, an_org: OrgId, clock: FixedClock) -> None:
    edit, read = EditOrgHandler(uow, clock), ReadOrgHandler(uow)
    before = await read.handle(an_actor(an_org, Role.VIEWER))
    slug = f"new-{IDS.new().hex[-12:]}"
    command = EditOrg(
        expected_version=before.profile.version,
        slug=slug,
        basics={"name": "Brighter Homes", "travel_buffer_minutes": 45},
        branding={"primary_color": "#0a7d4b"},
        contact={"phone": "+15550100123"},
    )
    after = await edit.handle(an_actor(an_org), command)
    assert await read.handle(an_actor(an_org)) == after
    assert (after.org.slug, after.profile.name, after.profile.travel_buffer_minutes) == (
        slug,
        "Brighter Homes",
        45,
    )
    assert after.profile.version == before.profile.version + 1
    assert after.profile.timezone == before.profile.timezone
    with pytest.raises(PreconditionFailed):
        await edit.handle(an_actor(an_org), command)
    same = await edit.handle(an_actor(an_org), EditOrg(basics={"name": "Brighter Homes"}))
    assert same == after


async def test_only_administrators_change_settings(uow: UnitOfWork, an_org: OrgId, clock: FixedClock) -> None:
    for role in (Role.DISPATCHER, Role.FINANCE, Role.VIEWER, Role.WORKER):
        with pytest.raises(Forbidden):
            await EditOrgHandler(uow, clock).handle(an_actor(an_org, role), EditOrg(basics={"name": "X"}))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"basics": {"timezone": "Mars/Olympus"}}, "timezone"),
        ({"basics": {"currency": "XXL"}}, "currency"),
        ({"basics": {"travel_buffer_minutes": 241}}, "travel_buffer_minutes"),
        ({"branding": {"primary_color": "red"}}, "branding/primary_color"),
        ({"branding": {"logo_url": "http://x.example/a.png"}}, "branding/logo_url"),
        ({"contact": {"country": "ZZ"}}, "contact/country"),
        ({"slug": "admin"}, "slug"),
        ({"slug": "Bad Slug"}, "slug"),
    ],
)
async def test_nonsense_is_refused_by_field(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        await EditOrgHandler(uow, clock).handle(an_actor(an_org), EditOrg(**changes))
    assert [fault.field for fault in refusal.value.errors] == [field]


async def test_a_slug_belongs_to_one(uow: UnitOfWork, an_org: OrgId, rival: OrgId, clock: FixedClock) -> None:
    theirs = (await ReadOrgHandler(uow).handle(an_actor(rival))).org.slug
    with pytest.raises(SlugTaken):
        await EditOrgHandler(uow, clock).handle(an_actor(an_org), EditOrg(slug=theirs))


async def test_a_currency_stays_once_amounts_exist(uow: UnitOfWork, an_org: OrgId, clock: FixedClock) -> None:
    edit = EditOrgHandler(uow, clock)
    changed = await edit.handle(an_actor(an_org), EditOrg(basics={"currency": "EUR"}))
    assert changed.profile.currency == "EUR"
    async with uow.begin(an_org) as unit:
        await unit.leads.save(replace(a_lead(), estimate=an_estimate()))
    with pytest.raises(CurrencyInUse):
        await edit.handle(an_actor(an_org), EditOrg(basics={"currency": "USD"}))
    assert (await edit.handle(an_actor(an_org), EditOrg(basics={"currency": "EUR"}))) == changed


async def test_a_change_is_audited_by_its_fields_without_contact_data(
    memory_uow: MemoryUnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    await EditOrgHandler(memory_uow, clock).handle(
        an_actor(an_org),
        EditOrg(
            basics={"name": "New"},
            branding={"primary_color": "#0a7d4b", "footer_text": "Ask for Jane"},
            contact={"email": "office@acme.example"},
        ),
    )
    (row,) = memory_uow.orgs[an_org].audit
    assert row["action"] == "org_updated"
    assert row["before"] == {
        "name": "Acme Cleaning",
        "branding": {"primary_color": "#1f6feb", "footer_text": None},
        "contact": {"email": None},
    }
    assert row["after"] == {
        "name": "New",
        "branding": {"primary_color": "#0a7d4b", "footer_text": "<personal>"},
        "contact": {"email": "<personal>"},
    }


async def test_the_operator_lists_suspends_and_resumes(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    slug = (await ReadOrgHandler(uow).handle(an_actor(an_org))).org.slug
    operate = SetOrgStatusHandler(uow, clock)
    assert await operate.handle(SetOrgStatus(slug, OrgStatus.SUSPENDED))
    listed = {org.id: org.status async for org in ListOrgsHandler(uow).handle()}
    assert listed[an_org] is OrgStatus.SUSPENDED
    assert await operate.handle(SetOrgStatus(slug, OrgStatus.ACTIVE))
    with pytest.raises(NotFound):
        await operate.handle(SetOrgStatus("no-such-org", OrgStatus.ACTIVE))
