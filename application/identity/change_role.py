from dataclasses import dataclass

from application.identity.create_user import unlink_worker
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
from application.ports.unit_of_work import UnitOfWork
from application.ports.users import User
from application.retrying import retrying
from domain.identity.actor import Actor, Role
from domain.identity.session import RevokedReason


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRole(Deed):
    role: Role


@dataclass(frozen=True, slots=True)
class ChangeRoleHandler:
    uow: UnitOfWork
    clock: Clock

    @retrying
    async def handle(self, actor: Actor, command: ChangeRole) -> User:
        """The same role has no effect. Raises NotFound, OwnAccount, OwnerOnly, LastOwner, StepUpRequired."""
        require_admin(actor)
        require_not_oneself(actor, command.user_id)
        now = self.clock.now()
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            await hold(unit, command.user_id)
            worker = await unit.workers.lock_by_user(command.user_id)
            before = await lock_member(unit, actor, command, given=command.role)
            after = before.with_role(command.role, now)
            await require_other_owner(unit, before, after)
            await require_standing(unit, actor, before.role, after.role)
            if after is not before:
                if Role.OWNER in {before.role, after.role}:
                    actor.require_fresh()
                await unit.memberships.save(after)
                if worker is not None:
                    await unlink_worker(unit, actor, command.user_id, now)
                await unit.sessions.revoke_all(RevokedReason.ROLE_CHANGED, now, user_id=after.user_id)
                roles = ({"role": before.role.value}, {"role": after.role.value})
                await unit.audit.record(
                    actor, "change_role", "user", after.user_id, before=roles[0], after=roles[1]
                )
            user = await unit.users.get(after.user_id)
            await unit.seal(user)
        return user
