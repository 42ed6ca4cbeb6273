"""Bookings in whatever order things happen (contract §12: F1, F2, F3, F6, F9, F10, F14, F22).

The machine plays the real handlers over memory and checks after every step what must always hold. Played
again, each history gives the very same answers and leaves the very same rows on PostgreSQL."""

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from adapters.cryptography.sealing import AesGcmFieldCipher
from adapters.postgres.engine import DatabaseOptions, make_engine
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from adapters.system.identifiers import SystemIdentifiers
from tests.lifecycles.booking_ledgers import ledger_of
from tests.lifecycles.booking_machine import BookingMachine
from tests.lifecycles.booking_office import open_office
from tests.support.clock import FixedClock
from tests.support.database import TestDatabase

CALM = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


def test_bookings_keep_their_laws_in_any_order() -> None:
    run_state_machine_as_test(
        BookingMachine,
        settings=settings(max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=CALM),
    )


@pytest.mark.slow
def test_bookings_keep_their_laws_for_long() -> None:
    run_state_machine_as_test(
        BookingMachine,
        settings=settings(
            max_examples=600, stateful_step_count=60, deadline=None, suppress_health_check=CALM
        ),
    )


def test_every_history_plays_alike_on_postgresql(postgres: TestDatabase) -> None:
    class ReplayedMachine(BookingMachine):
        def teardown(self) -> None:
            try:
                if hasattr(self, "office"):
                    self.runner.run(replay(self, postgres.app_url))
            finally:
                super().teardown()

    run_state_machine_as_test(
        ReplayedMachine,
        settings=settings(
            max_examples=15,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=CALM,
            phases=[Phase.generate],
        ),
    )


async def replay(machine: BookingMachine, url: str) -> None:
    """The history once more, on PostgreSQL and from the first day on."""
    engine = make_engine(DatabaseOptions(url))
    try:
        clock = FixedClock()
        cipher = AesGcmFieldCipher([b"f" * 32])
        uow = PostgresUnitOfWork(engine, clock, SystemIdentifiers(), cipher)
        twin = await open_office(uow, clock, machine.setting)
        for command, answer in machine.office.history:
            assert await twin.ask(command) == answer, command
        written, expected = await ledger_of(twin), await ledger_of(machine.office)
        for table, rows in expected.items():
            assert written[table] == rows, table
    finally:
        await engine.dispose()
