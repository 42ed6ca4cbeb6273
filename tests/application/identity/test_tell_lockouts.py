"""Whose door was shut is told of it, once, and nobody else is."""

from datetime import timedelta
from typing import Any

import anyio
import pytest

from adapters.memory.unit_of_work import MemoryUnitOfWork
from application.identity.origin import Origin
from application.identity.purge_tries import FAILURES_KEPT_FOR, PurgeTriesHandler
from application.identity.tell_lockouts import TellLockoutsHandler
from domain.identity.errors import InvalidCredentials
from domain.identity.membership import MembershipStatus
from domain.identity.wrong_tries import MOST_IN_A_ROW
from domain.shared.ids import OrgId
from entrypoints.jobs.housekeeping import Housekeeping
from entrypoints.jobs.job import JobResult, StopSignal
from tests.support.clock import FixedClock
from tests.support.identity import IDS, a_membership, an_address
from tests.support.login import Desk


@pytest.fixture
def desk(memory_uow: MemoryUnitOfWork, clock: FixedClock) -> Desk:
    return Desk(memory_uow, clock)


@pytest.fixture
def tell(memory_uow: MemoryUnitOfWork, clock: FixedClock) -> TellLockoutsHandler:
    return TellLockoutsHandler(memory_uow, clock)


async def guess(desk: Desk, email: str, times: int) -> None:
    for _ in range(times):
        with pytest.raises(InvalidCredentials):
            await desk.log_in(email, "wrong", origin=Origin("request-7", an_address(), "guesser"))


def traces(uow: MemoryUnitOfWork, org_id: OrgId) -> tuple[list[dict[str, Any]], list[tuple[str, object]]]:
    """What the audit log says of refusals, and the mails."""
    tables = uow.orgs[org_id]
    refused = [row for row in tables.audit if row["outcome"] == "refused"]
    return refused, [(mail.event_type, mail.payload["to"]) for mail in tables.outbox.values()]


async def test_ten_in_a_quarter_of_an_hour_are_audited_and_a_hundred_in_a_row_mailed(
    desk: Desk, tell: TellLockoutsHandler, memory_uow: MemoryUnitOfWork, clock: FixedClock
) -> None:
    created = await desk.create_org("maple-pine", "olive@acme.example")
    await guess(desk, "olive@acme.example", 9)
    assert (await tell.handle()).told == 0
    await guess(desk, "olive@acme.example", 1)
    assert [(await tell.handle()).told for _ in range(2)] == [1, 0]
    (audited,), mails = traces(memory_uow, created.org_id)
    assert (audited["action"], audited["resource_id"]) == ("login_throttled", created.user_id)
    assert audited["request_id"] == "request-7"  # auth_failures has the address under it
    assert audited["actor_id"] is None
    assert mails == []
    for _ in range(MOST_IN_A_ROW // 10 - 1):
        clock.advance(minutes=15)
        await guess(desk, "olive@acme.example", 10)
    assert (await tell.handle()).told == 9
    refused, mails = traces(memory_uow, created.org_id)
    assert [row["action"] for row in refused] == ["login_throttled"] * 9 + ["login_locked"]
    assert mails == [("login_locked", "olive@acme.example")]


async def test_wrong_codes_are_told_by_one_mail_a_day(
    desk: Desk, tell: TellLockoutsHandler, memory_uow: MemoryUnitOfWork, clock: FixedClock
) -> None:
    created = await desk.create_org("maple-pine", "olive@acme.example")
    for hours in (0, 1, 24):
        clock.advance(hours=hours)
        for _ in range(5):
            admission = await desk.throttling.admit_code(desk.origin, "olive@acme.example")
            await desk.throttling.wrong(admission, "login", created.user_id)
        assert (await tell.handle()).told == 1
    refused, mails = traces(memory_uow, created.org_id)
    assert [row["action"] for row in refused] == ["second_factor_locked"] * 3
    assert mails == [("second_factor_locked", "olive@acme.example")] * 2


async def test_it_is_told_where_a_login_would_lead_and_to_nobody_who_cannot_log_in(
    desk: Desk, tell: TellLockoutsHandler, memory_uow: MemoryUnitOfWork, clock: FixedClock
) -> None:
    first = await desk.create_org("maple-pine", "olive@acme.example")
    second = await desk.create_org("oak-elm", "olive@acme.example")
    await desk.log_in("olive@acme.example", org_id=second.org_id)
    await guess(desk, "olive@acme.example", 10)
    await tell.handle()
    assert len(traces(memory_uow, second.org_id)[0]) == 1
    for org in (first, second):
        async with memory_uow.begin(org.org_id) as unit:
            gone = a_membership(org.user_id, clock.now(), status=MembershipStatus.INACTIVE)
            await unit.memberships.save(gone)
    clock.advance(minutes=15)
    await guess(desk, "olive@acme.example", 10)
    await guess(desk, "nobody@acme.example", 10)
    assert [(await tell.handle()).told for _ in range(2)] == [1, 0]
    assert len(traces(memory_uow, second.org_id)[0]) == 1
    assert traces(memory_uow, first.org_id)[0] == []


async def test_housekeeping_forgets_what_counts_no_more(
    desk: Desk, memory_uow: MemoryUnitOfWork, clock: FixedClock
) -> None:
    await guess(desk, f"{IDS.new()}@acme.example", 10)
    purge = PurgeTriesHandler(memory_uow, clock)
    assert await purge.handle() == 0
    clock.set(clock.now() + FAILURES_KEPT_FOR + timedelta(seconds=1))

    async def of_orgs(_stop: StopSignal) -> JobResult:
        return JobResult(counts={"purged": 2}, orgs=1)

    result = await Housekeeping(purge, of_orgs)(anyio.Event())
    kept_row = 1  # the tries in a row
    assert (result.counts, result.orgs) == ({"purged": 10 + 20 + 2}, 1)
    assert memory_uow.shared.auth_failures == []
    assert len(memory_uow.shared.try_counters) == kept_row
