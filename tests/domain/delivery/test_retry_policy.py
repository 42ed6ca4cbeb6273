from collections import Counter
from datetime import timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from domain.delivery.retry_policy import RetryPolicy

POLICIES = st.builds(
    RetryPolicy,
    max_attempts=st.integers(1, 50),
    base_backoff_seconds=st.integers(0, 3600),
    max_backoff_seconds=st.integers(1, 86_400),
)
CHANCES = st.floats(0, 1)


@given(POLICIES, st.integers(1, 50), CHANCES)
def test_the_wait_lies_between_the_doubled_base_and_a_quarter_more(
    policy: RetryPolicy, attempt: int, chance: float
) -> None:
    d = min(policy.max_backoff_seconds, policy.base_backoff_seconds * 2 ** (attempt - 1))
    seconds = policy.delay(attempt, chance).total_seconds()
    assert d <= seconds <= 1.25 * d + 1e-6


@given(POLICIES, st.integers(1, 50), CHANCES, st.integers(0, 10**6))
def test_a_longer_wait_that_the_peer_asks_for_wins_up_to_the_cap(
    policy: RetryPolicy, attempt: int, chance: float, asked: int
) -> None:
    ours = policy.delay(attempt, chance)
    both = policy.delay(attempt, chance, asked)
    assert both >= ours
    assert both == max(ours, timedelta(seconds=min(asked, policy.max_backoff_seconds)))


def test_the_first_waits_of_the_defaults() -> None:
    policy = RetryPolicy()
    assert [policy.delay(n, 0).total_seconds() for n in (1, 2, 3, 8, 50)] == [30, 60, 120, 3600, 3600]
    assert policy.delay(1, 1).total_seconds() == 37.5


def test_after_a_minutes_outage_the_crowd_comes_back_spread() -> None:
    """5,000 messages at once, all in vain for a minute: no second afterwards has thrice its share."""
    policy, dice, outage = RetryPolicy(), Random(5), 60
    seconds = Counter[int]()
    for _ in range(5000):
        at, attempts = 0.0, 0
        while at < outage:
            attempts += 1
            at += policy.delay(attempts, dice.random()).total_seconds()
        seconds[int(at)] += 1
    mean = seconds.total() / (max(seconds) - min(seconds) + 1)
    assert max(seconds.values()) <= 3 * mean
