from dataclasses import dataclass
from datetime import datetime

from application.ports.blackouts import BlackoutFilter
from domain.scheduling.blackout import Blackout
from domain.shared.errors import NotFound
from domain.shared.ids import BlackoutId


@dataclass(frozen=True, slots=True)
class MemoryBlackouts:
    rows: dict[BlackoutId, Blackout]

    async def get(self, blackout_id: BlackoutId) -> Blackout:
        if blackout_id not in self.rows:
            raise NotFound("blackout_id")
        return self.rows[blackout_id]

    async def list_touching(
        self, chosen: BlackoutFilter, *, after: tuple[datetime, BlackoutId] | None, limit: int
    ) -> list[Blackout]:
        wanted = [
            blackout
            for blackout in self.rows.values()
            if _is_chosen(blackout, chosen) and (after is None or (blackout.starts_at, blackout.id) > after)
        ]
        return sorted(wanted, key=lambda blackout: (blackout.starts_at, blackout.id))[:limit]

    async def add(self, blackout: Blackout) -> None:
        self.rows[blackout.id] = blackout

    async def delete(self, blackout_id: BlackoutId) -> None:
        await self.get(blackout_id)
        del self.rows[blackout_id]


def _is_chosen(blackout: Blackout, chosen: BlackoutFilter) -> bool:
    return (
        blackout.starts_at < chosen.ends_at
        and chosen.starts_at < blackout.ends_at
        and chosen.team_id in {None, blackout.team_id}
        and chosen.worker_id in {None, blackout.worker_id}
    )
