"""A message on its way out: what may happen to it, and when it is tried again."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from domain.delivery.attempt import Attempt, AttemptOutcome
from domain.delivery.faults import Fault
from domain.delivery.replaying import OutboxNotDead, OutboxNotReplayable, obstacle
from domain.delivery.retry_policy import RetryPolicy
from domain.delivery.runner import short_name
from domain.shared.ids import EventId
from domain.shared.redaction import redact_text

LOST = "lost"
_LOSSES_BEFORE_QUARANTINE = 2


class EventStatus(StrEnum):
    PENDING = "pending"
    RETRY = "retry"
    SENT = "sent"  # settled well; nothing leaves it
    DEAD = "dead"


class EventOutcome(StrEnum):
    """How a message came to be settled without anybody having to look."""

    DELIVERED = "delivered"
    SKIPPED = "skipped"  # mail is switched off, or the recipient has had enough for a day
    SUPPRESSED = "suppressed"
    WITHDRAWN = "withdrawn"  # its cause is gone


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A runner's claim on one message for a bounded time. It is never renewed."""

    token: UUID
    runner: str
    started_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxEvent:
    """One outgoing message. Its id is stable over every attempt, so a receiver can discard twins.

    A claim leaves `next_attempt_at` as it is: a message whose lease ran out has its old place in the queue.
    """

    id: EventId
    kind: str
    event_type: str
    dedupe_key: str
    resource_type: str | None = None
    resource_id: UUID | None = None
    payload: Mapping[str, object] = field(default_factory=dict)
    secret_sealed: bytes | None = None  # a one-time secret; wiped when the row settles
    status: EventStatus = EventStatus.PENDING
    outcome: EventOutcome | None = None
    attempts: int = 0  # since enqueue or replay
    total_attempts: int = 0  # over the row's life; numbers its attempts
    leases_lost: int = 0  # since enqueue or replay
    next_attempt_at: datetime | None
    expires_at: datetime | None = None
    lease_token: UUID | None = None
    lease_runner: str | None = None
    lease_started_at: datetime | None = None
    lease_expires_at: datetime | None = None
    last_error: str | None = None
    created_at: datetime
    sent_at: datetime | None = None
    dead_at: datetime | None = None
    replay_count: int = 0
    last_replayed_at: datetime | None = None
    last_replayed_by: UUID | None = None
    request_id: str = ""
    traceparent: str = ""

    @property
    def is_settled(self) -> bool:
        return self.status in {EventStatus.SENT, EventStatus.DEAD}

    @property
    def has_payload(self) -> bool:
        """Retention and erasure empty it."""
        return bool(self.payload)

    @property
    def is_quarantined(self) -> bool:
        """Twice its runner vanished with it: it is tried alone from now on."""
        return self.leases_lost >= _LOSSES_BEFORE_QUARANTINE

    @property
    def goes_at_once(self) -> bool:
        """Its carrier vanished with it, for the first time: most such were only beside the culprit."""
        return self.leases_lost == 1 and self.last_error == LOST

    def is_due(self, now: datetime) -> bool:
        """Not while somebody holds a lease on it."""
        return self.next_attempt_at is not None and self.next_attempt_at <= now and not self.is_leased(now)

    def is_leased(self, now: datetime) -> bool:
        return self.lease_expires_at is not None and self.lease_expires_at > now

    def has_expired(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now

    def claim(self, lease: Lease) -> Self:
        """Taken by a runner. The attempt counts from here on, whatever becomes of the runner."""
        return replace(
            self,
            attempts=self.attempts + 1,
            total_attempts=self.total_attempts + 1,
            lease_token=lease.token,
            lease_runner=lease.runner,
            lease_started_at=lease.started_at,
            lease_expires_at=lease.expires_at,
        )

    def end_lease(self, now: datetime) -> Self:
        """Its runner is dead: the lease runs out now, before its time."""
        return replace(self, lease_expires_at=now) if self.is_leased(now) else self

    def lose_lease(self, now: datetime, policy: RetryPolicy, chance: float) -> Self:
        """Its lease ran out. The first time it is due again at once, later after the backoff."""
        lost = self._unleased(leases_lost=self.leases_lost + 1)
        if lost.is_quarantined:
            return lost.fail(Fault.of(LOST), now, policy, chance)
        due_at_once = RetryPolicy(max_attempts=policy.max_attempts, base_backoff_seconds=0)
        return lost.fail(Fault.of(LOST), now, due_at_once, chance)

    def is_held(self, token: UUID, now: datetime) -> bool:
        """Whether the claim with this token still stands: else somebody else may be trying it by now."""
        return self.lease_token == token and self.is_leased(now)

    def settle(self, outcome: EventOutcome, now: datetime) -> Self:
        sent_at = now if outcome is EventOutcome.DELIVERED else None
        return self._unleased(
            status=EventStatus.SENT,
            outcome=outcome,
            next_attempt_at=None,
            last_error=None,
            secret_sealed=None,
            sent_at=sent_at,
        )

    def fail(self, fault: Fault, now: datetime, policy: RetryPolicy, chance: float) -> Self:
        """Tried in vain: again later, or dead. `chance` in [0, 1] spreads the retries."""
        if fault.permanent or self.attempts >= policy.max_attempts:
            return self.die(fault.code, now)
        delay = policy.delay(self.attempts, chance, fault.retry_after_seconds)
        return self._unleased(
            status=EventStatus.RETRY,
            next_attempt_at=now + delay,
            last_error=redact_text(fault.code),
        )

    def die(self, code: str, now: datetime) -> Self:
        return self._unleased(
            status=EventStatus.DEAD,
            next_attempt_at=None,
            last_error=redact_text(code),
            dead_at=now,
            secret_sealed=None,
        )

    def outdate(self, now: datetime) -> Self:
        """What it says is true no more: a dead one is of use until now only. Others are withdrawn."""
        if self.status is not EventStatus.DEAD or self.has_expired(now):
            return self
        return replace(self, expires_at=now)

    def replay(self, now: datetime, by: UUID | None) -> Self:
        """A dead message as if it were new. Raises OutboxNotDead, OutboxNotReplayable."""
        if self.status is not EventStatus.DEAD:
            raise OutboxNotDead
        if (reason := obstacle(self, now)) is not None:
            raise OutboxNotReplayable(reason)
        return replace(
            self,
            status=EventStatus.PENDING,
            attempts=0,
            leases_lost=0,
            next_attempt_at=now,
            last_error=None,
            dead_at=None,
            replay_count=self.replay_count + 1,
            last_replayed_at=now,
            last_replayed_by=by,
        )

    def release(self, now: datetime) -> Self:
        """Handed back untried, as if it had never been claimed (an orderly stop)."""
        return self._unleased(
            attempts=self.attempts - 1,
            total_attempts=self.total_attempts - 1,
            next_attempt_at=now,
        )

    def lost_attempt(self) -> Attempt:
        """The record of a claim whose runner never came back."""
        return self.attempt(AttemptOutcome.LOST, finished_at=None, error=LOST)

    def attempt(
        self,
        outcome: AttemptOutcome,
        *,
        finished_at: datetime | None,
        error: str | None = None,
        http_status: int | None = None,
        provider_message_id: str | None = None,
    ) -> Attempt:
        """The record of the attempt that the present claim is."""
        started_at = self.lease_started_at or self.created_at
        return Attempt(
            event_id=self.id,
            attempt=self.total_attempts,
            started_at=started_at,
            finished_at=finished_at,
            duration_ms=None if finished_at is None else _milliseconds(finished_at - started_at),
            outcome=outcome,
            error=error,
            http_status=http_status,
            provider_message_id=provider_message_id,
            runner=short_name(self.lease_runner or ""),
        )

    def _unleased(self, **changes: Any) -> Self:
        return replace(
            self,
            lease_token=None,
            lease_runner=None,
            lease_started_at=None,
            lease_expires_at=None,
            **changes,
        )


def _milliseconds(span: timedelta) -> int:
    return max(0, span // timedelta(milliseconds=1))
