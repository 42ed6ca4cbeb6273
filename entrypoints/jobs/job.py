"""A job as a runner sees it: what it is called and how often it runs, the work, and how a run ended."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from application.delivery.job_table import JobSpec


class StopSignal(Protocol):
    """Set once, when nothing new may begin any more."""

    def is_set(self) -> bool: ...

    async def wait(self) -> Any: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class JobResult:
    """What a run did: `counts` by the job's result keys."""

    counts: Mapping[str, int] = field(default_factory=dict)
    orgs: int = 0
    orgs_failed: int = 0


type Work = Callable[[StopSignal], Awaitable[JobResult]]


type IsWanted = Callable[[], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Job:
    """`is_wanted` is a cheap question, asked between two runs: on yes the next one begins before its time.
    `watch` is asked as often all the time, for what it does."""

    spec: JobSpec
    work: Work
    is_wanted: IsWanted | None = None
    watch: IsWanted | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOutcome:
    """`error` is why the run counts as failed: timeout, database, upstream, org_failed or unexpected."""

    spec: JobSpec
    result: JobResult
    duration_ms: int
    error: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "job": self.spec.name,
            "status": "ok" if self.error is None else "failed",
            "orgs": self.result.orgs,
            "orgs_failed": self.result.orgs_failed,
            "duration_ms": self.duration_ms,
            **{key: self.result.counts.get(key, 0) for key in self.spec.result_keys},
        }
