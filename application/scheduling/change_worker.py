from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from application.booking.announcing import tell_crew
from application.booking.finishing_work import require_no_open_clock
from application.booking.recording import record_change
from application.ports.clock import Clock
from application.ports.entitlements import Entitlements
from application.ports.unit_of_work import Unit, UnitOfWork
from application.retrying import retrying
from application.scheduling.add_worker import METRIC, require_rate_right, require_room, require_worker_user
from application.scheduling.audited import audited_worker, changed_fields
from application.scheduling.read_workers import WorkerView, worker_view
from domain.identity.actor import Actor, Need
from domain.scheduling.worker import Worker, WorkerHasJobs
from domain.shared.ids import BookingId, WorkerId
from domain.shared.versions import Expected, must_match

PERSONAL = ("name", "phone", "email", "role", "skills", "hourly_rate_cents")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeWorker:
    """`changes` names fields of AddWorker. `unassign_future` takes a worker who is switched off from the
    crews of all jobs to come."""

    worker_id: WorkerId
    changes: Mapping[str, Any] = field(default_factory=dict)
    unassign_future: bool = False
    expected_version: Expected = None


@dataclass(frozen=True, slots=True)
class ChangeWorkerHandler:
    uow: UnitOfWork
    clock: Clock
    entitlements: Entitlements

    @retrying
    async def handle(self, actor: Actor, command: ChangeWorker) -> WorkerView:
        actor.require(Need.DISPATCH)
        if "hourly_rate_cents" in command.changes:
            require_rate_right(actor)
        now = self.clock.now()
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            before = await unit.workers.lock(command.worker_id)
            must_match(before.version, command.expected_version)
            after = before.changed(now, **command.changes)
            if after.user_id != before.user_id:
                await require_worker_user(unit, after.user_id)
            if after.is_active and not before.is_active:
                await require_room(self.entitlements, actor.org_id)
            freed: tuple[BookingId, ...] = ()
            if before.is_active and not after.is_active:
                freed = await _free(unit, actor, after.id, now, allowed=command.unassign_future)
            if after is not before:
                await _record(unit, actor, before, after)
            view = await worker_view(unit, after, freed)
            await unit.seal(view)
        return view


async def _record(unit: Unit, actor: Actor, before: Worker, after: Worker) -> None:
    await unit.workers.save(after)
    if before.team_id != after.team_id:
        await unit.teams.remember({before.team_id})
    if before.is_active != after.is_active:
        await unit.usage.record(METRIC, 1 if after.is_active else -1, after.id)
    await unit.audit.record(
        actor,
        "worker_update",
        "worker",
        after.id,
        before=audited_worker(before),
        after=audited_worker(after) | {"changed": changed_fields(before, after, PERSONAL)},
    )


async def _free(
    unit: Unit, actor: Actor, worker_id: WorkerId, now: datetime, *, allowed: bool
) -> tuple[BookingId, ...]:
    """Take the worker from every crew to come. Raises WorkerHasJobs where there are some and that is not
    allowed, WorkInProgress where the worker's clock is open on one.

    A job whose lock was waited for may have ended, or gone on without the worker: it is left alone."""
    booking_ids = await unit.calendar.jobs_of_worker(worker_id, now)
    if booking_ids and not allowed:
        raise WorkerHasJobs
    freed = set()
    for booking_id in sorted(booking_ids):
        before = await unit.bookings.lock(booking_id)
        if not (before.is_live and worker_id in before.crew):
            continue
        await require_no_open_clock(unit, before, {worker_id})
        after = before.assign(now, tuple(other for other in before.crew if other != worker_id))
        await record_change(unit, actor, "booking_unassign", before, after)
        await tell_crew(unit, actor, after, {worker_id})
        freed.add(booking_id)
    return tuple(booking_id for booking_id in booking_ids if booking_id in freed)
