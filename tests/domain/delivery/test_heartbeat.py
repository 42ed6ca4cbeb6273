from datetime import UTC, datetime, timedelta

from domain.delivery.heartbeat import Heartbeat, JobState

NOON = datetime(2026, 3, 8, 12, tzinfo=UTC)


def ran(pulse: Heartbeat, at: datetime, *, error: str = "") -> Heartbeat:
    started = pulse.start("a", at)
    if error:
        return started.fail("a", at, error, duration_ms=5, next_run_at=None)
    return started.succeed("a", at, duration_ms=5, next_run_at=None)


def test_a_job_that_never_ran_says_so() -> None:
    assert Heartbeat(name="x").state(NOON, 60, 50) is JobState.NEVER_RUN


def test_it_runs_from_its_start_to_its_end() -> None:
    started = Heartbeat(name="x").start("a", NOON)
    assert started.state(NOON, 60, 50) is JobState.RUNNING
    ended = started.succeed("a", NOON + timedelta(seconds=1), duration_ms=1000, next_run_at=None)
    assert ended.state(NOON + timedelta(seconds=1), 60, 50) is JobState.IDLE


def test_a_runner_that_ends_hides_no_other_that_is_still_at_it() -> None:
    both = Heartbeat(name="x").start("a", NOON).start("b", NOON)
    one = both.succeed("b", NOON, duration_ms=5, next_run_at=None)
    assert one.state(NOON, 60, 50) is JobState.RUNNING
    assert one.succeed("a", NOON, duration_ms=5, next_run_at=None).state(NOON, 60, 50) is JobState.IDLE


def test_a_runner_that_fell_silent_is_at_nothing() -> None:
    pulse = Heartbeat(name="x").start("a", NOON).beat("b", NOON + timedelta(seconds=29))
    assert pulse.state(NOON + timedelta(seconds=29), 60, 50) is JobState.RUNNING
    later = NOON + timedelta(seconds=31)
    assert pulse.state(later, 60, 50) is pulse.beat("b", later).state(later, 60, 50) is JobState.IDLE


def test_failures_add_up_and_a_success_forgets_them() -> None:
    pulse = ran(ran(Heartbeat(name="x"), NOON, error="timeout"), NOON, error="database")
    assert (pulse.consecutive_failures, pulse.last_error) == (2, "database")
    assert pulse.state(NOON, 60, 50) is JobState.FAILING
    well = ran(pulse, NOON)
    assert (well.consecutive_failures, well.last_error, well.last_success_at) == (0, None, NOON)


def test_it_is_late_after_three_intervals_and_a_time_out() -> None:
    pulse = ran(Heartbeat(name="x"), NOON)
    assert pulse.state(NOON + timedelta(seconds=230), 60, 50) is JobState.IDLE
    assert pulse.state(NOON + timedelta(seconds=231), 60, 50) is JobState.LATE


def test_silent_runners_are_forgotten() -> None:
    pulse = Heartbeat(name="x").beat("a", NOON).beat("b", NOON + timedelta(seconds=20))
    assert pulse.live_runners(NOON + timedelta(seconds=20)) == 2
    later = pulse.beat("b", NOON + timedelta(seconds=40))
    assert set(later.runners) == {"b"}


def test_what_went_wrong_is_kept_without_secrets() -> None:
    pulse = ran(Heartbeat(name="x"), NOON, error="ann@example.com: Bearer abc.def")
    assert pulse.last_error == "<redacted>: Bearer <redacted>"
