from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from application.ports.workers import WorkerFilter
from domain.scheduling.team import Team
from domain.scheduling.worker import UserAlreadyLinked, Worker
from domain.shared.errors import NotFound
from domain.shared.ids import TeamId, UserId, WorkerId


@dataclass(frozen=True, slots=True)
class MemoryWorkers:
    rows: dict[WorkerId, Worker]
    teams: Mapping[TeamId, Team]

    async def get(self, worker_id: WorkerId) -> Worker:
        if worker_id not in self.rows:
            raise NotFound("worker_id")
        return self.rows[worker_id]

    async def list_by_name(
        self, chosen: WorkerFilter, *, after: tuple[str, WorkerId] | None, limit: int
    ) -> list[Worker]:
        wanted = [
            worker
            for worker in self.rows.values()
            if _is_chosen(worker, chosen) and (after is None or (worker.name_key, worker.id) > after)
        ]
        return sorted(wanted, key=lambda worker: (worker.name_key, worker.id))[:limit]

    async def lock(self, worker_id: WorkerId) -> Worker:
        return await self.get(worker_id)

    async def lock_by_user(self, user_id: UserId) -> Worker | None:
        return next((worker for worker in self.rows.values() if worker.user_id == user_id), None)

    async def find_by_user(self, user_id: UserId) -> Worker | None:
        return await self.lock_by_user(user_id)

    async def lock_many(self, worker_ids: Iterable[WorkerId]) -> list[Worker]:
        return [await self.get(worker_id) for worker_id in sorted(set(worker_ids))]

    async def save(self, worker: Worker) -> None:
        if worker.team_id not in self.teams:
            raise NotFound("team_id")
        others = [other for other in self.rows.values() if other.id != worker.id]
        if worker.user_id and any(other.user_id == worker.user_id for other in others):
            raise UserAlreadyLinked
        self.rows[worker.id] = worker


def _is_chosen(worker: Worker, chosen: WorkerFilter) -> bool:
    return (
        chosen.active in {None, worker.is_active}
        and chosen.team_id in {None, worker.team_id}
        and (chosen.q is None or chosen.q.casefold() in worker.search_key)
        and worker.matches(chosen.skill_keys, chosen.day)
    )
