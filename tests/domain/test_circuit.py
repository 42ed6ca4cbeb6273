from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from domain.shared.circuit import Circuit, CircuitPolicy, CircuitState, Verdict

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
POLICY = CircuitPolicy(failure_threshold=3, window_seconds=60, recovery_seconds=30, trial_seconds=20)
OURS, THEIRS = UUID(int=1), UUID(int=2)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def failed(*seconds: float) -> Circuit:
    circuit = Circuit(name="email")
    for second in seconds:
        circuit = circuit.judge(Verdict.FAILED, None, at(second), POLICY)
    return circuit


def on_trial() -> Circuit:
    return failed(0, 0, 0).begin_trial(OURS, at(30), POLICY)


def test_so_many_faults_within_the_window_open_it_for_the_recovery_time() -> None:
    assert failed(0, 1).state(at(1)) is CircuitState.CLOSED
    opened = failed(0, 1, 2)
    assert (opened.state(at(2)), opened.opened_total) == (CircuitState.OPEN, 1)
    assert not opened.has_room(at(31.9))
    assert opened.seconds_to_wait(at(2)) == 30
    assert opened.state(at(32)) is CircuitState.HALF_OPEN
    assert opened.has_room(at(32))


def test_faults_outside_the_window_do_not_add_up() -> None:
    assert failed(0, 1, 60.5).state(at(61)) is CircuitState.CLOSED
    assert failed(0, 1, 60.5, 60.6).state(at(61)) is CircuitState.OPEN


@pytest.mark.parametrize("verdict", [Verdict.WORKED, Verdict.SHOWED_NOTHING])
def test_what_is_no_fault_changes_nothing_while_it_is_closed(verdict: Verdict) -> None:
    circuit = failed(0, 1)
    assert circuit.judge(verdict, None, at(2), POLICY) is circuit


def test_one_at_a_time_may_try() -> None:
    circuit = on_trial()
    assert circuit.state(at(30)) is CircuitState.HALF_OPEN
    assert not circuit.has_room(at(30))
    assert circuit.seconds_to_wait(at(30)) == 20


def test_a_trial_that_worked_closes_it() -> None:
    closed = on_trial().judge(Verdict.WORKED, OURS, at(31), POLICY)
    assert closed.state(at(31)) is CircuitState.CLOSED
    assert failed(0, 0, 0).opened_total == closed.opened_total == 1
    again = closed.judge(Verdict.FAILED, None, at(32), POLICY)
    assert again.state(at(32)) is CircuitState.CLOSED, "it starts to count anew"


def test_any_failure_of_a_trial_opens_it_anew() -> None:
    opened = on_trial().judge(Verdict.FAILED, OURS, at(31), POLICY)
    assert (opened.state(at(31)), opened.opened_total) == (CircuitState.OPEN, 2)
    assert not opened.has_room(at(60.9))
    assert opened.has_room(at(61))


def test_a_trial_that_showed_nothing_frees_its_place() -> None:
    freed = on_trial().judge(Verdict.SHOWED_NOTHING, OURS, at(31), POLICY)
    assert freed.state(at(31)) is CircuitState.HALF_OPEN
    assert freed.has_room(at(31))


def test_a_trial_that_never_came_back_frees_its_place_after_a_time_and_decides_nothing_then() -> None:
    circuit = on_trial()
    assert not circuit.has_room(at(49.9))
    assert circuit.has_room(at(50))
    theirs = circuit.begin_trial(THEIRS, at(50), POLICY)
    for verdict in Verdict:
        assert theirs.judge(verdict, OURS, at(51), POLICY) is theirs


@pytest.mark.parametrize("verdict", list(Verdict))
def test_calls_that_began_before_it_opened_decide_nothing(verdict: Verdict) -> None:
    circuit = failed(0, 0, 0)
    assert circuit.judge(verdict, None, at(31), POLICY) is circuit


def test_a_late_trial_says_nothing_of_a_circuit_that_has_closed() -> None:
    closed = on_trial().judge(Verdict.WORKED, OURS, at(31), POLICY)
    assert closed.judge(Verdict.FAILED, THEIRS, at(32), POLICY) is closed
