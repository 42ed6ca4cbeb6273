"""Clocks in whatever order things happen (contract §12: F9, F14, F15, F16, F22), on memory, and the same
histories again on PostgreSQL."""

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.lifecycles.test_booking_lifecycle import COMMON, QUICK, replay
from tests.lifecycles.work_machine import WorkMachine
from tests.support.database import TestDatabase


def test_clocks_keep_their_laws_in_any_order() -> None:
    run_state_machine_as_test(WorkMachine, settings=settings(QUICK, max_examples=20, stateful_step_count=50))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_clocks_keep_their_laws_for_long() -> None:
    run_state_machine_as_test(
        WorkMachine, settings=settings(COMMON, max_examples=250, stateful_step_count=80)
    )


def test_clocks_run_alike_on_postgresql(postgres: TestDatabase) -> None:
    play_alike(postgres, settings(QUICK, max_examples=4, stateful_step_count=40))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_many_clocks_run_alike_on_postgresql(postgres: TestDatabase) -> None:
    play_alike(postgres, settings(COMMON, max_examples=25, stateful_step_count=60))


def play_alike(postgres: TestDatabase, how_long: settings) -> None:
    class ReplayedMachine(WorkMachine):
        def teardown(self) -> None:
            try:
                if hasattr(self, "office"):
                    self.runner.run(replay(self, postgres.app_url))
            finally:
                super().teardown()

    run_state_machine_as_test(ReplayedMachine, settings=how_long)
