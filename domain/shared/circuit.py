"""Whether a part of the world is worth calling: after too many faults it is left alone for a while."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self
from uuid import UUID


class CircuitState(StrEnum):
    CLOSED = "closed"  # call it
    HALF_OPEN = "half_open"  # one may try
    OPEN = "open"  # leave it alone


class Verdict(StrEnum):
    """What a call showed of the world, whatever became of the work itself."""

    WORKED = "worked"
    FAILED = "failed"  # the world could not be reached, or did not do its part
    SHOWED_NOTHING = "showed_nothing"  # cut short, or refused for what was asked


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitPolicy:
    """`failure_threshold` faults within the window open it. After `trial_seconds` a trial whose caller never
    came back holds the place no longer: longer than any call takes."""

    failure_threshold: int = 5
    window_seconds: float = 60
    recovery_seconds: float = 30
    trial_seconds: float = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Circuit:
    """`open_until` None: closed. Once that has passed, one caller at a time may try, and `trial` is their
    claim."""

    name: str
    faults: tuple[datetime, ...] = ()  # while closed, those of the window
    open_until: datetime | None = None
    trial: UUID | None = None
    trial_until: datetime | None = None
    opened_total: int = 0

    def state(self, now: datetime) -> CircuitState:
        if self.open_until is None:
            return CircuitState.CLOSED
        return CircuitState.OPEN if self.open_until > now else CircuitState.HALF_OPEN

    def has_room(self, now: datetime) -> bool:
        """Whether a call may begin."""
        state = self.state(now)
        return state is CircuitState.CLOSED or (state is CircuitState.HALF_OPEN and not self._is_tried(now))

    def seconds_to_wait(self, now: datetime) -> int:
        """Whole seconds, at least one, until it is worth asking again."""
        until = max(self.open_until or now, self.trial_until or now)
        return max(1, -((now - until) // timedelta(seconds=1)))

    def begin_trial(self, trial: UUID, now: datetime, policy: CircuitPolicy) -> Self:
        """Where there is room in a circuit that was open."""
        until = now + timedelta(seconds=policy.trial_seconds)
        return replace(self, trial=trial, trial_until=until)

    def judge(self, verdict: Verdict, trial: UUID | None, now: datetime, policy: CircuitPolicy) -> Self:
        """After a call; `trial` is its claim if it was one. The same object: this changes nothing."""
        if self.open_until is not None:
            return self._after_trial(verdict, now, policy) if trial and trial == self.trial else self
        if trial is not None or verdict is not Verdict.FAILED:
            return self
        since = now - timedelta(seconds=policy.window_seconds)
        faults = (*(fault for fault in self.faults if fault > since), now)
        if len(faults) < policy.failure_threshold:
            return replace(self, faults=faults)
        return self._open(now, policy)

    def _after_trial(self, verdict: Verdict, now: datetime, policy: CircuitPolicy) -> Self:
        if verdict is Verdict.WORKED:
            return replace(self, open_until=None, trial=None, trial_until=None)
        if verdict is Verdict.FAILED:
            return self._open(now, policy)
        return replace(self, trial=None, trial_until=None)

    def _open(self, now: datetime, policy: CircuitPolicy) -> Self:
        return replace(
            self,
            faults=(),
            open_until=now + timedelta(seconds=policy.recovery_seconds),
            trial=None,
            trial_until=None,
            opened_total=self.opened_total + 1,
        )

    def _is_tried(self, now: datetime) -> bool:
        return self.trial_until is not None and self.trial_until > now
