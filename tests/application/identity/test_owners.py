"""Every organisation keeps an active owner, whoever moves at the same moment (identity page, §14, 2)."""

from dataclasses import replace

import anyio
import pytest

from application.identity.change_role import ChangeRole
from application.identity.create_user import CreateUser
from application.identity.member_status import Deactivate
from application.ports.unit_of_work import UnitOfWork
from domain.identity.actor import Actor, Role
from domain.identity.errors import LastOwner, OwnerOnly
from domain.shared.errors import DomainError, Unauthenticated
from domain.shared.ids import OrgId
from tests.support.clock import FixedClock
from tests.support.identity import IDS, join
from tests.support.login import caller
from tests.support.personnel import Personnel


@pytest.fixture
def personnel(uow: UnitOfWork, clock: FixedClock) -> Personnel:
    return Personnel(uow, clock)


async def two_owners(personnel: Personnel, clock: FixedClock) -> tuple[OrgId, Actor, Actor]:
    """With sessions that have just proved themselves."""
    tail = IDS.new().hex[-12:]
    created = await personnel.create_org(f"org-{tail}", f"olive-{tail}@acme.example")
    first = replace(caller(await personnel.log_in(f"olive-{tail}@acme.example")), fresh=True)
    other = await join(personnel.uow, created.org_id, clock.now(), role=Role.OWNER)
    return created.org_id, first, replace(first, user_id=other.id, name=other.email)


async def owners_of(personnel: Personnel, org_id: OrgId) -> int:
    async with personnel.uow.begin(org_id) as unit:
        return await unit.memberships.count_active_owners()


@pytest.mark.parametrize("deed", ["role", "deactivate"])
async def test_of_two_owners_who_end_each_other_at_once_one_stays(
    personnel: Personnel, clock: FixedClock, deed: str
) -> None:
    org_id, first, second = await two_owners(personnel, clock)
    refusals: list[DomainError] = []

    async def end(actor: Actor, victim: Actor) -> None:
        assert victim.user_id is not None
        try:
            if deed == "role":
                command = ChangeRole(user_id=victim.user_id, role=Role.VIEWER)
                await personnel.change_role.handle(actor, command)
            else:
                await personnel.deactivate.handle(actor, Deactivate(user_id=victim.user_id))
        except DomainError as refusal:
            refusals.append(refusal)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(end, first, second)
        tasks.start_soon(end, second, first)
    assert await owners_of(personnel, org_id) == 1
    assert [type(refusal) for refusal in refusals] == [LastOwner]


async def test_whoever_is_no_owner_any_more_acts_as_none(personnel: Personnel, clock: FixedClock) -> None:
    """The session's role is of the moment before; the deed's is of now."""
    _, first, second = await two_owners(personnel, clock)
    assert second.user_id is not None
    await personnel.change_role.handle(first, ChangeRole(user_id=second.user_id, role=Role.ADMIN))
    wanted = CreateUser(email=f"eve-{IDS.new().hex[-12:]}@acme.example", role=Role.OWNER)
    with pytest.raises(OwnerOnly):
        await personnel.create_user.handle(second, wanted)
    await personnel.deactivate.handle(first, Deactivate(user_id=second.user_id))
    with pytest.raises(Unauthenticated):
        await personnel.create_user.handle(second, replace(wanted, role=Role.VIEWER))
