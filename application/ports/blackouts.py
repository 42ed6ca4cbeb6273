from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.scheduling.blackout import Blackout
from domain.shared.ids import BlackoutId, TeamId, WorkerId


@dataclass(frozen=True, slots=True, kw_only=True)
class BlackoutFilter:
    """Those that touch `[starts_at, ends_at)`, of one team or worker if named."""

    starts_at: datetime
    ends_at: datetime
    team_id: TeamId | None = None
    worker_id: WorkerId | None = None


class Blackouts(Protocol):
    """Times at which the organisation, a team or a worker does not work. Written once, or deleted."""

    async def get(self, blackout_id: BlackoutId) -> Blackout:
        """Raises NotFound("blackout_id"), also for another organisation's."""

    async def list_touching(
        self, chosen: BlackoutFilter, *, after: tuple[datetime, BlackoutId] | None, limit: int
    ) -> list[Blackout]:
        """By start, then id, after that place."""

    async def add(self, blackout: Blackout) -> None: ...

    async def delete(self, blackout_id: BlackoutId) -> None:
        """Raises NotFound("blackout_id") when it is not there (any more)."""
