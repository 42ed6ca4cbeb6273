"""Of twenty companies one raises: each job does its work for the others and says so; the next run heals."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast

import anyio
import pytest

from adapters.cryptography.file_links import HmacFileLinks
from adapters.memory.job_locks import MemoryJobLocks
from adapters.memory.object_storage import MemoryObjectStorage
from adapters.memory.unit_of_work import MemoryUnitOfWork
from adapters.rfc8785.canonical_json import Rfc8785CanonicalJson
from adapters.system.identifiers import SystemIdentifiers
from adapters.system.runner_lives import runner_lives
from application.booking.expire_bookings import ExpireBookingsHandler
from application.booking.remind_clients import RemindClientsHandler
from application.compliance.clean_up import CleanUpHandler
from application.delivery.end_dead_leases import EndDeadLeasesHandler
from application.delivery.job_table import JOBS
from application.delivery.purge_leftovers import PurgeLeftoversHandler
from application.delivery.rules import Channels
from application.identity.purge_tries import PurgeTriesHandler
from application.identity.tell_lockouts import TellLockoutsHandler
from application.ports.unit_of_work import Unit, UnitOfWork
from application.safety.seal_audit import SealAuditHandler
from application.storage.clear_stale_uploads import ClearStaleUploadsHandler
from application.storage.clear_tombstones import ClearTombstonesHandler, JanitorRules
from domain.compliance.retention import RetentionClass, RetentionRules
from domain.identity.once import Once
from domain.identity.wrong_tries import Lockout
from domain.shared.ids import OrgId
from domain.storage.tombstone import Persistence
from entrypoints.jobs.loop import JobLoop
from entrypoints.jobs.pulses import Pulses
from entrypoints.jobs.registry import JobRegistry
from tests.contracts.test_audit_chain import an_admin, write
from tests.contracts.test_bookings import NORTH
from tests.contracts.test_bookings import a_visit as a_held_visit
from tests.contracts.test_dead_letters import fail
from tests.contracts.test_leftovers import use_a_key
from tests.contracts.test_reminders import JANE
from tests.contracts.test_reminders import a_visit as a_near_visit
from tests.contracts.test_throttling import a_failure
from tests.contracts.test_throttling import keep as keep_failures
from tests.contracts.test_tombstones import some
from tests.support.clock import FixedClock
from tests.support.delivery import World, a_runner, enqueue
from tests.support.identity import join
from tests.support.orgs import found_org
from tests.support.scheduling import a_team

ORGS = 20
type Prepare = Callable[[UnitOfWork, FixedClock, OrgId], Awaitable[Any]]


@dataclass(slots=True)
class OneRaises:
    """The database, but for one company while it is broken."""

    inner: MemoryUnitOfWork
    broken: set[OrgId] = field(default_factory=set)

    def begin(self, org_id: OrgId, *, once: Once | None = None) -> AbstractAsyncContextManager[Unit]:
        if org_id in self.broken:
            raise ZeroDivisionError
        return cast("AbstractAsyncContextManager[Unit]", self.inner.begin(org_id, once=once))

    def begin_global(self) -> Any:
        return self.inner.begin_global()


async def a_message(uow: UnitOfWork, _clock: FixedClock, org_id: OrgId) -> None:
    await enqueue(uow, org_id, "k")


async def a_team_and_a_client(uow: UnitOfWork, org_id: OrgId) -> None:
    async with uow.begin(org_id) as unit:
        await unit.teams.save(a_team(1, name="North", is_default=True))
        await unit.leads.save(JANE)


async def a_near_one(uow: UnitOfWork, clock: FixedClock, org_id: OrgId) -> None:
    await a_team_and_a_client(uow, org_id)
    async with uow.begin(org_id) as unit:
        await unit.bookings.save(a_near_visit(clock.now() + timedelta(hours=3)))


async def an_overdue_hold(uow: UnitOfWork, clock: FixedClock, org_id: OrgId) -> None:
    await a_team_and_a_client(uow, org_id)
    held = a_held_visit(clock.now() + timedelta(days=2), expires_at=clock.now(), team_id=NORTH)
    async with uow.begin(org_id) as unit:
        await unit.bookings.save(held)


async def an_old_dead_letter(uow: UnitOfWork, clock: FixedClock, org_id: OrgId) -> None:
    await fail(uow, clock, org_id, "k")


async def an_old_key(uow: UnitOfWork, _clock: FixedClock, org_id: OrgId) -> None:
    await use_a_key(uow, org_id, "k")


async def a_change(uow: UnitOfWork, _clock: FixedClock, org_id: OrgId) -> None:
    await write(uow, an_admin(org_id))


async def a_tombstone(uow: UnitOfWork, clock: FixedClock, org_id: OrgId) -> None:
    async with uow.begin(org_id) as unit:
        await unit.tombstones.add(some(org_id, clock.now())[:1])


async def a_shut_door(uow: UnitOfWork, clock: FixedClock, org_id: OrgId) -> None:
    person = await join(uow, org_id, clock.now())
    await keep_failures(uow, a_failure(clock.now(), Lockout.PASSWORD, person.id))


MUCH_LATER = timedelta(days=200)
WORK: dict[str, tuple[Prepare, timedelta, str]] = {
    "outbox-delivery": (a_message, timedelta(), "sent"),
    "booking-reminders": (a_near_one, timedelta(), "queued"),
    "booking-expiry": (an_overdue_hold, timedelta(), "expired"),
    "retention-cleanup": (an_old_dead_letter, MUCH_LATER, "done"),
    "housekeeping": (an_old_key, MUCH_LATER, "purged"),
    "storage-janitor": (a_tombstone, timedelta(), "processed"),
    "audit-sealing": (a_change, timedelta(), "sealed"),
    "lockout-notices": (a_shut_door, timedelta(), "told"),
}
"""By job: what a company gives it to do, how long afterwards it is due, and the key that counts it."""


@dataclass(slots=True)
class Runner:
    uow: OneRaises
    clock: FixedClock
    loop: Callable[[str], JobLoop]
    orgs: list[OrgId]


@pytest.fixture
async def runner(memory_uow: MemoryUnitOfWork, clock: FixedClock) -> Runner:
    uow = OneRaises(memory_uow)
    seen = cast("UnitOfWork", uow)
    registry = JobRegistry(
        uow=seen,
        clock=clock,
        ids=SystemIdentifiers(),
        locks=MemoryJobLocks(),
        deliver_due=a_runner(seen, clock, World()),
        end_dead_leases=EndDeadLeasesHandler(
            uow=seen, clock=clock, channels=Channels({}), lives=runner_lives()
        ),
        remind_clients=RemindClientsHandler(seen, clock),
        expire_bookings=ExpireBookingsHandler(seen, clock),
        clean_up=CleanUpHandler(seen, clock, RetentionRules(dict.fromkeys(RetentionClass, 30))),
        purge_leftovers=PurgeLeftoversHandler(seen, clock),
        seal_audit=SealAuditHandler(seen, Rfc8785CanonicalJson()),
        purge_tries=PurgeTriesHandler(seen, clock),
        tell_lockouts=TellLockoutsHandler(seen, clock),
        clear_tombstones=ClearTombstonesHandler(
            seen,
            clock,
            MemoryObjectStorage(HmacFileLinks(b"k" * 32)),
            JanitorRules(batch_size=50, persistence=Persistence(most_attempts=5, interval_seconds=30)),
        ),
        clear_stale_uploads=ClearStaleUploadsHandler(seen, clock, SystemIdentifiers()),
    )

    def loop(job: str) -> JobLoop:
        return JobLoop(jobs=registry.jobs([job]), pulses=Pulses(seen, clock, "here"))

    orgs = [await found_org(memory_uow, clock.now()) for _ in range(ORGS)]
    return Runner(uow, clock, loop, orgs)


@pytest.mark.parametrize("job", WORK)
async def test_one_company_that_raises_is_one_company_s_failure(runner: Runner, job: str) -> None:
    prepare, later, key = WORK[job]
    for org_id in runner.orgs:
        await prepare(cast("UnitOfWork", runner.uow.inner), runner.clock, org_id)
    runner.clock.set(runner.clock.now() + later)
    runner.uow.broken = {runner.orgs[7]}
    (outcome,) = await runner.loop(job).run_once(anyio.Event())
    assert (outcome.error, outcome.result.orgs_failed) == ("org_failed", 1)
    assert outcome.result.counts[key] == ORGS - 1
    assert outcome.as_json()["status"] == "failed"
    runner.uow.broken = set()
    (healed,) = await runner.loop(job).run_once(anyio.Event())
    assert (healed.error, healed.result.orgs_failed) == (None, 0)
    assert healed.result.counts[key] == 1
    async with runner.uow.inner.begin_global() as unit:
        pulse = await unit.heartbeats.lock(job)
    assert (pulse.consecutive_failures, pulse.errors) == (0, {"org_failed": 1})


def test_no_job_is_forgotten() -> None:
    assert set(WORK) == set(JOBS)
