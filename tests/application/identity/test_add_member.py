import pytest

from application.identity.add_member import AddMember, AddMemberHandler
from application.ports.unit_of_work import UnitOfWork
from domain.identity.actor import Actor, ActorKind, Role
from domain.identity.errors import EmailTaken, PasswordRefused
from domain.shared.errors import Forbidden, Invalid
from domain.shared.ids import OrgId
from tests.support.clock import FixedClock
from tests.support.identity import IDS
from tests.support.login import CHEAP, PASSWORD, POLICY, Desk


def a_member(**choices: str | Role) -> AddMember:
    given = {
        "email": f"nia-{IDS.new().hex[-12:]}@acme.example",
        "name": "Nia",
        "role": Role.VIEWER,
        "password": PASSWORD,
        **choices,
    }
    return AddMember(**given)  # type: ignore[arg-type]  # a test's own choices


async def add(uow: UnitOfWork, clock: FixedClock, actor: Actor, command: AddMember) -> None:
    await AddMemberHandler(uow, clock, IDS, CHEAP, POLICY).handle(actor, command)


def operator(org_id: OrgId) -> Actor:
    return Actor(org_id=org_id, kind=ActorKind.OPERATOR, name="operator")


async def test_a_member_logs_in_with_the_password_that_was_given(uow: UnitOfWork, clock: FixedClock) -> None:
    desk = Desk(uow, clock)
    tail = IDS.new().hex[-12:]
    org = await desk.create_org(f"org-{tail}", f"olive-{tail}@acme.example")
    command = a_member(role=Role.DISPATCHER)
    await add(uow, clock, operator(org.org_id), command)
    tokens = await desk.log_in(command.email)
    assert desk.tokens.verify(tokens.access_token).role is Role.DISPATCHER
    assert not tokens.must_change_password


async def test_somebody_known_is_not_added_again(uow: UnitOfWork, clock: FixedClock, an_org: OrgId) -> None:
    command = a_member()
    await add(uow, clock, operator(an_org), command)
    with pytest.raises(EmailTaken):
        await add(uow, clock, operator(an_org), command)


@pytest.mark.parametrize(
    ("choices", "refusal"),
    [
        ({"password": "short"}, PasswordRefused),
        ({"name": "Wilhelmina Q", "password": "wilhelmina q 1234"}, PasswordRefused),
        ({"email": "nobody"}, Invalid),
    ],
)
async def test_what_makes_no_login_is_refused(
    uow: UnitOfWork, clock: FixedClock, an_org: OrgId, choices: dict[str, str], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        await add(uow, clock, operator(an_org), a_member(**choices))


@pytest.mark.parametrize(
    ("role", "wanted", "may"),
    [
        (Role.ADMIN, Role.VIEWER, True),
        (Role.ADMIN, Role.OWNER, False),
        (Role.OWNER, Role.OWNER, True),
        (Role.DISPATCHER, Role.VIEWER, False),
    ],
)
async def test_admins_add_members_and_owners_add_owners(
    uow: UnitOfWork, clock: FixedClock, an_org: OrgId, role: Role, wanted: Role, *, may: bool
) -> None:
    actor = Actor(org_id=an_org, kind=ActorKind.BEARER, role=role)
    if may:
        await add(uow, clock, actor, a_member(role=wanted))
        return
    with pytest.raises(Forbidden):
        await add(uow, clock, actor, a_member(role=wanted))
