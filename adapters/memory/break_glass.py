from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from application.ports.break_glass import BreakGlassView
from domain.safety.audited_actions import BREAK_GLASS_WRITE
from domain.safety.break_glass import BreakGlassSession, BreakGlassStatus
from domain.shared.errors import NotFound
from domain.shared.ids import BreakGlassId, UserId


@dataclass(frozen=True, slots=True)
class MemoryBreakGlassSessions:
    rows: dict[BreakGlassId, BreakGlassSession]
    audit: Sequence[Mapping[str, Any]]

    async def add(self, session: BreakGlassSession) -> None:
        self.rows[session.id] = session

    async def save(self, session: BreakGlassSession) -> None:
        self.rows[session.id] = session

    async def lock(self, session_id: BreakGlassId) -> BreakGlassSession:
        if (session := self.rows.get(session_id)) is None:
            raise NotFound("session_id")
        return session

    async def find(self, token_sha256: bytes) -> BreakGlassSession | None:
        return next((s for s in self.rows.values() if s.token_sha256 == token_sha256), None)

    async def view(self, session_id: BreakGlassId) -> BreakGlassView:
        return self._view(await self.lock(session_id))

    async def list_page(
        self, status: BreakGlassStatus | None, now: datetime, after: BreakGlassId | None, limit: int
    ) -> Sequence[BreakGlassView]:
        found = [
            session
            for session in self.rows.values()
            if status in {None, session.status_at(now)} and (after is None or session.id < after)
        ]
        return [self._view(s) for s in sorted(found, key=lambda session: session.id, reverse=True)[:limit]]

    async def list_active_of(self, user_id: UserId, now: datetime) -> Sequence[BreakGlassSession]:
        return sorted(
            (
                session
                for session in self.rows.values()
                if session.started_by_id == user_id and session.status_at(now) is BreakGlassStatus.ACTIVE
            ),
            key=lambda session: session.id,
        )

    def _view(self, session: BreakGlassSession) -> BreakGlassView:
        writes = sum(
            row["break_glass_session_id"] == session.id
            and row["action"] == BREAK_GLASS_WRITE
            and row["outcome"] == "ok"
            for row in self.audit
        )
        return BreakGlassView(session, writes)
