from dataclasses import dataclass

from application.ports.clock import Clock
from application.ports.unit_of_work import UnitOfWork
from application.retrying import retrying
from domain.identity.actor import Actor, Need
from domain.identity.session import RevokedReason
from domain.shared.errors import Unauthenticated
from domain.shared.ids import SessionId, UserId

SESSION_LIVE, SESSION_REVOKED = {"state": "live"}, {"state": "revoked"}


@dataclass(frozen=True, slots=True)
class LogOut:
    """Of the session that asks."""


@dataclass(frozen=True, slots=True)
class LogOutHandler:
    uow: UnitOfWork
    clock: Clock

    @retrying
    async def handle(self, actor: Actor, _command: LogOut) -> None:
        """Again changes nothing."""
        actor.require(Need.SIGNED_IN)
        now = self.clock.now()
        _, session_id = own(actor)
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            session = await unit.sessions.lock(session_id)
            if session is not None and session.revoked_at is None:
                await unit.sessions.save(session.revoked(RevokedReason.LOGOUT, now))
                await unit.audit.record(
                    actor, "logout", "session", session_id, before=SESSION_LIVE, after=SESSION_REVOKED
                )
            await unit.seal(None)


@dataclass(frozen=True, slots=True)
class LogOutEverywhere:
    keep_current: bool = False


@dataclass(frozen=True, slots=True)
class LogOutEverywhereHandler:
    """Ends a person's sessions in every organisation at once: none of them has the new epoch."""

    uow: UnitOfWork
    clock: Clock

    @retrying
    async def handle(self, actor: Actor, command: LogOutEverywhere) -> int:
        """How many sessions ended."""
        actor.require(Need.SIGNED_IN)
        now = self.clock.now()
        user_id, current = own(actor)
        kept = current if command.keep_current else None
        async with self.uow.begin_global() as shared:
            belongings = await shared.belongings.of(user_id, now)
        elsewhere = sum(b.open_sessions for b in belongings if b.org_id != actor.org_id)
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            person = (await unit.persons.lock(user_id)).logged_out_everywhere()
            here = await unit.sessions.revoke_all(RevokedReason.LOGOUT_ALL, now, user_id=user_id, keep=kept)
            await unit.persons.save(person)
            session = await unit.sessions.lock(current)
            if kept is not None and session is not None:
                await unit.sessions.save(session.carried_over(person.auth_epoch))
            revoked = here + elsewhere
            await unit.audit.record(actor, "logout_all", "person", user_id, after={"revoked": revoked})
            await unit.seal(revoked)
        return revoked


def own(actor: Actor) -> tuple[UserId, SessionId]:
    """Whose session it is; raises Unauthenticated for callers without one."""
    if actor.user_id is None or actor.session_id is None:
        raise Unauthenticated
    return actor.user_id, actor.session_id
