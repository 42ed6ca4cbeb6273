"""How the installation's jobs are doing. The answer names no organisation and counts nothing of theirs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from application.delivery.job_table import JOBS, RUNNER, JobSpec
from application.ports.clock import Clock
from application.ports.unit_of_work import UnitOfWork
from domain.delivery.heartbeat import BEAT_SECONDS, Heartbeat, JobState
from domain.identity.actor import Actor, Need

TICK_SECONDS = 60
_BEHIND_THE_RUNNER = JobSpec(name=RUNNER, every_seconds=None, timeout_seconds=BEAT_SECONDS, result_keys=())


@dataclass(frozen=True, slots=True, kw_only=True)
class HeartbeatRule:
    """Whether readiness asks for a runner, and how old its last heartbeat may be."""

    required: bool = False
    ttl_seconds: int = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """`interval_seconds` of a job without a rhythm of its own is the tick of whoever ran it last."""

    spec: JobSpec
    pulse: Heartbeat
    interval_seconds: int
    state: JobState
    runners: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStatusView:
    status: str  # ok, late, failing, never_run
    rule: HeartbeatRule
    jobs: Sequence[JobView]


@dataclass(frozen=True, slots=True)
class ReadJobStatusHandler:
    uow: UnitOfWork
    clock: Clock
    rule: HeartbeatRule

    async def handle(self, actor: Actor) -> JobStatusView:
        """By name, jobs that never ran and the runner itself among them."""
        actor.require(Need.VIEW)
        async with self.uow.begin_global() as unit:
            pulses = {pulse.name: pulse for pulse in await unit.heartbeats.list_all()}
        now = self.clock.now()
        specs = sorted([*JOBS.values(), _BEHIND_THE_RUNNER], key=lambda spec: spec.name)
        jobs = [self._view(spec, pulses.get(spec.name, Heartbeat(name=spec.name)), now) for spec in specs]
        return JobStatusView(status=_overall(jobs), rule=self.rule, jobs=jobs)

    def _view(self, spec: JobSpec, pulse: Heartbeat, now: datetime) -> JobView:
        interval = _interval(spec, pulse)
        state = pulse.state(now, interval, spec.timeout_seconds)
        if spec.name == RUNNER:
            state = self._runner_state(pulse, state, now)
        return JobView(
            spec=spec, pulse=pulse, interval_seconds=interval, state=state, runners=pulse.live_runners(now)
        )

    def _runner_state(self, pulse: Heartbeat, state: JobState, now: datetime) -> JobState:
        """It is always running while it beats."""
        if pulse.last_heartbeat is None or state is JobState.FAILING:
            return state
        patience = timedelta(seconds=self.rule.ttl_seconds)
        return JobState.RUNNING if now - pulse.last_heartbeat <= patience else JobState.LATE


def _interval(spec: JobSpec, pulse: Heartbeat) -> int:
    """A runner may have been given another tick; a good run says when the next one is."""
    if spec.every_seconds is not None:
        return spec.every_seconds
    if pulse.next_run_at is None or pulse.last_success_at is None or pulse.consecutive_failures:
        return TICK_SECONDS
    return max(1, round((pulse.next_run_at - pulse.last_success_at).total_seconds()))


def _overall(jobs: Sequence[JobView]) -> str:
    """The worst of all; a job that was never asked to run says nothing, but the runner does."""
    runner = next(job for job in jobs if job.spec.name == RUNNER)
    if runner.state is JobState.NEVER_RUN:
        return str(JobState.NEVER_RUN)
    states = {job.state for job in jobs}
    for state in (JobState.FAILING, JobState.LATE):
        if state in states:
            return str(state)
    return "ok"
