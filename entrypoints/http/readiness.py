"""Whether this instance should get traffic (delivery page, §6)."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime
from time import monotonic
from typing import Any, Literal, Protocol

import msgspec
from litestar import Request

from adapters.postgres.pool import PoolWatch
from adapters.postgres.probe import DatabaseProbe, DatabaseState
from application.ports.clock import Clock
from domain.shared.errors import Unavailable
from entrypoints.draining import Draining
from entrypoints.http.operator_token import carries
from entrypoints.settings import Settings

SHARED_SECONDS = 0.25

RedisState = Literal["off", "ok", "degraded"]


class NotReady(Unavailable):
    code = "not_ready"


class DatabasePart(msgspec.Struct):
    ok: bool
    message: str
    migrations_current: bool
    current_version: str | None
    expected_head: str | None
    tenant_isolation: bool
    latency_ms: int | None


class JobsPart(msgspec.Struct):
    ok: bool
    enabled: bool
    message: str
    last_heartbeat: datetime | None
    age_seconds: int | None
    threshold_seconds: int


class ReadyBody(msgspec.Struct):
    database: DatabasePart
    jobs: JobsPart
    redis: RedisState
    status: Literal["ok"] = "ok"


class RedisProbe(Protocol):
    async def look(self) -> RedisState:
        """Never raises, at most half a second."""


class NoRedis:
    async def look(self) -> RedisState:
        return "off"


@dataclass(slots=True)
class Readiness:
    settings: Settings
    clock: Clock
    database: DatabaseProbe
    pool: PoolWatch
    redis: RedisProbe
    draining: Draining
    _last: tuple[float, "asyncio.Task[tuple[DatabaseState, RedisState]]"] | None = None

    async def report(self, request: Request[Any, Any, Any]) -> ReadyBody:
        """Raises NotReady with the same members."""
        found, redis = await self._shared()
        body = ReadyBody(self._database(found, request), self._jobs(found), redis)
        if self.draining.begun:
            raise self._refusal("draining", body)
        for part in (body.database, body.jobs):
            if not part.ok:
                raise self._refusal(part.message, body)
        return body

    @staticmethod
    def _refusal(why: str, body: ReadyBody) -> NotReady:
        members = {"database": body.database, "jobs": body.jobs, "redis": body.redis}
        return NotReady(f"Not ready: {why}.", members=members)

    async def _shared(self) -> tuple[DatabaseState, RedisState]:
        """Parallel probes wait for one look, and a look is good for a moment."""
        if self._last is None or self._stale(*self._last):
            self._last = (monotonic(), asyncio.ensure_future(self._look()))
        return await asyncio.shield(self._last[1])

    def _stale(self, begun: float, task: "asyncio.Task[Any]") -> bool:
        """While draining the answer is known before any look: the last one goes with it, at once."""
        return task.done() and monotonic() - begun > SHARED_SECONDS and not self.draining.begun

    async def _look(self) -> tuple[DatabaseState, RedisState]:
        database, exhausted, redis = await asyncio.gather(
            self.database.look(), self.pool.is_exhausted(), self.redis.look()
        )
        if database.ok and exhausted:
            database = replace(database, message="pool_exhausted")
        return database, redis

    def _database(self, found: DatabaseState, request: Request[Any, Any, Any]) -> DatabasePart:
        shown = self.settings.is_dev or carries(request, self.settings.edge.metrics_token)
        return DatabasePart(
            found.ok,
            found.message,
            found.migrations_current,
            found.current_version if shown else None,
            found.expected_head if shown else None,
            found.tenant_isolation,
            found.latency_ms,
        )

    def _jobs(self, found: DatabaseState) -> JobsPart:
        threshold = self.settings.outbox.job_heartbeat_ttl_seconds
        if not self.settings.outbox.job_heartbeat_required:
            return JobsPart(True, False, "not_required", None, None, threshold)
        if found.runner_beat_at is None:
            return JobsPart(False, True, "missing", None, None, threshold)
        age = max(0.0, (self.clock.now() - found.runner_beat_at).total_seconds())
        fresh = age <= threshold
        message = "fresh" if fresh else "stale"
        return JobsPart(fresh, True, message, found.runner_beat_at, int(age), threshold)
