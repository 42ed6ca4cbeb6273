from dataclasses import dataclass

from application.identity.members import Deed, hold, lock_member, require_admin, require_standing
from application.ports.clock import Clock
from application.ports.unit_of_work import UnitOfWork
from application.retrying import retrying
from domain.identity.actor import Actor
from domain.identity.session import RevokedReason


class LogOutUser(Deed):
    """Of every session in this organisation; those elsewhere are none of its business."""


@dataclass(frozen=True, slots=True)
class LogOutUserHandler:
    uow: UnitOfWork
    clock: Clock

    @retrying
    async def handle(self, actor: Actor, command: LogOutUser) -> int:
        """How many sessions ended. Raises NotFound, OwnerOnly."""
        require_admin(actor)
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            await hold(unit, command.user_id)
            member = await lock_member(unit, actor, command)
            await require_standing(unit, actor, member.role)
            now, user_id = self.clock.now(), member.user_id
            revoked = await unit.sessions.revoke_all(RevokedReason.ADMIN_LOGOUT, now, user_id=user_id)
            if revoked:
                after = {"sessions_revoked": revoked}
                await unit.audit.record(actor, "logout_user", "user", user_id, after=after)
            await unit.seal(revoked)
        return revoked
