from dataclasses import dataclass

from application.ports.clock import Clock
from application.ports.entitlements import Entitlements
from application.ports.identifiers import Identifiers
from application.ports.unit_of_work import Unit, UnitOfWork
from application.retrying import retrying
from application.scheduling.audited import audited_worker
from application.scheduling.read_workers import WorkerView, worker_view
from domain.identity.actor import Actor, Need, Role
from domain.scheduling.worker import Skill, UserNotWorker, Worker
from domain.shared.errors import Forbidden, NotFound, PaymentRequired
from domain.shared.ids import OrgId, TeamId, UserId, WorkerId

METRIC = "worker_created"


@dataclass(frozen=True, slots=True, kw_only=True)
class AddWorker:
    """Without a team it is the default one. Only who may administrate sets an hourly rate."""

    name: str
    team_id: TeamId | None = None
    phone: str | None = None
    email: str | None = None
    role: str | None = None
    skills: tuple[Skill, ...] = ()
    hourly_rate_cents: int | None = None
    user_id: UserId | None = None
    is_active: bool = True


def require_rate_right(actor: Actor) -> None:
    """Raises Forbidden unless the caller may set what an hour of a worker costs."""
    if not actor.may(Need.ADMIN):
        raise Forbidden("Only an admin sets an hourly rate.")


async def require_worker_user(unit: Unit, user_id: UserId | None) -> None:
    """Raises NotFound for nobody of this organisation, UserNotWorker for another role."""
    if user_id is None:
        return
    membership = await unit.memberships.find(user_id)
    if membership is None:
        raise NotFound("user_id")
    if membership.role is not Role.WORKER:
        raise UserNotWorker


async def require_room(entitlements: Entitlements, org_id: OrgId) -> None:
    """Raises PaymentRequired where the plan has no room for one more worker."""
    if not await entitlements.allows(org_id, METRIC):
        raise PaymentRequired("The plan has no room for another worker.", members={"metric": "workers"})


@dataclass(frozen=True, slots=True)
class AddWorkerHandler:
    uow: UnitOfWork
    clock: Clock
    ids: Identifiers
    entitlements: Entitlements

    @retrying
    async def handle(self, actor: Actor, command: AddWorker) -> WorkerView:
        actor.require(Need.DISPATCH)
        if command.hourly_rate_cents is not None:
            require_rate_right(actor)
        if command.is_active:
            await require_room(self.entitlements, actor.org_id)
        now = self.clock.now()
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            await require_worker_user(unit, command.user_id)
            team = await (unit.teams.get(command.team_id) if command.team_id else unit.teams.default())
            worker = Worker(
                id=WorkerId(self.ids.new()),
                name=command.name,
                team_id=team.id,
                phone=command.phone,
                email=command.email,
                role=command.role,
                skills=command.skills,
                hourly_rate_cents=command.hourly_rate_cents,
                user_id=command.user_id,
                is_active=command.is_active,
                created_at=now,
                updated_at=now,
            )
            await unit.workers.save(worker)
            if worker.is_active:
                await unit.usage.record(METRIC, 1, worker.id)
            await unit.audit.record(actor, "worker_create", "worker", worker.id, after=audited_worker(worker))
            view = await worker_view(unit, worker)
            await unit.seal(view)
        return view
