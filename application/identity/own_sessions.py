from dataclasses import dataclass

from application.identity.log_out import SESSION_LIVE, SESSION_REVOKED, own
from application.ports.clock import Clock
from application.ports.unit_of_work import UnitOfWork
from application.retrying import retrying
from domain.identity.actor import Actor, Need
from domain.identity.session import RevokedReason, Session
from domain.shared.errors import NotFound
from domain.shared.ids import SessionId


@dataclass(frozen=True, slots=True)
class ListOwnSessions:
    limit: int = 50
    after: SessionId | None = None


@dataclass(frozen=True, slots=True)
class ListOwnSessionsHandler:
    uow: UnitOfWork
    clock: Clock

    async def handle(self, actor: Actor, command: ListOwnSessions) -> list[Session]:
        """The caller's live sessions in this organisation, newest first, one more than asked for."""
        actor.require(Need.SIGNED_IN)
        user_id, _ = own(actor)
        async with self.uow.begin(actor.org_id) as unit:
            return await unit.sessions.list_live(user_id, self.clock.now(), command.after, command.limit + 1)


@dataclass(frozen=True, slots=True)
class RevokeOwnSession:
    session_id: SessionId


@dataclass(frozen=True, slots=True)
class RevokeOwnSessionHandler:
    uow: UnitOfWork
    clock: Clock

    @retrying
    async def handle(self, actor: Actor, command: RevokeOwnSession) -> None:
        """Again changes nothing. Raises NotFound for what is not the caller's own."""
        actor.require(Need.SIGNED_IN)
        user_id, _ = own(actor)
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            session = await unit.sessions.lock(command.session_id)
            if session is None or session.user_id != user_id:
                raise NotFound("session_id")
            if session.revoked_at is None:
                now = self.clock.now()
                await unit.sessions.save(session.revoked(RevokedReason.SESSION_REVOKED, now))
                await unit.audit.record(
                    actor,
                    "session_revoked",
                    "session",
                    session.id,
                    before=SESSION_LIVE,
                    after=SESSION_REVOKED,
                )
            await unit.seal(None)
