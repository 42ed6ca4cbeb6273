from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.safety.break_glass import BreakGlassSession, BreakGlassStatus
from domain.shared.ids import BreakGlassId, UserId


@dataclass(frozen=True, slots=True)
class BreakGlassView:
    """`writes`: how many went well under it."""

    session: BreakGlassSession
    writes: int


class BreakGlassSessions(Protocol):
    async def add(self, session: BreakGlassSession) -> None: ...

    async def save(self, session: BreakGlassSession) -> None:
        """Overwrite."""

    async def lock(self, session_id: BreakGlassId) -> BreakGlassSession:
        """Raises NotFound; no other unit writes this session until ours ends."""

    async def find(self, token_sha256: bytes) -> BreakGlassSession | None:
        """Whose token this is, whatever its status."""

    async def view(self, session_id: BreakGlassId) -> BreakGlassView:
        """Raises NotFound."""

    async def list_page(
        self, status: BreakGlassStatus | None, now: datetime, after: BreakGlassId | None, limit: int
    ) -> Sequence[BreakGlassView]:
        """Newest first, behind `after`."""

    async def list_active_of(self, user_id: UserId, now: datetime) -> Sequence[BreakGlassSession]:
        """Those that this person started, locked until our unit ends."""
