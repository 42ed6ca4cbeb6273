from dataclasses import dataclass

from application.ports.clock import Clock
from application.ports.unit_of_work import Unit, UnitOfWork
from application.ports.workers import WorkerFilter
from domain.identity.actor import Actor, Need, Role
from domain.scheduling.local_time import day_of
from domain.scheduling.worker import Worker, skill_keys
from domain.shared.errors import Forbidden
from domain.shared.ids import BookingId, TeamId, WorkerId


@dataclass(frozen=True, slots=True)
class WorkerView:
    """`unassigned` are the bookings that a change took the worker from."""

    worker: Worker
    team_name: str
    unassigned: tuple[BookingId, ...] = ()


@dataclass(frozen=True, slots=True)
class WorkerPage:
    views: tuple[WorkerView, ...]
    next: tuple[str, WorkerId] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListWorkers:
    """Skills are looked at as they stand today."""

    active: bool | None = None
    team_id: TeamId | None = None
    q: str | None = None
    skill_tags: tuple[str, ...] = ()
    after: tuple[str, WorkerId] | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class ReadWorker:
    worker_id: WorkerId


async def worker_view(unit: Unit, worker: Worker, unassigned: tuple[BookingId, ...] = ()) -> WorkerView:
    return WorkerView(worker, (await unit.teams.get(worker.team_id)).name, unassigned)


@dataclass(frozen=True, slots=True)
class ListWorkersHandler:
    uow: UnitOfWork
    clock: Clock

    async def handle(self, actor: Actor, command: ListWorkers) -> WorkerPage:
        actor.require(Need.VIEW)
        if command.q is not None and actor.role is Role.VIEWER:
            raise Forbidden("Searching would tell what is masked for your role.")
        keys = skill_keys(command.skill_tags)
        async with self.uow.begin(actor.org_id) as unit:
            if command.team_id is not None:
                await unit.teams.get(command.team_id)
            chosen = WorkerFilter(
                active=command.active,
                team_id=command.team_id,
                q=command.q,
                skill_keys=keys,
                day=day_of(self.clock.now(), (await unit.org.get()).zone),
            )
            found = await unit.workers.list_by_name(chosen, after=command.after, limit=command.limit + 1)
            page = found[: command.limit]
            names = await unit.teams.names({worker.team_id for worker in page})
        last = page[-1] if len(found) > len(page) else None
        return WorkerPage(
            tuple(WorkerView(worker, names[worker.team_id]) for worker in page),
            None if last is None else (last.name_key, last.id),
        )


@dataclass(frozen=True, slots=True)
class ReadWorkerHandler:
    uow: UnitOfWork

    async def handle(self, actor: Actor, command: ReadWorker) -> WorkerView:
        actor.require(Need.VIEW)
        async with self.uow.begin(actor.org_id) as unit:
            return await worker_view(unit, await unit.workers.get(command.worker_id))
