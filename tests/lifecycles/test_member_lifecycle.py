"""Members and their links in whatever order things happen (identity page, §14, 1 and 2)."""

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.lifecycles.member_machine import MemberMachine

COMMON = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])


def test_staff_reach_nobody_of_another_organisation() -> None:
    quick = settings(COMMON, phases=[Phase.generate], max_examples=40, stateful_step_count=40)
    run_state_machine_as_test(MemberMachine, settings=quick)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_staff_reach_nobody_of_another_organisation_for_long() -> None:
    run_state_machine_as_test(
        MemberMachine, settings=settings(COMMON, max_examples=500, stateful_step_count=60)
    )
