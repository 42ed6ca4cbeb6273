from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.tables.platform import admin_audit_logs as logs
from adapters.postgres.tables.safety import break_glass_sessions as sessions
from application.ports.break_glass import BreakGlassView
from domain.safety.audited_actions import BREAK_GLASS_WRITE
from domain.safety.break_glass import BreakGlassSession, BreakGlassStatus
from domain.shared.errors import NotFound
from domain.shared.ids import BreakGlassId, UserId

KEY = sessions.c.break_glass_session_id
NAMES = tuple(field.name for field in fields(BreakGlassSession))[1:]
SESSION = (KEY, *(sessions.c[name] for name in NAMES))
WRITES = (
    select(func.count())
    .where(
        logs.c.org_id == sessions.c.org_id,
        logs.c.break_glass_session_id == KEY,
        logs.c.action == BREAK_GLASS_WRITE,
        logs.c.outcome == "ok",
    )
    .scalar_subquery()
)
ADD = insert(sessions)
SAVE = update(sessions).where(bindparam("id") == KEY)
LOCK = select(*SESSION).where(bindparam("id") == KEY).with_for_update(key_share=True)
FIND = select(*SESSION).where(sessions.c.token_sha256 == bindparam("sha256"))
VIEW = select(*SESSION, WRITES)
VIEW_ONE = VIEW.where(sessions.c.break_glass_session_id == bindparam("id"))
ACTIVE_OF = (
    select(*SESSION)
    .where(
        sessions.c.started_by_id == bindparam("user_id"),
        sessions.c.revoked_at.is_(None),
        sessions.c.expires_at > bindparam("now"),
    )
    .order_by(KEY)
    .with_for_update(key_share=True)
)


def to_session(row: Sequence[Any]) -> BreakGlassSession:
    return BreakGlassSession(id=BreakGlassId(row[0]), **dict(zip(NAMES, row[1:], strict=True)))


def to_view(row: Sequence[Any]) -> BreakGlassView:
    return BreakGlassView(to_session(row[:-1]), row[-1])


@dataclass(frozen=True, slots=True)
class PostgresBreakGlassSessions:
    connection: AsyncConnection

    async def add(self, session: BreakGlassSession) -> None:
        row = {name: getattr(session, name) for name in NAMES}
        await self.connection.execute(ADD, {KEY.name: session.id, **row})

    async def save(self, session: BreakGlassSession) -> None:
        row = {name: getattr(session, name) for name in NAMES}
        await self.connection.execute(SAVE.values(row), {"id": session.id})

    async def lock(self, session_id: BreakGlassId) -> BreakGlassSession:
        row = (await self.connection.execute(LOCK, {"id": session_id})).one_or_none()
        if row is None:
            raise NotFound("session_id")
        return to_session(row)

    async def find(self, token_sha256: bytes) -> BreakGlassSession | None:
        row = (await self.connection.execute(FIND, {"sha256": token_sha256})).one_or_none()
        return None if row is None else to_session(row)

    async def view(self, session_id: BreakGlassId) -> BreakGlassView:
        row = (await self.connection.execute(VIEW_ONE, {"id": session_id})).one_or_none()
        if row is None:
            raise NotFound("session_id")
        return to_view(row)

    async def list_page(
        self, status: BreakGlassStatus | None, now: datetime, after: BreakGlassId | None, limit: int
    ) -> Sequence[BreakGlassView]:
        open_still, revoked = sessions.c.revoked_at.is_(None), sessions.c.revoked_at.is_not(None)
        wanted = {
            BreakGlassStatus.ACTIVE: open_still & (sessions.c.expires_at > now),
            BreakGlassStatus.EXPIRED: open_still & (sessions.c.expires_at <= now),
            BreakGlassStatus.REVOKED: revoked,
        }
        found = VIEW.order_by(KEY.desc()).limit(limit)
        if status is not None:
            found = found.where(wanted[status])
        if after is not None:
            found = found.where(sessions.c.break_glass_session_id < after)
        return [to_view(row) for row in await self.connection.execute(found)]

    async def list_active_of(self, user_id: UserId, now: datetime) -> Sequence[BreakGlassSession]:
        found = await self.connection.execute(ACTIVE_OF, {"user_id": user_id, "now": now})
        return [to_session(row) for row in found]
