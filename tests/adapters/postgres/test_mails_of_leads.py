"""The migration that tells mails about visits whose client they are about, where there are some already."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from adapters.cryptography.sealing import AesGcmFieldCipher
from adapters.postgres.engine import DatabaseOptions, make_engine
from adapters.postgres.migrate import migrate
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from adapters.system.clock import SystemClock
from adapters.system.identifiers import SystemIdentifiers
from application.ports.outbox import Message
from domain.shared.ids import OrgId
from tests.support.bookings import NOW, a_booking
from tests.support.database import TestDatabase
from tests.support.leads import a_lead
from tests.support.orgs import found_org
from tests.support.scheduling import a_team, at

pytestmark = pytest.mark.slow
VERSIONS = Path(__file__).parents[3] / "migrations/versions"
BEFORE = f"{int(next(VERSIONS.glob('*_mails_of_leads.py')).name[:4]) - 1:04d}"
VISIT, NOBODYS, JANE = UUID(int=1), UUID(int=2), a_lead()


@pytest.fixture
def scratch(postgres: TestDatabase) -> Iterator[TestDatabase]:
    with postgres.clone("mails_of_leads") as database:
        yield database


def a_mail(key: str, booking_id: UUID | None) -> Message:
    """As they were before: it says what it is about, and no more."""
    return Message(
        kind="email",
        event_type=key,
        dedupe_key=key,
        resource_type=None if booking_id is None else "booking",
        resource_id=booking_id,
        payload={"to": "j@example.com"},
    )


async def keep_mails(uow: PostgresUnitOfWork, org_id: OrgId) -> None:
    async with uow.begin(org_id) as unit:
        await unit.teams.save(a_team(1, name="North", is_default=True))
        await unit.leads.save(JANE)
        await unit.bookings.save(
            a_booking(booking_id=VISIT, lead_id=JANE.id, starts_at=at("2026-03-02 09:00"))
        )
        await unit.bookings.save(
            a_booking(booking_id=NOBODYS, lead_id=None, starts_at=at("2026-03-03 09:00"))
        )
        await unit.outbox.add_many([a_mail("a", VISIT), a_mail("b", NOBODYS), a_mail("c", None)])


async def test_mails_about_visits_know_the_lead_afterwards(scratch: TestDatabase) -> None:
    engine = make_engine(DatabaseOptions(scratch.app_url))
    uow = PostgresUnitOfWork(engine, SystemClock(), SystemIdentifiers(), AesGcmFieldCipher([b"f" * 32]))
    for _ in range(2):  # two organisations with a booking of the same id
        await keep_mails(uow, await found_org(uow, NOW))
    await engine.dispose()
    rows = "select email_type, lead_id, count(*) from email_events group by 1, 2 order by 1"
    assert scratch.execute(rows).splitlines() == ["a||2", "b||2", "c||2"]
    await migrate(scratch.owner_url, to=BEFORE)
    await migrate(scratch.owner_url)
    assert scratch.execute(rows).splitlines() == [f"a|{JANE.id}|2", "b||2", "c||2"]
    tables = "'email_events', 'bookings'"
    forced = f"select count(*) from pg_class where relforcerowsecurity and relname in ({tables})"
    assert scratch.execute(forced) == "2"
