"""Who says nothing is held up, or only waits for its turn at the processor: the latter is left alone."""

import os
from itertools import count

import pytest

from adapters.processes.silence import Silence, Standing, standing_of

HALF_A_SECOND = 0.5


def looks_until_too_long(*standings: Standing | None) -> int | None:
    """The last one stays; None: never."""
    silence = Silence()
    found = [silence.is_too_long(standing) for standing in standings]
    return found.index(True) + 1 if any(found) else None


@pytest.mark.parametrize("asleep", [None, Standing(9, will_go_on=False)])
def test_one_that_waits_for_something_is_held_up_after_two_seconds(asleep: Standing | None) -> None:
    assert looks_until_too_long(*[asleep] * 10) == 4


def test_one_that_works_on_and_on_is_held_up() -> None:
    assert looks_until_too_long(*(Standing(9 + HALF_A_SECOND * n, will_go_on=True) for n in range(10))) == 4


def test_one_that_hardly_gets_the_processor_is_left_alone() -> None:
    assert looks_until_too_long(*(Standing(9 + 0.01 * n, will_go_on=True) for n in range(100))) is None
    slow = looks_until_too_long(*(Standing(9 + 0.05 * n, will_go_on=True) for n in range(100)))
    assert slow is not None
    assert slow > 20


def test_a_word_ends_the_silence() -> None:
    silence, busy = Silence(), count(1)
    for _ in range(10):
        assert not silence.is_too_long(Standing(next(busy), will_go_on=True))
        assert not silence.is_too_long(Standing(0, will_go_on=False))
        silence.end()


def test_the_system_tells_how_a_process_stands() -> None:
    own = standing_of(os.getpid())
    assert own is not None
    assert own.will_go_on
    assert 0 < own.busy_seconds < 3600
    assert standing_of(2**22 + 1) is None  # no process has such a number
