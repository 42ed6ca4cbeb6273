"""People for tests: quick to make, unlike one another."""

import secrets
from datetime import datetime
from ipaddress import IPv6Address

from adapters.system.identifiers import SystemIdentifiers
from application.ports.unit_of_work import UnitOfWork
from domain.identity.actor import Role
from domain.identity.membership import Membership, MembershipStatus
from domain.identity.person import Person
from domain.identity.session import Lifetimes, Session
from domain.shared.ids import OrgId, SessionId, UserId

IDS = SystemIdentifiers()
LIFETIMES = Lifetimes()


def an_address() -> str:
    """Nobody else's: wrong tries are counted by address, whatever the organisation."""
    return str(IPv6Address(int.from_bytes(secrets.token_bytes(7)) << 64 | 0xFD << 120 | 1))


def a_person(now: datetime, **choices: object) -> Person:
    user_id = UserId(IDS.new())
    values = {"id": user_id, "email": f"p-{user_id.hex[-12:]}@example.com", "created_at": now, **choices}
    return Person(**values)  # type: ignore[arg-type]  # a test's own choices


def a_membership(user_id: UserId, now: datetime, **choices: object) -> Membership:
    values = {
        "user_id": user_id,
        "role": Role.DISPATCHER,
        "status": MembershipStatus.ACTIVE,
        "created_at": now,
        "updated_at": now,
        **choices,
    }
    return Membership(**values)  # type: ignore[arg-type]  # a test's own choices


def a_session(person: Person, now: datetime, lifetimes: Lifetimes = LIFETIMES) -> Session:
    return Session.begin(
        id=SessionId(IDS.new()),
        user_id=person.id,
        auth_epoch=person.auth_epoch,
        now=now,
        lifetimes=lifetimes,
        ip="203.0.113.9",
        user_agent="tests",
    )


async def join(
    uow: UnitOfWork, org_id: OrgId, now: datetime, person: Person | None = None, **choices: object
) -> Person:
    """A member of the organisation: a new person unless one is given."""
    member = person or a_person(now)
    async with uow.begin(org_id) as unit:
        if person is None:
            await unit.persons.add(member)
        await unit.memberships.add(a_membership(member.id, now, **choices))
    return member
