from collections.abc import Iterable
from typing import Protocol

from domain.scheduling.team import Team
from domain.shared.ids import TeamId


class Teams(Protocol):
    """The organisation's teams, each with its own hours if it has any."""

    async def get(self, team_id: TeamId) -> Team:
        """Raises NotFound("team_id"), also for another organisation's team."""

    async def default(self) -> Team: ...

    async def list_by_name(
        self, *, active: bool | None, after: tuple[str, TeamId] | None, limit: int
    ) -> list[Team]:
        """By folded name, then id, after that place."""

    async def names(self, team_ids: Iterable[TeamId]) -> dict[TeamId, str]: ...

    async def worker_counts(self, team_ids: Iterable[TeamId]) -> dict[TeamId, int]:
        """Active workers of each; teams without any are absent."""

    async def lock(self, team_id: TeamId) -> Team:
        """As get; and no other unit writes this team, or books it, until ours ends."""

    async def lock_many(self, team_ids: Iterable[TeamId]) -> list[Team]:
        """As lock, for each distinct id, taken and answered in id order."""

    async def lock_default(self) -> Team:
        """The default team, held so that the mark moves once at a time."""

    async def save(self, team: Team) -> None:
        """Insert or overwrite, hours included. Raises TeamNameTaken for a name in use, ignoring case."""

    async def remember(self, team_ids: Iterable[TeamId]) -> None:
        """Called when a worker, booking or blackout ceases to name them: they stay for good, for the audit
        log and earlier answers name them still."""

    async def delete(self, team_id: TeamId) -> None:
        """Raises TeamInUse if a worker, booking or blackout names it, or did once."""
