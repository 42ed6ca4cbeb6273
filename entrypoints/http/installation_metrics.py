"""What is counted in the database: the same from any process (delivery page, §7: source S)."""

import asyncio
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from time import monotonic

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from application.delivery.job_table import JOBS, RUNNER
from application.delivery.read_figures import InstallationFigures, ReadFiguresHandler
from application.delivery.read_job_status import HeartbeatRule
from application.ports.delivery_queues import Queue
from domain.delivery.heartbeat import Heartbeat
from domain.shared.circuit import Circuit, CircuitState
from domain.shared.errors import DomainError
from domain.storage.tombstone import TombstoneState

FRESH_SECONDS = 5.0
STALE_SECONDS = 60.0
BUDGET_SECONDS = 1.0
STATES = ("pending", "retry", "dead")
KINDS = ("email", "export", "webhook")
CIRCUITS = ("stripe", "email", "s3")
HOW_OPEN = {CircuitState.CLOSED: 0.0, CircuitState.HALF_OPEN: 0.5, CircuitState.OPEN: 1.0}
REASONS = ("timeout", "database", "upstream", "org_failed", "unexpected")

logger = logging.getLogger("sweepline.metrics")


@dataclass(slots=True)
class InstallationMetrics:
    """Counted at most every few seconds, whoever asks. A count that takes longer than a scrape may wait goes
    on for the next one, and meanwhile the last is told: a great backlog is when it is wanted most."""

    figures: ReadFiguresHandler
    rule: HeartbeatRule
    _last: tuple[float, bytes] | None = field(default=None, init=False)
    _counting: "asyncio.Task[None] | None" = field(default=None, init=False)

    async def exposition(self) -> bytes:
        """Without a database it says just that."""
        if (known := self._told_within(FRESH_SECONDS)) is not None:
            return known
        if self._counting is None or self._counting.done():
            self._counting = asyncio.create_task(self._count())
        await asyncio.wait({self._counting}, timeout=BUDGET_SECONDS)
        return self._told_within(STALE_SECONDS) or rendered([up(0)])

    async def close(self) -> None:
        if self._counting is not None:
            self._counting.cancel()
            await asyncio.gather(self._counting, return_exceptions=True)

    def _told_within(self, seconds: float) -> bytes | None:
        return self._last[1] if self._last is not None and monotonic() - self._last[0] < seconds else None

    async def _count(self) -> None:
        try:
            found = await self.figures.handle()
        except DomainError:
            logger.warning("the installation could not be counted")
            self._last = None
        except Exception:  # as of a database that is not migrated: the process still tells of itself
            logger.exception("the installation could not be counted")
            self._last = None
        else:
            self._last = (monotonic(), rendered([up(1), *metrics_of(found, self.rule)]))


def metrics_of(found: InstallationFigures, rule: HeartbeatRule) -> Iterator[Metric]:
    yield from queue_metrics(found)
    yield from job_metrics(found, rule)
    yield from circuit_metrics(found)
    yield storage_metric(found)


class Read(Collector):
    def __init__(self, metrics: Iterable[Metric]) -> None:
        self.metrics = list(metrics)

    def collect(self) -> Iterator[Metric]:
        yield from self.metrics


def rendered(metrics: Iterable[Metric]) -> bytes:
    registry = CollectorRegistry()
    registry.register(Read(metrics))
    return generate_latest(registry)


def up(value: int) -> Metric:
    return GaugeMetricFamily("database_up", "Whether the database answered just now", value=value)


def queue_metrics(found: InstallationFigures) -> Iterator[Metric]:
    queues = {(queue.kind, queue.status): queue for queue in found.queues}
    kinds = sorted({*KINDS, *(kind for kind, _ in queues)})
    waiting = gauge("outbox_queue_messages", "Messages not sent", "kind", "status")
    oldest = gauge("outbox_oldest_due_seconds", "How long the first due message has waited", "kind")
    in_flight = gauge("outbox_in_flight", "Messages under a lease", "kind")
    for kind in kinds:
        here = [queues.get((kind, state), Queue(kind, state, 0, None, 0)) for state in STATES]
        for queue in here:
            waiting.add_metric([kind, queue.status], queue.messages)
        due = [queue.oldest_due_at for queue in here if queue.oldest_due_at]
        oldest.add_metric([kind], max(0.0, (found.at - min(due)).total_seconds()) if due else 0)
        in_flight.add_metric([kind], sum(queue.in_flight for queue in here))
    dead = gauge("dlq_messages", "Dead letters", "kind")
    letters = [queue for queue in found.queues if queue.status == "dead"]
    dead.add_metric(["outbox"], sum(queue.messages for queue in letters if queue.kind != "export"))
    dead.add_metric(["export"], sum(queue.messages for queue in letters if queue.kind == "export"))
    yield from (waiting, oldest, in_flight, dead)


def job_metrics(found: InstallationFigures, rule: HeartbeatRule) -> Iterator[Metric]:
    pulses = {pulse.name: pulse for pulse in found.pulses}
    beat = gauge("job_last_heartbeat_timestamp", "Unix seconds", "job")
    success = gauge("job_last_success_timestamp", "Unix seconds", "job")
    failures = gauge("job_consecutive_failures", "Failed runs since the last success", "job")
    duration = gauge("job_last_duration_seconds", "Of the last run that ended", "job")
    errors = CounterMetricFamily("job_errors", "Failed runs", labels=["job", "reason"])
    for name in (*JOBS, RUNNER):
        pulse = pulses.get(name, Heartbeat(name=name))
        if pulse.last_heartbeat is not None:
            beat.add_metric([name], pulse.last_heartbeat.timestamp())
        if pulse.last_success_at is not None:
            success.add_metric([name], pulse.last_success_at.timestamp())
        if pulse.last_duration_ms is not None:
            duration.add_metric([name], pulse.last_duration_ms / 1000)
        failures.add_metric([name], pulse.consecutive_failures)
        for reason in REASONS:
            errors.add_metric([name, reason], pulse.errors.get(reason, 0))
    yield from (beat, success, failures, duration, errors)
    runner = pulses.get(RUNNER)
    heard = runner.last_heartbeat if runner else None
    fresh = heard is not None and (found.at - heard).total_seconds() <= rule.ttl_seconds
    up = gauge("job_runner_up", "Whether a runner beats", "job")
    up.add_metric([RUNNER], int(fresh))
    yield up


def circuit_metrics(found: InstallationFigures) -> Iterator[Metric]:
    known = {circuit.name: circuit for circuit in found.circuits}
    state = gauge("circuit_state", "0 closed, 0.5 half-open, 1 open", "circuit")
    opened = CounterMetricFamily("circuit_opened", "How often it opened", labels=["circuit"])
    for name in CIRCUITS:
        circuit = known.get(name, Circuit(name=name))
        state.add_metric([name], HOW_OPEN[circuit.state(found.at)])
        opened.add_metric([name], circuit.opened_total)
    yield from (state, opened)


def storage_metric(found: InstallationFigures) -> Metric:
    queue = gauge("storage_delete_queue_messages", "Stored objects that must be gone", "status")
    for state in TombstoneState:
        queue.add_metric([state.value], found.tombstones.get(state, 0))
    return queue


def gauge(name: str, meaning: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, meaning, labels=labels)
