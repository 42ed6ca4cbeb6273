from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from domain.scheduling.worker import Worker
from domain.shared.ids import TeamId, UserId, WorkerId


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerFilter:
    """`q` is part of name, e-mail or phone, ignoring case; `skill_keys` must all match on `day`."""

    active: bool | None = None
    team_id: TeamId | None = None
    q: str | None = None
    skill_keys: tuple[str, ...] = ()
    day: date


class Workers(Protocol):
    """The organisation's workers, with their skills."""

    async def get(self, worker_id: WorkerId) -> Worker:
        """Raises NotFound("worker_id"), also for another organisation's worker."""

    async def list_by_name(
        self, chosen: WorkerFilter, *, after: tuple[str, WorkerId] | None, limit: int
    ) -> list[Worker]:
        """By folded name, then id, after that place."""

    async def lock(self, worker_id: WorkerId) -> Worker:
        """As get; and no other unit writes this worker, or books it, until ours ends."""

    async def lock_by_user(self, user_id: UserId) -> Worker | None:
        """Whose login this is, locked."""

    async def find_by_user(self, user_id: UserId) -> Worker | None:
        """Whose login this is."""

    async def lock_many(self, worker_ids: Iterable[WorkerId]) -> list[Worker]:
        """As lock, for each distinct id, taken and answered in id order."""

    async def save(self, worker: Worker) -> None:
        """Insert or overwrite, skills included. Raises UserAlreadyLinked when another worker has the user,
        NotFound("team_id") when there is no such team."""
