from dataclasses import dataclass, replace

from application.ports.clock import Clock
from application.ports.unit_of_work import UnitOfWork
from application.safety.break_glass import token_sha256
from domain.identity.actor import Actor, Lifted
from domain.safety.audited_actions import BREAK_GLASS_WRITE
from domain.safety.break_glass import BreakGlassStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedWrite:
    """`status` is what the route answers when it goes well."""

    method: str
    route: str
    status: int


@dataclass(frozen=True, slots=True)
class LiftReadOnlyHandler:
    """Gate 9: a token lets its own organisation write, and nothing else; the caller's rights stay what they
    are."""

    uow: UnitOfWork
    clock: Clock

    async def handle(self, actor: Actor, token: str, write: WantedWrite) -> Actor | None:
        """The same caller with the token's mark, which every change leaves on record. None: no such token
        here, or no longer."""
        async with self.uow.begin(actor.org_id) as unit:
            session = await unit.break_glass.find(token_sha256(token))
        if session is None or session.status_at(self.clock.now()) is not BreakGlassStatus.ACTIVE:
            return None
        lifted = Lifted(
            session_id=session.id,
            reason=session.reason,
            method=write.method,
            route=write.route,
            status=write.status,
        )
        return replace(actor, lifted=lifted)


@dataclass(frozen=True, slots=True)
class RecordFailedWriteHandler:
    """A write under a token that did not go well: by itself, for its own transaction is gone."""

    uow: UnitOfWork

    async def handle(self, actor: Actor, lifted: Lifted, status: int) -> None:
        async with self.uow.begin(actor.org_id) as unit:
            await unit.audit.record(
                actor,
                BREAK_GLASS_WRITE,
                "break_glass_session",
                lifted.session_id,
                after=replace(lifted, status=status).told(),
                reason=lifted.reason,
                outcome="failed",
            )
