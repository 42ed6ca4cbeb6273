from dataclasses import dataclass

from application.identity.create_user import unlink_worker
from application.identity.mailed_links import LinkMailer
from application.identity.members import (
    Deed,
    hold,
    lock_member,
    require_admin,
    require_not_oneself,
    require_other_owner,
    require_standing,
)
from application.ports.clock import Clock
from application.ports.unit_of_work import Unit, UnitOfWork
from application.ports.users import User
from application.retrying import retrying
from application.safety.break_glass import revoke_all_of
from domain.identity.actor import Actor
from domain.identity.link import LinkPurpose
from domain.identity.membership import Membership, MembershipStatus
from domain.identity.session import RevokedReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Deactivate(Deed):
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class DeactivateHandler:
    uow: UnitOfWork
    clock: Clock
    links: LinkMailer

    @retrying
    async def handle(self, actor: Actor, command: Deactivate) -> User:
        """Again changes nothing. Raises NotFound, OwnAccount, OwnerOnly, LastOwner."""
        require_admin(actor)
        require_not_oneself(actor, command.user_id)
        now = self.clock.now()
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            await hold(unit, command.user_id)
            await unit.workers.lock_by_user(command.user_id)
            person = await unit.persons.lock(command.user_id)
            before = await lock_member(unit, actor, command)
            after = before.deactivated(now)
            await require_other_owner(unit, before, after)
            await require_standing(unit, actor, before.role)
            if after is not before:
                await unit.memberships.save(after)
                await unlink_worker(unit, actor, person.id, now)
                await self.links.void(unit, person, LinkPurpose.INVITATION)
                await unit.sessions.revoke_all(RevokedReason.DEACTIVATED, now, user_id=person.id)
                await _record(unit, actor, "deactivate_user", before, after, command.reason)
                await revoke_all_of(unit, actor, person.id, now)  # maybe the token that this is done under
            user = await unit.users.get(person.id)
            await unit.seal(user)
        return user


class Reactivate(Deed):
    """Back with the old role; somebody who never accepted is invited once more."""


@dataclass(frozen=True, slots=True)
class ReactivateHandler:
    uow: UnitOfWork
    clock: Clock
    links: LinkMailer

    @retrying
    async def handle(self, actor: Actor, command: Reactivate) -> User:
        """Again changes nothing. Raises NotFound, OwnerOnly."""
        require_admin(actor)
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            await hold(unit, command.user_id)
            person = await unit.persons.lock(command.user_id)
            before = await lock_member(unit, actor, command)
            after = before.reactivated(self.clock.now())
            await require_standing(unit, actor, before.role)
            if after is not before:
                await unit.memberships.save(after)
                if after.status is MembershipStatus.INVITED:
                    role, request_id = after.role.value, actor.request_id
                    await self.links.send(
                        unit, person, LinkPurpose.INVITATION, role=role, request_id=request_id
                    )
                await _record(unit, actor, "reactivate_user", before, after, None)
            user = await unit.users.get(person.id)
            await unit.seal(user)
        return user


async def _record(
    unit: Unit, actor: Actor, action: str, before: Membership, after: Membership, reason: str | None
) -> None:
    states = ({"status": before.status.value}, {"status": after.status.value})
    await unit.audit.record(
        actor, action, "user", after.user_id, before=states[0], after=states[1], reason=reason
    )
