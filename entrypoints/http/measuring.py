"""What this server counts of its requests (delivery page, §7: source L), and of the work of its processes.

Until counters are shared through the database, an installation's are the sum over its servers."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version
from itertools import product

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import QueuePool

from application.ports.measures import Counted, Figure
from domain.delivery.attempt import AttemptOutcome
from domain.safety.audited_actions import BOOKING

SHARED_DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"
"""The library's own variable. The supervisor of several processes sets it, so that each answers for all."""

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
WAITS = (0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0, 21600.0, 86400.0)
"""Seconds from enqueue to sent: at once, after a retry or two, after an outage."""
KINDS = ("email", "export", "webhook")
CALLS = ("accepted", "refused", "failed")
BOUNCES = ("hard", "soft", "complaint")
SERVER_ERROR = 500


class Measures:
    """Counters of one process. Labels hold route templates and classes, never what a caller wrote."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # the library leaves it so
        self.registry = CollectorRegistry()
        own = self.registry
        self._latency = Histogram(
            "http_request_latency_seconds",
            "From the first byte of a request to the last of its answer",
            ("method", "path", "status_class"),
            buckets=BUCKETS,
            registry=own,
        )
        self._errors = Counter("http_5xx", "Answers that tell of a fault", ("method", "path"), registry=own)
        self._rate_limited = Counter("rate_limited", "Requests refused by a limit", ("scope",), registry=own)
        self.in_flight = Gauge(
            "http_requests_in_flight", "Requests being answered", multiprocess_mode="livesum", registry=own
        )
        self._pool_in_use = Gauge(
            "database_pool_in_use", "Connections taken", multiprocess_mode="livesum", registry=own
        )
        self._pool_size = Gauge(
            "database_pool_size", "Connections at most", multiprocess_mode="livesum", registry=own
        )
        self._work = work_counters(own)
        self._waits = Histogram(
            Figure.OUTBOX_DELIVERY_SECONDS,
            "From enqueue to sent",
            ("kind",),
            buckets=WAITS,
            registry=own,
        )
        for kind in KINDS:
            self._waits.labels(kind)
        self._children: dict[tuple[str, str, int], Histogram] = {}

    def finished(self, method: str, path: str, status: int, seconds: float) -> None:
        """`path` is a route's template, or `unmatched`."""
        key = (method, path, status // 100)
        if key not in self._children:
            self._children[key] = self._latency.labels(method, path, f"{status // 100}xx")
        self._children[key].observe(seconds)
        if status >= SERVER_ERROR:
            self._errors.labels(method, path).inc()

    def refused(self, scope: str) -> None:
        """By a limit: `address`, `caller`, `action`, the `cap` of what is exempt, or one of a `form`."""
        self._rate_limited.labels(scope).inc()

    def note(self, counted: Iterable[Counted]) -> None:
        """What was done for good: by a transaction that has committed, or out in the world."""
        for each in counted:
            if each.figure is Figure.OUTBOX_DELIVERY_SECONDS:
                self._waits.labels(*each.labels).observe(each.amount)
            else:
                self._work[each.figure].labels(*each.labels).inc(each.amount)

    def pool(self, in_use: int, size: int) -> None:
        self._pool_in_use.set(in_use)
        self._pool_size.set(size)

    def watch(self, engine: AsyncEngine) -> None:
        """From now on: of several processes one answers for all, by what each of them wrote down."""
        pool = engine.pool
        if not isinstance(pool, QueuePool):
            return
        self.pool(pool.checkedout(), pool.size())
        event.listen(pool, "checkout", lambda *_: self._pool_in_use.set(pool.checkedout()))
        event.listen(pool, "checkin", lambda *_: self._pool_in_use.set(max(0, pool.checkedout() - 1)))

    def exposition(self) -> bytes:
        """Of all processes of this server."""
        return generate_latest(self._everyone()) + generate_latest(_OF_THIS_PROCESS)

    def _everyone(self) -> CollectorRegistry:
        if SHARED_DIRECTORY not in os.environ:
            return self.registry
        together = CollectorRegistry()
        together.register(Together(self.registry))
        return together


class Together(Collector):
    """What all processes wrote down, and the names of what none has counted yet: one process tells of these
    too, and a name that is missing looks like a figure that is not built."""

    def __init__(self, own: CollectorRegistry) -> None:
        self._own = own
        self._written = MultiProcessCollector(None)  # type: ignore[no-untyped-call]  # the library leaves it so

    def collect(self) -> Iterator[Metric]:
        written: dict[str, Metric] = {each.name: each for each in self._written.collect()}  # type: ignore[no-untyped-call]  # as above
        yield from written.values()
        for each in self._own.collect():
            if each.name not in written:
                yield Metric(each.name, each.documentation, each.type)


def work_counters(registry: CollectorRegistry) -> Mapping[Figure, Counter]:
    """Each known combination is there from the start, so that a first failure is seen as a rise from 0."""
    halves, endings = ("outbox", "export"), ("replayed", "refused")
    known: Mapping[Figure, tuple[str, tuple[str, ...], Sequence[tuple[str, ...]]]] = {
        Figure.OUTBOX_ATTEMPTS: (
            "Attempts at a delivery, by how they ended",
            ("kind", "outcome"),
            list(product(KINDS, map(str, AttemptOutcome))),
        ),
        Figure.DLQ_REPLAYS: (
            "Dead letters that somebody wanted sent again",
            ("kind", "status"),
            list(product(halves, endings)),
        ),
        Figure.BOOKINGS: (
            "What was done to bookings",
            ("action",),
            [(name.removeprefix("booking_"),) for name in BOOKING],
        ),
        Figure.EMAIL_NOTIFICATIONS: ("Mails that came to rest", ("template", "status"), ()),
        Figure.EMAIL_ADAPTER_OUTCOMES: ("Calls of the provider", ("status",), _each(CALLS)),
        Figure.EMAIL_BOUNCES: ("Mails that came back", ("kind",), _each(BOUNCES)),
    }
    made = {}
    for figure, (meaning, labels, combinations) in known.items():
        made[figure] = Counter(figure.value, meaning, labels, registry=registry)
        for combination in combinations:
            made[figure].labels(*combination)
    return made


def _each(labels: Sequence[str]) -> Sequence[tuple[str, ...]]:
    return [(label,) for label in labels]


def _of_this_process() -> CollectorRegistry:
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    registry.register(Built())
    return registry


class Built(Collector):
    """No `Gauge`: with several processes each of them would be written down, and told of beside this."""

    def collect(self) -> Iterator[Metric]:
        info = GaugeMetricFamily("sweepline_build_info", "Always 1", labels=["version"])
        info.add_metric([version("sweepline")], 1)
        yield info


_OF_THIS_PROCESS = _of_this_process()
