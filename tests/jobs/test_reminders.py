"""Two runners and a restart in the middle: each visit's client is reminded once, in their company's zone."""

import struct
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import anyio
import pytest

from adapters.postgres.engine import DatabaseOptions, make_engine
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from adapters.system.clock import SystemClock
from adapters.system.identifiers import SystemIdentifiers
from domain.booking.booking import BookingStatus
from domain.shared.ids import LeadId, OrgId
from tests.contracts.test_reminders import a_visit
from tests.jobs.test_two_runners import mail_settings, runner, wait_for
from tests.support.database import TestDatabase
from tests.support.leads import a_lead
from tests.support.orgs import found_org
from tests.support.scheduling import a_team
from tests.support.smtp import Postbox, mail_server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
JOBS = ("--job", "booking_reminders", "--job", "outbox_delivery", "--interval", "1")
VISITS, FIRST, APART = 60, timedelta(minutes=90), timedelta(minutes=20)
STANDARD, SUMMER = timezone(timedelta(hours=-5), "EST"), timezone(timedelta(hours=-4), "EDT")
NOW = datetime.now(UTC).replace(second=0, microsecond=0)
CHANGE = NOW.replace(minute=0) + timedelta(hours=8)
"""When the clocks change in two of the companies: whatever day this runs on, it is theirs."""


@dataclass(frozen=True, slots=True)
class Company:
    zone: str
    before: timezone = STANDARD
    after: timezone = STANDARD

    def local(self, moment: datetime) -> str:
        there = moment.astimezone(self.before if moment < CHANGE else self.after)
        return f"{there:%a} {there.day} {there:%b %Y}, {there:%H:%M %Z}"


# The names of the last two are lent: the runners have zones of our making for them.
COMPANIES = (
    *[Company("America/Panama")] * 4,
    Company("Pacific/Chatham", STANDARD, SUMMER),
    Company("Pacific/Norfolk", SUMMER, STANDARD),
)


def write_zone(folder: Path, company: Company) -> None:
    """A TZif file (RFC 9636) with one change."""
    kinds = (company.before, company.after)
    offsets = [int(each.utcoffset(None).total_seconds()) for each in kinds]
    letters = b"".join(f"{each}\0".encode() for each in kinds)
    old = struct.pack(">4sc15x6l", b"TZif", b"2", 0, 0, 0, 0, 1, 1) + struct.pack(">lbbs", 0, 0, 0, b"\0")
    new = struct.pack(">4sc15x6l", b"TZif", b"2", 0, 0, 0, 1, 2, len(letters))
    new += struct.pack(">qb", int(CHANGE.timestamp()), 1)
    new += b"".join(struct.pack(">lbb", offset, 0, 4 * n) for n, offset in enumerate(offsets)) + letters
    footer = f"\n{company.after}{-offsets[1] // 3600}\n".encode()
    path = folder / company.zone
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(old + new + footer)


@dataclass(frozen=True, slots=True)
class Diaries:
    """The companies' visits. Every other one is told of only once the runners are at work."""

    uow: PostgresUnitOfWork
    clients: dict[OrgId, tuple[Company, LeadId, str]]

    async def fill(self, *, odd: bool) -> set[tuple[str, str]]:
        """Who is to be reminded of what."""
        wanted = set()
        for org_id, (company, lead_id, email) in self.clients.items():
            async with self.uow.begin(org_id) as unit:
                for number in range(odd, VISITS, 2):
                    visit = a_visit(NOW + FIRST + number * APART, lead_id=lead_id)
                    await unit.bookings.save(visit)
                    wanted.add((email, f"Reminder: {company.local(visit.slot.starts_at)} – Acme Cleaning"))
        return wanted

    async def fill_with_others(self) -> None:
        """Nobody is reminded of these."""
        for org_id, (_, lead_id, _) in self.clients.items():
            async with self.uow.begin(org_id) as unit:
                far = a_visit(NOW + timedelta(hours=27), lead_id=lead_id)
                asked = a_visit(NOW + timedelta(hours=22), lead_id=lead_id, status=BookingStatus.PENDING)
                await unit.bookings.save(far)
                await unit.bookings.save(asked)


async def found_companies(uow: PostgresUnitOfWork) -> Diaries:
    clients = {}
    for number, company in enumerate(COMPANIES):
        org_id = await found_org(uow, NOW, timezone=company.zone)
        email = f"client@company-{number}.example"
        lead = a_lead(details={"email": email})
        async with uow.begin(org_id) as unit:
            await unit.teams.save(a_team(1, name="North", is_default=True))
            await unit.leads.save(lead)
        clients[org_id] = company, lead.id, email
    return Diaries(uow, clients)


async def test_each_is_reminded_once_by_two_runners_of_which_one_is_restarted(
    postgres: TestDatabase, postgres_uow: PostgresUnitOfWork, tmp_path: Path
) -> None:
    postbox = Postbox(stall_seconds=0.2)
    for company in COMPANIES[-2:]:
        write_zone(tmp_path / "zones", company)
    with postgres.clone("reminders") as database, mail_server(postbox) as port:
        engine = make_engine(DatabaseOptions(database.app_url))
        diaries = await found_companies(
            PostgresUnitOfWork(engine, SystemClock(), SystemIdentifiers(), postgres_uow.cipher)
        )
        await diaries.fill_with_others()
        wanted = await diaries.fill(odd=False)
        environment = mail_settings(database, port) | {
            "PYTHONTZPATH": f"{tmp_path / 'zones'}:/usr/share/zoneinfo",
        }
        with runner(tmp_path / "1", environment, *JOBS) as first, runner(tmp_path / "2", environment, *JOBS):
            wait_for(postbox, len(wanted) // 4, 60)
            assert len(postbox.received) < len(wanted), "all were told before the restart: it proves nothing"
            first.terminate()
            wanted |= await diaries.fill(odd=True)
            assert first.wait(timeout=30) == 0
            with runner(tmp_path / "3", environment, *JOBS):
                wait_for(postbox, len(wanted), 60)
                await anyio.sleep(3)  # and looked for again, in vain
        await engine.dispose()
        ends = database.execute("select distinct status, outcome, attempts from outbox_events").split()
        queued_by_key = database.execute(
            "select count(*), count(distinct (org_id, resource_id)) from outbox_events"
        )
    told = Counter((str(mail["To"]), str(mail["Subject"])) for mail in postbox.received)
    log = "\n".join((tmp_path / name / "log").read_text() for name in "123")
    assert set(told) == wanted, log
    assert set(told.values()) == {1}
    assert len(wanted) == VISITS * len(COMPANIES)
    assert ends == ["sent|delivered|1"]
    assert queued_by_key.strip() == f"{len(wanted)}|{len(wanted)}"
