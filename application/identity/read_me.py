from dataclasses import dataclass

from application.identity.log_out import own
from application.ports.clock import Clock
from application.ports.unit_of_work import UnitOfWork
from domain.identity.actor import Actor, Need, Role
from domain.identity.person import Person
from domain.identity.session import Session
from domain.shared.errors import Unauthenticated
from domain.shared.ids import OrgId


@dataclass(frozen=True, slots=True)
class OwnMembership:
    org_id: OrgId
    slug: str
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Me:
    person: Person
    session: Session
    role: Role
    memberships: tuple[OwnMembership, ...]


@dataclass(frozen=True, slots=True)
class ReadMeHandler:
    """Who the caller is, everywhere. Each organisation is asked for its name in a unit of its own."""

    uow: UnitOfWork
    clock: Clock

    async def handle(self, actor: Actor) -> Me:
        actor.require(Need.SIGNED_IN)
        user_id, session_id = own(actor)
        async with self.uow.begin_global() as shared:
            person = await shared.persons.get(user_id)
            belongings = await shared.belongings.of(user_id, self.clock.now())
        memberships: list[OwnMembership] = []
        for belonging in belongings:
            if belonging.active:
                async with self.uow.begin(belonging.org_id) as unit:
                    name = (await unit.org.get()).name
                memberships.append(OwnMembership(belonging.org_id, belonging.slug, name, belonging.role))
        async with self.uow.begin(actor.org_id) as unit:
            session = await unit.sessions.find(session_id)
        if session is None or actor.role is None:
            raise Unauthenticated
        return Me(person, session, actor.role, tuple(memberships))
