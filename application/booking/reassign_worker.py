"""A worker's jobs of some time go to another worker, or wait for somebody."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from application.booking.bulk.deeds import BulkOutcome, ReassignEach
from application.booking.bulk.explaining import explained
from application.booking.bulk.running import Run
from application.booking.bulk.verbs import verb_of
from application.booking.crowd import Crowd
from application.ports.bookings import BookingFilter
from application.ports.clock import Clock
from application.ports.unit_of_work import Unit, UnitOfWork
from application.retrying import retrying
from domain.booking.booking import LIVE
from domain.identity.actor import Actor, Need
from domain.scheduling.blackout import InvalidWindow
from domain.shared.errors import FieldFault, Invalid, NotFound
from domain.shared.ids import BookingId, WorkerId

LONGEST = timedelta(days=92)
MOST_JOBS = 10_000  # more than fit into the longest time, one after the other


@dataclass(frozen=True, slots=True, kw_only=True)
class ReassignWorker:
    """Of jobs that start in `[starts_from, starts_before)`. Without `to_worker_id` each place falls free.
    `dry_run`: only tell what would become of each."""

    worker_id: WorkerId
    to_worker_id: WorkerId | None
    starts_from: datetime
    starts_before: datetime
    dry_run: bool = True


class _TakenBack(Exception):  # nothing went wrong: it was only tried
    pass


@dataclass(frozen=True, slots=True)
class ReassignWorkerHandler:
    uow: UnitOfWork
    clock: Clock
    crowd: Crowd

    async def handle(self, actor: Actor, command: ReassignWorker) -> BulkOutcome:
        """Raises InvalidWindow, NotFound for either worker."""
        actor.require(Need.DISPATCH)
        _require_sense(command)
        async with self.crowd.turn():
            return await self._reassign(actor, command)

    @retrying
    async def _reassign(self, actor: Actor, command: ReassignWorker) -> BulkOutcome:
        now = self.clock.now()
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            await _require_workers(unit, command)
            deed = ReassignEach(worker_id=command.worker_id, to_worker_id=command.to_worker_id)
            run = Run(unit, actor, now, verb_of(deed, unit, actor, now))
            jobs = await _jobs(unit, command)
            outcome = await (_rehearsed(unit, run, jobs) if command.dry_run else _carried_out(run, jobs))
            outcome = await explained(unit, outcome, now)
            await unit.seal(outcome)
            return outcome


async def _carried_out(run: Run, jobs: list[BookingId]) -> BulkOutcome:
    outcome = await run.all(jobs)
    await run.flush()
    return outcome


async def _rehearsed(unit: Unit, run: Run, jobs: list[BookingId]) -> BulkOutcome:
    """Overdue holds in the way are let go of while it is tried, and come back."""
    found = BulkOutcome(())
    with suppress(_TakenBack):
        async with unit.savepoint():
            found = run.undone(await run.all(jobs))
            raise _TakenBack
    return found


def _require_sense(command: ReassignWorker) -> None:
    if not timedelta(0) < command.starts_before - command.starts_from <= LONGEST:
        message = f"must lie behind `from`, by at most {LONGEST.days} days"
        raise InvalidWindow(f"to {message}.", errors=[FieldFault("to", message)])
    if command.to_worker_id == command.worker_id:
        raise Invalid.field("to_worker_id", "must be another worker")


async def _require_workers(unit: Unit, command: ReassignWorker) -> None:
    for field in ("worker_id", "to_worker_id"):
        if (worker_id := getattr(command, field)) is not None:
            try:
                await unit.workers.get(worker_id)
            except NotFound:
                raise NotFound(field) from None


async def _jobs(unit: Unit, command: ReassignWorker) -> list[BookingId]:
    """By start, id; such as are over or were called off stay as they were."""
    wanted = BookingFilter(
        touching_from=command.starts_from,
        touching_before=command.starts_before,
        statuses=LIVE,
        worker_id=command.worker_id,
    )
    found = await unit.bookings.list_page(wanted, None, MOST_JOBS)
    return [row.booking_id for row in found if row.starts_at >= command.starts_from]
