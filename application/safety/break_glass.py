import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from application.ports.break_glass import BreakGlassView
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from application.ports.outbox import Message
from application.ports.unit_of_work import Unit, UnitOfWork
from application.retrying import retrying
from domain.identity.actor import Actor, Need
from domain.safety.break_glass import BreakGlassSession, BreakGlassStatus
from domain.shared.ids import BreakGlassId, UserId

TOKEN_BYTES = 32


def token_sha256(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


@dataclass(frozen=True, slots=True)
class StartBreakGlass:
    reason: str
    ttl_minutes: int


@dataclass(frozen=True, slots=True)
class StartedBreakGlass:
    """The token is told this once."""

    session: BreakGlassSession
    token: str


@dataclass(frozen=True, slots=True)
class StartBreakGlassHandler:
    uow: UnitOfWork
    clock: Clock
    ids: Identifiers

    @retrying
    async def handle(self, actor: Actor, command: StartBreakGlass) -> StartedBreakGlass:
        actor.require(Need.ADMIN)
        token = urlsafe_b64encode(self.ids.secret(TOKEN_BYTES)).decode().rstrip("=")
        session = BreakGlassSession.start(
            id=BreakGlassId(self.ids.new()),
            token_sha256=token_sha256(token),
            reason=command.reason,
            by=actor.name,
            by_id=actor.user_id,
            now=self.clock.now(),
            ttl_minutes=command.ttl_minutes,
        )
        started = StartedBreakGlass(session, token)
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            await unit.break_glass.add(session)
            after = {"expires_at": session.expires_at.isoformat()}
            await unit.audit.record(
                actor, "break_glass_start", "break_glass_session", session.id,
                after=after, reason=session.reason,
            )  # fmt: skip
            await _tell_owners(unit, actor, session)
            await unit.seal(started)
        return started


async def _tell_owners(unit: Unit, actor: Actor, session: BreakGlassSession) -> None:
    for user_id in await unit.memberships.list_owners():
        owner = await unit.persons.get(user_id)
        message = Message(
            kind="email",
            event_type="break_glass_started",
            dedupe_key=f"break_glass:{session.id}:{user_id}",
            resource_type="break_glass_session",
            resource_id=session.id,
            payload={
                "to": owner.email,
                "started_by": session.started_by,
                "reason": session.reason,
                "expires_at": session.expires_at.isoformat(),
            },
        )
        await unit.outbox.add(message, request_id=actor.request_id)


@dataclass(frozen=True, slots=True)
class ListBreakGlass:
    status: BreakGlassStatus | None
    after: BreakGlassId | None
    limit: int


@dataclass(frozen=True, slots=True)
class ListBreakGlassHandler:
    uow: UnitOfWork
    clock: Clock

    async def handle(self, actor: Actor, query: ListBreakGlass) -> Sequence[BreakGlassView]:
        """Newest first, one more than asked for."""
        actor.require(Need.ADMIN)
        now = self.clock.now()
        async with self.uow.begin(actor.org_id) as unit:
            return await unit.break_glass.list_page(query.status, now, query.after, query.limit + 1)


@dataclass(frozen=True, slots=True)
class RevokeBreakGlass:
    session_id: BreakGlassId


@dataclass(frozen=True, slots=True)
class RevokeBreakGlassHandler:
    uow: UnitOfWork
    clock: Clock

    @retrying
    async def handle(self, actor: Actor, command: RevokeBreakGlass) -> BreakGlassView:
        """One that has ended already stays as it is. Raises NotFound."""
        actor.require(Need.ADMIN)
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            session = await unit.break_glass.lock(command.session_id)
            await _revoke(unit, actor, session, self.clock.now())
            view = await unit.break_glass.view(session.id)
            await unit.seal(view)
        return view


async def revoke_all_of(unit: Unit, actor: Actor, user_id: UserId, now: datetime) -> None:
    """Those that somebody started who is shut out now."""
    for session in await unit.break_glass.list_active_of(user_id, now):
        await _revoke(unit, actor, session, now)


async def _revoke(unit: Unit, actor: Actor, session: BreakGlassSession, now: datetime) -> None:
    revoked = session.revoke(actor.name, now)
    if revoked is session:
        return
    await unit.break_glass.save(revoked)
    await unit.audit.record(
        actor, "break_glass_revoke", "break_glass_session", session.id,
        before={"status": session.status_at(now).value}, after={"status": revoked.status_at(now).value},
    )  # fmt: skip
