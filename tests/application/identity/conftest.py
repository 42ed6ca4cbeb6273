import pytest

from application.ports.unit_of_work import UnitOfWork
from tests.support.clock import FixedClock
from tests.support.login import Desk


@pytest.fixture
def desk(uow: UnitOfWork, clock: FixedClock) -> Desk:
    return Desk(uow, clock)


@pytest.fixture
def memory_desk(memory_uow: UnitOfWork, clock: FixedClock) -> Desk:
    return Desk(memory_uow, clock)
