"""The pulse of one job, as every runner of the installation writes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from domain.shared.redaction import redact_text

_ERROR_LENGTH = 128
BEAT_SECONDS = 10
_SILENT_AFTER = timedelta(seconds=3 * BEAT_SECONDS)
_LATE_INTERVALS = 3


class JobState(StrEnum):
    IDLE = "idle"
    RUNNING = "running"
    LATE = "late"
    FAILING = "failing"
    NEVER_RUN = "never_run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """`runners` holds when each runner was last heard of, `at_work` since when which of them is at the job;
    who has been silent for long is forgotten."""

    name: str
    last_heartbeat: datetime | None = None
    last_success_at: datetime | None = None
    last_error: str | None = None  # a code, never a message
    last_error_at: datetime | None = None
    consecutive_failures: int = 0
    last_started_at: datetime | None = None
    last_duration_ms: int | None = None
    next_run_at: datetime | None = None
    runners: Mapping[str, datetime] = field(default_factory=dict)
    at_work: Mapping[str, datetime] = field(default_factory=dict)
    errors: Mapping[str, int] = field(default_factory=dict)  # failures ever, by code

    def beat(self, runner: str, now: datetime) -> Self:
        heard = {**self._heard(now), runner: now}
        at_work = {name: since for name, since in self.at_work.items() if name in heard}
        return replace(self, last_heartbeat=now, runners=heard, at_work=at_work)

    def start(self, runner: str, now: datetime) -> Self:
        beaten = self.beat(runner, now)
        return replace(beaten, last_started_at=now, at_work={**beaten.at_work, runner: now})

    def succeed(self, runner: str, now: datetime, *, duration_ms: int, next_run_at: datetime | None) -> Self:
        ended = self._end(runner, now, duration_ms, next_run_at)
        return replace(
            ended, last_success_at=now, last_error=None, last_error_at=None, consecutive_failures=0
        )

    def fail(
        self, runner: str, now: datetime, error: str, *, duration_ms: int, next_run_at: datetime | None
    ) -> Self:
        ended = self._end(runner, now, duration_ms, next_run_at)
        return replace(
            ended,
            errors={**self.errors, error: self.errors.get(error, 0) + 1},
            last_error=redact_text(error)[:_ERROR_LENGTH],
            last_error_at=now,
            consecutive_failures=self.consecutive_failures + 1,
        )

    def state(self, now: datetime, interval_seconds: int, timeout_seconds: int) -> JobState:
        """Late is a job without success for three intervals and a time-out; failing wins over it."""
        if self.last_started_at is None and self.last_heartbeat is None:
            return JobState.NEVER_RUN
        if self.consecutive_failures > 0:
            return JobState.FAILING
        patience = timedelta(seconds=_LATE_INTERVALS * interval_seconds + timeout_seconds)
        since = self.last_success_at or self.last_started_at or self.last_heartbeat
        if since is not None and now - since > patience:
            return JobState.LATE
        return JobState.RUNNING if self.at_work.keys() & self._heard(now).keys() else JobState.IDLE

    def live_runners(self, now: datetime) -> int:
        return len(self._heard(now))

    def _heard(self, now: datetime) -> dict[str, datetime]:
        return {name: at for name, at in self.runners.items() if at > now - _SILENT_AFTER}

    def _end(self, runner: str, now: datetime, duration_ms: int, next_run_at: datetime | None) -> Self:
        beaten = self.beat(runner, now)
        return replace(
            beaten,
            at_work={name: since for name, since in beaten.at_work.items() if name != runner},
            last_duration_ms=duration_ms,
            next_run_at=next_run_at,
        )
