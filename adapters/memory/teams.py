from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from domain.scheduling.blackout import Blackout
from domain.scheduling.team import Team, TeamInUse, TeamNameTaken
from domain.scheduling.worker import Worker
from domain.shared.errors import NotFound
from domain.shared.ids import BlackoutId, TeamId, WorkerId


@dataclass(frozen=True, slots=True)
class MemoryTeams:
    rows: dict[TeamId, Team]
    once_named: set[TeamId]
    workers: Mapping[WorkerId, Worker]
    blackouts: Mapping[BlackoutId, Blackout]
    bookings: Mapping[Any, Any]

    async def get(self, team_id: TeamId) -> Team:
        if team_id not in self.rows:
            raise NotFound("team_id")
        return self.rows[team_id]

    async def default(self) -> Team:
        return next(team for team in self.rows.values() if team.is_default)

    async def list_by_name(
        self, *, active: bool | None, after: tuple[str, TeamId] | None, limit: int
    ) -> list[Team]:
        wanted = [
            team
            for team in self.rows.values()
            if active in {None, team.is_active} and (after is None or (team.name_key, team.id) > after)
        ]
        return sorted(wanted, key=lambda team: (team.name_key, team.id))[:limit]

    async def names(self, team_ids: Iterable[TeamId]) -> dict[TeamId, str]:
        return {team_id: self.rows[team_id].name for team_id in team_ids if team_id in self.rows}

    async def worker_counts(self, team_ids: Iterable[TeamId]) -> dict[TeamId, int]:
        wanted = set(team_ids)
        return dict(Counter(w.team_id for w in self.workers.values() if w.is_active and w.team_id in wanted))

    async def lock(self, team_id: TeamId) -> Team:
        return await self.get(team_id)

    async def lock_many(self, team_ids: Iterable[TeamId]) -> list[Team]:
        return [await self.get(team_id) for team_id in sorted(set(team_ids))]

    async def lock_default(self) -> Team:
        return await self.default()

    async def save(self, team: Team) -> None:
        others = [other for other in self.rows.values() if other.id != team.id]
        if any(other.name_key == team.name_key for other in others):
            raise TeamNameTaken(team.name)
        self.rows[team.id] = team

    async def remember(self, team_ids: Iterable[TeamId]) -> None:
        self.once_named.update(team_ids)

    async def delete(self, team_id: TeamId) -> None:
        named = (
            team_id in self.once_named
            or any(worker.team_id == team_id for worker in self.workers.values())
            or any(blackout.team_id == team_id for blackout in self.blackouts.values())
            or any(booking.slot.team_id == team_id for booking in self.bookings.values())
        )
        if named:
            raise TeamInUse
        del self.rows[team_id]
