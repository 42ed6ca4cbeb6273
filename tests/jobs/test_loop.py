from collections.abc import Awaitable, Callable
from dataclasses import replace

import anyio
import pytest

from adapters.memory.unit_of_work import MemoryUnitOfWork
from application.delivery.job_table import RUNNER, JobSpec
from domain.delivery.heartbeat import Heartbeat
from domain.shared.errors import Unavailable
from entrypoints.jobs import loop
from entrypoints.jobs.job import IsWanted, Job, JobResult, StopSignal
from entrypoints.jobs.loop import JobLoop
from entrypoints.jobs.pulses import Pulses
from tests.support.clock import FixedClock

LOOK_SECONDS = 0.02
type Deed = Callable[[StopSignal], Awaitable[JobResult]]


@pytest.fixture
def pulses(memory_uow: MemoryUnitOfWork, clock: FixedClock) -> Pulses:
    return Pulses(memory_uow, clock, "here")


def a_job(name: str, deed: Deed, *, every: int = 1, timeout: float = 1) -> Job:
    spec = JobSpec(
        name=name,
        every_seconds=every,
        timeout_seconds=timeout,  # type: ignore[arg-type]  # tests have less patience than a second
        result_keys=("done",),
    )
    return Job(spec, deed)


async def well(stop: StopSignal) -> JobResult:
    return JobResult(counts={"done": 3}, orgs=2)


async def badly(stop: StopSignal) -> JobResult:
    raise ZeroDivisionError


async def without_database(stop: StopSignal) -> JobResult:
    raise Unavailable("gone")


async def half(stop: StopSignal) -> JobResult:
    return JobResult(counts={"done": 1}, orgs=2, orgs_failed=1)


async def for_ever(stop: StopSignal) -> JobResult:
    await anyio.sleep_forever()
    raise AssertionError


async def pulse_of(uow: MemoryUnitOfWork, name: str) -> Heartbeat:
    async with uow.begin_global() as unit:
        return await unit.heartbeats.lock(name)


async def test_one_that_fails_or_hangs_stops_no_other(
    pulses: Pulses, memory_uow: MemoryUnitOfWork, clock: FixedClock
) -> None:
    deeds = {
        "well": well,
        "badly": badly,
        "without-database": without_database,
        "half": half,
        "for-ever": for_ever,
    }
    jobs = [a_job(name, deed, timeout=0.2) for name, deed in deeds.items()]
    outcomes = await JobLoop(jobs=jobs, pulses=pulses).run_once(anyio.Event())
    errors = [outcome.error for outcome in outcomes]
    assert errors == [None, "unexpected", "database", "org_failed", "timeout"]
    assert outcomes[0].as_json() | {"duration_ms": 0} == {
        "job": "well",
        "status": "ok",
        "orgs": 2,
        "orgs_failed": 0,
        "duration_ms": 0,
        "done": 3,
    }
    assert outcomes[4].as_json()["done"] == 0
    good, bad = await pulse_of(memory_uow, "well"), await pulse_of(memory_uow, "badly")
    assert (good.last_success_at, good.consecutive_failures) == (clock.now(), 0)
    assert (bad.last_success_at, bad.last_error, bad.consecutive_failures) == (None, "unexpected", 1)
    assert (await pulse_of(memory_uow, RUNNER)).consecutive_failures == 1


async def test_the_runner_does_well_when_all_jobs_did(
    pulses: Pulses, memory_uow: MemoryUnitOfWork, clock: FixedClock
) -> None:
    await JobLoop(jobs=[a_job("well", well)], pulses=pulses).run_once(anyio.Event())
    runner = await pulse_of(memory_uow, RUNNER)
    assert (runner.last_success_at, runner.last_heartbeat) == (clock.now(), clock.now())


async def test_each_job_keeps_its_own_time(pulses: Pulses) -> None:
    ran: list[str] = []

    def counting(name: str, seconds: float) -> Deed:
        async def deed(stop: StopSignal) -> JobResult:
            ran.append(name)
            await anyio.sleep(seconds)
            return JobResult()

        return deed

    jobs = [
        a_job("quick", counting("quick", 0)),
        a_job("slow", counting("slow", 60), timeout=60),
        a_job("rare", counting("rare", 0), every=60),
    ]
    stop = anyio.Event()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(JobLoop(jobs=jobs, pulses=pulses, grace_seconds=0.1).run, stop)
        await anyio.sleep(2.5)
        stop.set()
    assert (ran.count("quick"), ran.count("slow"), ran.count("rare")) == (3, 1, 1)


async def test_a_stop_lets_finish_what_has_begun(pulses: Pulses) -> None:
    ended: list[str] = []

    async def notices(stop: StopSignal) -> JobResult:
        await stop.wait()
        await anyio.sleep(0.2)
        ended.append("finished")
        return JobResult()

    async def ignores(stop: StopSignal) -> JobResult:
        try:
            await anyio.sleep_forever()
        finally:
            ended.append("cancelled")
        return JobResult()

    jobs = [a_job("notices", notices, timeout=60), a_job("ignores", ignores, timeout=60)]
    stop = anyio.Event()
    with anyio.fail_after(3):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(JobLoop(jobs=jobs, pulses=pulses, grace_seconds=0.5).run, stop)
            await anyio.sleep(0.1)
            stop.set()
    assert ended == ["finished", "cancelled"]


async def test_pulses_that_cannot_be_written_stop_nothing(clock: FixedClock) -> None:
    class Broken(MemoryUnitOfWork):
        def begin_global(self):  # type: ignore[no-untyped-def]  # noqa: ANN202  # as its parent's
            raise Unavailable("gone")

    from adapters.system.identifiers import SystemIdentifiers

    pulses = Pulses(Broken(clock, SystemIdentifiers()), clock, "here")
    (outcome,) = await JobLoop(jobs=[a_job("well", well)], pulses=pulses).run_once(anyio.Event())
    assert outcome.error is None


async def test_while_one_run_waits_for_the_world_another_begins(pulses: Pulses) -> None:
    begun = list[int]()

    async def wait(stop: StopSignal) -> JobResult:
        begun.append(len(begun))
        await stop.wait()
        return JobResult()

    slow = a_job("slow", wait, timeout=30)
    twofold = replace(slow, spec=replace(slow.spec, side_by_side=2))
    stop = anyio.Event()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(JobLoop(jobs=[twofold], pulses=pulses).run, stop)
        with anyio.fail_after(10):
            while len(begun) < 2:  # noqa: ASYNC110  # a count, not an event
                await anyio.sleep(0.02)
        stop.set()
    assert begun == [0, 1]


@pytest.mark.parametrize(("deed", "runs"), [(well, 2), (badly, 1)])
async def test_a_run_that_is_wanted_begins_before_its_time_unless_the_last_one_failed(
    pulses: Pulses, monkeypatch: pytest.MonkeyPatch, deed: Deed, runs: int
) -> None:
    ran, wanted = list[int](), [False, False, True]

    async def counted(stop: StopSignal) -> JobResult:
        ran.append(1)
        return await deed(stop)

    async def is_wanted() -> bool:
        if not wanted:
            raise Unavailable("gone")
        return wanted.pop(0)

    monkeypatch.setattr(loop, "LOOK_SECONDS", LOOK_SECONDS)
    job, stop = replace(a_job("rare", counted, every=60), is_wanted=is_wanted), anyio.Event()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(JobLoop(jobs=[job], pulses=pulses).run, stop)
        await anyio.sleep(LOOK_SECONDS * 4.5)
        stop.set()
    assert len(ran) == runs


async def hangs() -> bool:
    await anyio.sleep_forever()
    raise AssertionError


async def raises() -> bool:
    raise ZeroDivisionError


@pytest.mark.parametrize("question", [hangs, raises])
async def test_a_question_that_fails_or_hangs_keeps_no_run_from_its_time(
    pulses: Pulses, monkeypatch: pytest.MonkeyPatch, question: IsWanted
) -> None:
    ran = list[int]()

    async def counted(stop: StopSignal) -> JobResult:
        ran.append(1)
        return JobResult()

    monkeypatch.setattr(loop, "LOOK_SECONDS", LOOK_SECONDS)
    monkeypatch.setattr(loop, "ANSWER_SECONDS", LOOK_SECONDS)
    job, stop = replace(a_job("often", counted, every=1), is_wanted=question), anyio.Event()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(JobLoop(jobs=[job], pulses=pulses).run, stop)
        with anyio.fail_after(10):
            while len(ran) < 2:  # noqa: ASYNC110  # a count, not an event
                await anyio.sleep(LOOK_SECONDS)
        stop.set()


async def test_a_watch_is_kept_while_runs_go_on_and_after_it_failed(
    pulses: Pulses, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = list[int]()

    async def watch() -> bool:
        looks.append(1)
        raise ZeroDivisionError

    monkeypatch.setattr(loop, "LOOK_SECONDS", LOOK_SECONDS)
    job, stop = replace(a_job("long", for_ever, timeout=60), watch=watch), anyio.Event()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(JobLoop(jobs=[job], pulses=pulses, grace_seconds=0).run, stop)
        with anyio.fail_after(10):
            while len(looks) < 3:  # noqa: ASYNC110  # a count, not an event
                await anyio.sleep(LOOK_SECONDS)
        stop.set()


async def test_a_signal_ends_single_runs_too_when_their_grace_is_over(pulses: Pulses) -> None:
    stop = anyio.Event()
    jobs = [a_job("hangs", for_ever, timeout=60), a_job("works", well)]
    loop = JobLoop(jobs=jobs, pulses=pulses, grace_seconds=0.05)
    stop.set()
    with anyio.fail_after(5):
        outcomes = await loop.run_once(stop)
    assert [(each.spec.name, each.error) for each in outcomes] == [("hangs", "timeout"), ("works", None)]


async def test_an_outage_of_the_database_is_told_once(
    pulses: Pulses, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def gone(uow: MemoryUnitOfWork) -> None:
        raise Unavailable("gone")

    for _ in range(2):
        with monkeypatch.context() as patched:
            patched.setattr(MemoryUnitOfWork, "begin_global", gone)
            for _ in range(3):
                await pulses.beat("job")
        await pulses.beat("job")
    assert [record.getMessage() for record in caplog.records].count("heartbeat not written") == 2
