"""`SCHEDULER_TOKEN` (delivery page, §5): what five POSTs do for one company they do for all, in turn."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import anyio
import pytest

from adapters.memory.unit_of_work import MemoryUnitOfWork
from application.booking.remind_clients import JOB, ReminderReport
from application.booking.rules import InstallationRules
from application.delivery.rules import Channels
from application.ports.unit_of_work import UnitOfWork
from domain.identity.actor import Actor
from domain.shared.errors import Contended, Unavailable
from domain.shared.ids import OrgId
from domain.tenancy.org import OrgStatus
from entrypoints.http import rounds
from entrypoints.http.request_context import RequestContext
from entrypoints.http.rounds import Round, Rounds
from entrypoints.http.scheduler import Caller
from tests.contracts.test_dead_letters import fail
from tests.http.test_dead_letters import COUNTS
from tests.http.test_reminders import START, a_confirmed_visit
from tests.support.clock import FixedClock
from tests.support.delivery import World, enqueue
from tests.support.orgs import found_org
from tests.support.outgoing import audited
from tests.support.salon import TEN, Salon, open_salon

TOKEN = "the-scheduler-s-own-token-of-the-tests"  # made up
AN_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-")
KEYS = [f"k{n}" for n in range(20)]
ALL_COUNTS = {name: value for name, value in COUNTS.items() if name != "event_ids"}


@pytest.fixture
def world() -> World:
    return World()


@asynccontextmanager
async def three(
    uow: UnitOfWork, clock: FixedClock, world: World, given: Mapping[Any, Any] | None = None
) -> AsyncIterator[list[Salon]]:
    """Companies, of which the first one's address stands for the installation's."""
    environ = {"SCHEDULER_TOKEN": TOKEN, "PUBLIC_LEADS_PER_HOUR": "100000"}
    provided = {Channels: Channels({"email": world, "export": world}), **(given or {})}
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(open_salon(uow, clock, environ=environ, given=provided))
            for _ in range(3)
        ]


@pytest.fixture
async def salons(memory_uow: MemoryUnitOfWork, clock: FixedClock, world: World) -> AsyncIterator[list[Salon]]:
    async with three(memory_uow, clock, world) as made:
        yield made


@pytest.fixture
async def paying_salons(
    memory_uow: MemoryUnitOfWork, clock: FixedClock, world: World
) -> AsyncIterator[list[Salon]]:
    """Whose visitors' bookings wait for a deposit."""
    payments = {InstallationRules: InstallationRules(payments_available=True)}
    async with three(memory_uow, clock, world, payments) as made:
        yield made


async def suspend(salon: Salon) -> None:
    async with salon.uow.begin_global() as unit:
        await unit.directory.set_status(salon.shop.org_id, OrgStatus.SUSPENDED)


async def run(salons: list[Salon], path: str, **parts: Any) -> dict[str, Any]:
    headers = {"authorization": f"Bearer {TOKEN}"}
    answer = await salons[0].shop.client.post(f"/v1/admin{path}", headers=headers, **parts)
    assert answer.status_code == 202, answer.text
    assert not AN_ID.search(answer.text)
    told: dict[str, Any] = answer.json()
    return told


async def test_reminders_are_queued_for_all_but_the_suspended(salons: list[Salon], clock: FixedClock) -> None:
    visits = [await a_confirmed_visit(salon) for salon in salons]
    await suspend(salons[2])
    clock.set(START)
    clock.advance(hours=-3)
    counts = {"queued": 2, "skipped": 0}
    told = await run(salons, "/email-scan")
    assert told == {"status": "done", **counts, "by_job": {JOB: counts}, "orgs": 2}
    reminded = [
        any(key.startswith("reminder") for key in await salon.mails(visit))
        for salon, visit in zip(salons, visits, strict=True)
    ]
    assert reminded == [True, True, False]
    again = await run(salons, "/email-scan", json={})
    assert (again["status"], again["queued"], again["orgs"]) == ("done", 0, 2)


async def test_overdue_holds_are_let_go_and_each_company_s_log_has_its_own(
    paying_salons: list[Salon], clock: FixedClock
) -> None:
    salons = paying_salons
    held = [str((await salon.book(await salon.visitor(), TEN)).json()["booking_id"]) for salon in salons]
    await suspend(salons[2])
    clock.advance(minutes=31)
    told = await run(salons, "/cleanup")
    assert told == {"status": "done", "expired": 2, "remaining": 0, "orgs": 2}
    for salon, booking_id in zip(salons, held, strict=True):
        expired = "booking_expire" in await salon.actions(booking_id)
        assert expired is (salon is not salons[2])


@pytest.mark.parametrize("exports", [False, True], ids=["outbox", "exports"])
async def test_what_is_due_anywhere_is_delivered_and_nothing_is_replayed(
    salons: list[Salon], clock: FixedClock, world: World, *, exports: bool
) -> None:
    due = []
    for salon in salons:
        mails = await enqueue(salon.uow, salon.shop.org_id, "a mail", kind="email")
        sent = await enqueue(salon.uow, salon.shop.org_id, "an export", kind="export")
        due.append({*sent} if exports else {*sent, *mails})
        await fail(salon.uow, clock, salon.shop.org_id, "a dead mail")
    (dead,) = await fail(salons[1].uow, clock, salons[1].shop.org_id, "dead", kind="export")
    await suspend(salons[2])
    path = "/export-dead-letter" if exports else "/outbox/dead-letter"
    told = await run(salons, path)
    delivered = due[0] | due[1]
    left = 1 if exports else 4
    assert told == {**ALL_COUNTS, "delivered": len(delivered), "remaining_dead": left, "orgs": 2}
    assert set(world.arrived) == delivered
    assert dead not in world.arrived
    assert await audited(salons[1].uow, salons[1].shop.org_id) == []


@pytest.mark.parametrize(
    ("path", "body", "fields"),
    [
        ("/outbox/dead-letter", {"kind": "email", "limit": 5}, ["kind", "limit"]),
        ("/outbox/dead-letter", {"dry_run": False}, ["dry_run"]),
        ("/export-dead-letter", {"event_ids": ["019a0000-0000-7000-8000-000000000000"]}, ["event_ids"]),
        ("/cleanup", {"all": True}, ["all"]),
    ],
)
async def test_a_scheduler_selects_nothing(
    salons: list[Salon], path: str, body: Any, fields: list[str]
) -> None:
    headers = {"authorization": f"Bearer {TOKEN}"}
    answer = await salons[0].shop.client.post(f"/v1/admin{path}", headers=headers, json=body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == fields


async def test_two_at_once_do_nothing_twice(salons: list[Salon], clock: FixedClock, world: World) -> None:
    due = [
        event_id
        for salon in salons
        for event_id in await enqueue(
            salon.uow, salon.shop.org_id, *(f"k{n}" for n in range(20)), kind="email"
        )
    ]
    answers = []

    async def one() -> None:
        answers.append(await run(salons, "/outbox/dead-letter"))

    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(one)
    assert sorted(world.arrived) == sorted(due)
    assert sum(told["delivered"] for told in answers) == len(due)


class Visits:
    """What a round is told to do in an organisation, by its number."""

    def __init__(self) -> None:
        self.seen: list[OrgId] = []
        self.raising: dict[OrgId, Exception] = {}
        self.lasting = 0.0

    async def __call__(self, actor: Actor, seconds: float) -> ReminderReport:
        self.seen.append(actor.org_id)
        assert 0 < seconds <= rounds.ROUND_SECONDS
        await anyio.sleep(self.lasting)
        if (error := self.raising.get(actor.org_id)) is not None:
            raise error
        return ReminderReport(queued=1)


@pytest.fixture
async def orgs(memory_uow: MemoryUnitOfWork, clock: FixedClock) -> list[OrgId]:
    return [await found_org(memory_uow, clock.now()) for _ in range(4)]


async def a_round(going: Rounds, orgs: list[OrgId], visits: Visits) -> Round[ReminderReport]:
    async def due() -> list[OrgId]:
        return orgs[:3]

    return await going.go(Caller(None, RequestContext("r" * 8, None, None)), "job", due, visits)


@pytest.mark.parametrize("error", [ZeroDivisionError(), Contended("busy")])
async def test_one_that_fails_holds_up_nobody_and_is_told(
    memory_uow: MemoryUnitOfWork, orgs: list[OrgId], error: Exception
) -> None:
    visits = Visits()
    visits.raising[orgs[1]] = error
    done = await a_round(Rounds(memory_uow), orgs, visits)
    assert (len(done.reports), done.orgs, done.is_done) == (2, 4, False)
    visits.raising.clear()
    assert (await a_round(Rounds(memory_uow), orgs, visits)).is_done


async def test_time_runs_out_between_two_and_the_next_call_goes_on(
    memory_uow: MemoryUnitOfWork, orgs: list[OrgId], monkeypatch: pytest.MonkeyPatch
) -> None:
    going, visits = Rounds(memory_uow), Visits()
    monkeypatch.setattr(rounds, "ROUND_SECONDS", 0.02)
    visits.lasting = 0.03
    cut = await a_round(going, orgs, visits)
    assert (len(cut.reports), cut.orgs, cut.is_done) == (1, 2, False)
    monkeypatch.undo()
    assert (await a_round(going, orgs, visits)).is_done
    assert visits.seen == [orgs[0], orgs[1], orgs[2], orgs[0]]


async def test_without_a_database_there_is_no_round(memory_uow: MemoryUnitOfWork, orgs: list[OrgId]) -> None:
    visits = Visits()
    visits.raising[orgs[0]] = Unavailable("gone")
    with pytest.raises(Unavailable):
        await a_round(Rounds(memory_uow), orgs, visits)
