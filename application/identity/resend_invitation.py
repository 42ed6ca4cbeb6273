from dataclasses import dataclass

from application.identity.mailed_links import LinkMailer
from application.identity.members import Deed, hold, lock_member, require_admin, require_standing
from application.ports.unit_of_work import UnitOfWork
from application.ports.users import User
from application.retrying import retrying
from domain.identity.actor import Actor
from domain.identity.errors import NotInvited
from domain.identity.link import LinkPurpose
from domain.identity.membership import MembershipStatus


class ResendInvitation(Deed):
    """With a new link: the older one is void."""


@dataclass(frozen=True, slots=True)
class ResendInvitationHandler:
    uow: UnitOfWork
    links: LinkMailer

    @retrying
    async def handle(self, actor: Actor, command: ResendInvitation) -> User:
        """Raises NotFound, NotInvited, OwnerOnly."""
        require_admin(actor)
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            await hold(unit, command.user_id)
            person = await unit.persons.lock(command.user_id)
            member = await lock_member(unit, actor, command)
            await require_standing(unit, actor, member.role)
            if member.status is not MembershipStatus.INVITED:
                raise NotInvited
            role, request_id = member.role.value, actor.request_id
            await self.links.send(unit, person, LinkPurpose.INVITATION, role=role, request_id=request_id)
            await unit.audit.record(actor, "resend_invitation", "user", person.id)
            user = await unit.users.get(person.id)
            await unit.seal(user)
        return user
