from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.delivery.attempt import AttemptOutcome
from domain.delivery.faults import Fault
from domain.delivery.outbox_event import EventOutcome, EventStatus, Lease, OutboxEvent
from domain.delivery.retry_policy import RetryPolicy
from domain.shared.ids import EventId

NOON = datetime(2026, 3, 8, 12, tzinfo=UTC)
POLICY = RetryPolicy(max_attempts=5, base_backoff_seconds=30, max_backoff_seconds=3600)


def an_event() -> OutboxEvent:
    return OutboxEvent(
        id=EventId(uuid4()),
        kind="email",
        event_type="booking_confirmed",
        dedupe_key="booking:1:confirmed",
        secret_sealed=b"sealed",
        next_attempt_at=NOON,
        created_at=NOON,
    )


def a_lease(now: datetime = NOON, token: UUID | None = None) -> Lease:
    return Lease(
        token=token or uuid4(), runner="here", started_at=now, expires_at=now + timedelta(seconds=60)
    )


def test_a_claimed_message_is_due_again_when_its_lease_ends() -> None:
    claimed = an_event().claim(a_lease())
    assert claimed.attempts == claimed.total_attempts == 1
    assert not claimed.is_due(NOON + timedelta(seconds=59))
    assert claimed.is_due(NOON + timedelta(seconds=60))


def test_delivered_is_final_and_wipes_the_secret() -> None:
    sent = an_event().claim(a_lease()).settle(EventOutcome.DELIVERED, NOON)
    assert (sent.status, sent.sent_at, sent.next_attempt_at) == (EventStatus.SENT, NOON, None)
    assert sent.secret_sealed is None
    assert sent.lease_token is None


@pytest.mark.parametrize("outcome", [EventOutcome.SKIPPED, EventOutcome.SUPPRESSED, EventOutcome.WITHDRAWN])
def test_only_a_delivered_message_was_sent(outcome: EventOutcome) -> None:
    assert an_event().settle(outcome, NOON).sent_at is None


def test_a_permanent_fault_kills_at_once() -> None:
    dead = an_event().claim(a_lease()).fail(Fault.of("recipient_refused"), NOON, POLICY, 0)
    assert (dead.status, dead.last_error, dead.dead_at) == (EventStatus.DEAD, "recipient_refused", NOON)
    assert dead.secret_sealed is None


def test_the_last_attempt_that_fails_kills() -> None:
    event, now = an_event(), NOON
    for attempt in range(1, POLICY.max_attempts + 1):
        assert event.status is not EventStatus.DEAD
        event = event.claim(a_lease(now)).fail(Fault.of("timeout"), now, POLICY, 0)
        assert event.attempts == attempt
        now = event.next_attempt_at or now
    assert event.status is EventStatus.DEAD


def test_a_lease_lost_once_is_due_at_once_and_lost_twice_waits_alone() -> None:
    now = NOON + timedelta(seconds=60)
    once = an_event().claim(a_lease()).lose_lease(now, POLICY, 0)
    assert once.is_due(now)
    assert not once.is_quarantined
    twice = once.claim(a_lease(now)).lose_lease(now, POLICY, 0)
    assert twice.is_quarantined
    assert twice.next_attempt_at == now + timedelta(seconds=60)  # the wait after a second failure


def test_a_message_that_kills_its_runner_each_time_dies_as_lost() -> None:
    event, now = an_event(), NOON
    while not event.is_settled:
        event = event.claim(a_lease(now))
        assert event.attempts <= POLICY.max_attempts
        now = event.next_attempt_at or now
        event = event.lose_lease(now, POLICY, 0.5)
        now = event.next_attempt_at or now
    assert (event.status, event.last_error, event.attempts) == (EventStatus.DEAD, "lost", 5)


def test_only_who_holds_the_lease_may_answer() -> None:
    lease = a_lease()
    claimed = an_event().claim(lease)
    assert claimed.is_held(lease.token, NOON + timedelta(seconds=59))
    assert not claimed.is_held(lease.token, NOON + timedelta(seconds=60))
    assert not claimed.is_held(uuid4(), NOON)
    assert not claimed.settle(EventOutcome.WITHDRAWN, NOON).is_held(lease.token, NOON)


def test_a_lease_that_ends_before_its_time_is_over_for_who_held_it() -> None:
    lease = a_lease()
    now = NOON + timedelta(seconds=1)
    ended = an_event().claim(lease).end_lease(now)
    assert ended.is_due(now)
    assert not ended.is_held(lease.token, now)
    assert ended.end_lease(now + timedelta(seconds=9)) is ended  # never longer
    assert an_event().end_lease(now).lease_expires_at is None


def test_a_released_message_was_never_tried() -> None:
    released = an_event().claim(a_lease()).release(NOON)
    assert (released.attempts, released.total_attempts, released.lease_token) == (0, 0, None)
    assert released.is_due(NOON)


def test_an_attempt_is_told_in_milliseconds_by_its_number() -> None:
    claimed = an_event().claim(a_lease())
    finished_at = NOON + timedelta(milliseconds=1500)
    attempt = claimed.attempt(AttemptOutcome.DELIVERED, finished_at=finished_at)
    assert (attempt.attempt, attempt.duration_ms, attempt.runner) == (1, 1500, "here")
    assert claimed.lost_attempt().finished_at is None


STEPS = st.lists(
    st.tuples(st.sampled_from(["deliver", "fail", "refuse", "lose", "release", "withdraw"]), st.floats(0, 1)),
    max_size=30,
)


@given(STEPS, st.integers(1, 6))
def test_whatever_happens_the_books_agree(steps: list[tuple[str, float]], max_attempts: int) -> None:
    policy = RetryPolicy(max_attempts=max_attempts, base_backoff_seconds=30)
    event, now = an_event(), NOON
    for step, chance in steps:
        if event.is_settled:
            break
        now = event.next_attempt_at or now
        event = _step(step, event.claim(a_lease(now)), now, policy, chance)
        assert event.attempts <= max_attempts
        assert (event.next_attempt_at is None) == event.is_settled
        assert (event.sent_at is not None) == (event.outcome is EventOutcome.DELIVERED)
        assert (event.dead_at is not None) == (event.status is EventStatus.DEAD)
        assert event.lease_token is None


def _step(step: str, event: OutboxEvent, now: datetime, policy: RetryPolicy, chance: float) -> OutboxEvent:
    match step:
        case "deliver":
            return event.settle(EventOutcome.DELIVERED, now)
        case "fail":
            return event.fail(Fault.of("timeout"), now, policy, chance)
        case "refuse":
            return event.fail(Fault.of("header_invalid"), now, policy, chance)
        case "lose":
            return event.lose_lease(now + timedelta(seconds=60), policy, chance)
        case "release":
            return event.release(now)
        case _:
            return event.settle(EventOutcome.WITHDRAWN, now)


def test_why_it_failed_is_kept_without_secrets() -> None:
    said = Fault(code="status_500 for ann@example.com", permanent=False)
    policy = RetryPolicy(max_attempts=3, base_backoff_seconds=30)
    claimed = an_event().claim(a_lease(NOON))
    assert claimed.fail(said, NOON, policy, 0.5).last_error == "status_500 for <redacted>"
    assert claimed.die("token=abc", NOON).last_error == "token=<redacted>"
