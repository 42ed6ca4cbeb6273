"""Bookings in whatever order things happen (contract §12: F1, F2, F3, F6, F9, F10, F14, F22).

The machine plays the real handlers over memory and checks after every step what must always hold. Played
again, each history gives the very same answers and leaves the very same rows on PostgreSQL."""

from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from adapters.cryptography.sealing import AesGcmFieldCipher
from adapters.postgres.engine import DatabaseOptions, make_engine
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from adapters.system.identifiers import SystemIdentifiers
from domain.shared.ids import BookingId
from tests.lifecycles.booking_deeds import DeedsMachine
from tests.lifecycles.booking_office import BookingOffice, open_office
from tests.lifecycles.work_machine import WorkMachine
from tests.support.clock import FixedClock
from tests.support.database import TestDatabase
from tests.support.ledger import ledger_of

COMMON = settings(
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
        HealthCheck.data_too_large,
    ],
)
QUICK = settings(COMMON, phases=[Phase.generate], report_multiple_bugs=False)
"""Says at once that a law is broken. The long run takes its time to find the shortest way to break it."""


def test_bookings_keep_their_laws_in_any_order() -> None:
    run_state_machine_as_test(DeedsMachine, settings=settings(QUICK, max_examples=30, stateful_step_count=40))


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_bookings_keep_their_laws_for_long() -> None:
    run_state_machine_as_test(
        DeedsMachine, settings=settings(COMMON, max_examples=600, stateful_step_count=60)
    )


def test_histories_play_alike_on_postgresql(postgres: TestDatabase) -> None:
    play_alike(postgres, settings(QUICK, max_examples=6, stateful_step_count=30))


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_many_histories_play_alike_on_postgresql(postgres: TestDatabase) -> None:
    play_alike(postgres, settings(COMMON, max_examples=50, stateful_step_count=40))


def play_alike(postgres: TestDatabase, how_long: settings) -> None:
    class ReplayedMachine(DeedsMachine):
        def teardown(self) -> None:
            try:
                if hasattr(self, "office"):
                    self.runner.run(replay(self, postgres.app_url))
            finally:
                super().teardown()

    run_state_machine_as_test(ReplayedMachine, settings=how_long)


async def replay(machine: DeedsMachine | WorkMachine, url: str) -> None:
    """The history once more, on PostgreSQL and from the first day on."""
    engine = make_engine(DatabaseOptions(url))
    try:
        clock = FixedClock()
        cipher = AesGcmFieldCipher([b"f" * 32])
        uow = PostgresUnitOfWork(engine, clock, SystemIdentifiers(), cipher)
        twin = await open_office(uow, clock, machine.setting)
        for command, answer in machine.office.history:
            assert await twin.ask(command) == answer, command
        await compare(twin, machine.office)
    finally:
        await engine.dispose()


async def compare(one: BookingOffice, other: BookingOffice) -> None:
    written, expected = await ledger_of(one.uow, one.org_id), await ledger_of(other.uow, other.org_id)
    for table, rows in expected.items():
        assert written[table] == rows, table
    for row in expected["bookings"]:
        booking_id = BookingId(UUID(row[0]))
        async with one.uow.begin(one.org_id) as here, other.uow.begin(other.org_id) as there:
            assert await here.bookings.get(booking_id) == await there.bookings.get(booking_id)
            assert await here.bookings.people(booking_id) == await there.bookings.people(booking_id)
