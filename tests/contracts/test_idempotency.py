from contextlib import suppress
from dataclasses import replace

import anyio
import pytest

from application.ports.idempotency import NotSealed, Replay
from application.ports.unit_of_work import UnitOfWork
from domain.identity.errors import IdempotencyInProgress, IdempotencyKeyReused
from domain.identity.once import Once, StoredAnswer
from domain.shared.ids import OrgId
from tests.support.clock import FixedClock

ANSWER = StoredAnswer(201, b'{"n": 1}', {"etag": '"1"'})
ONCE = Once(
    caller="user",
    key="key-1",
    method="POST",
    path="/v1/admin/things",
    body_sha256=b"h" * 32,
    answer=lambda result: ANSWER if result == "done" else StoredAnswer(500, b""),
)


async def work(uow: UnitOfWork, org_id: OrgId, once: Once | None = ONCE) -> None:
    async with uow.begin(org_id, once=once) as unit:
        await unit.usage.record("worker_created", 1, org_id)
        await unit.seal("done")


async def test_a_second_request_gets_the_first_answer(uow: UnitOfWork, an_org: OrgId) -> None:
    await work(uow, an_org)
    with pytest.raises(Replay) as replay:
        await work(uow, an_org)
    assert replay.value.answer == ANSWER


@pytest.mark.parametrize(
    "other", [{"method": "PUT"}, {"path": "/v1/admin/others"}, {"body_sha256": b"i" * 32}]
)
async def test_a_key_names_one_request(uow: UnitOfWork, an_org: OrgId, other: dict[str, object]) -> None:
    await work(uow, an_org)
    with pytest.raises(IdempotencyKeyReused):
        await work(uow, an_org, replace(ONCE, **other))  # type: ignore[arg-type]  # the parameters of this test


async def test_another_caller_s_and_another_organisation_s_key_is_another_key(
    uow: UnitOfWork, an_org: OrgId, rival: OrgId
) -> None:
    await work(uow, an_org)
    await work(uow, an_org, replace(ONCE, caller="other"))
    await work(uow, an_org, replace(ONCE, key="key-2"))
    await work(uow, rival)
    await work(uow, an_org, None)


async def test_a_failed_request_frees_its_key(uow: UnitOfWork, an_org: OrgId) -> None:
    async def fail() -> None:
        async with uow.begin(an_org, once=ONCE) as unit:
            await unit.seal("done")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    await work(uow, an_org)


async def test_a_key_lives_for_a_day(uow: UnitOfWork, an_org: OrgId, clock: FixedClock) -> None:
    await work(uow, an_org)
    clock.advance(hours=24, microseconds=-1)
    with pytest.raises(Replay):
        await work(uow, an_org)
    clock.advance(microseconds=1)
    await work(uow, an_org, replace(ONCE, body_sha256=b"z" * 32))
    with pytest.raises(IdempotencyKeyReused):
        await work(uow, an_org)


async def test_work_without_an_answer_to_keep_is_a_defect(uow: UnitOfWork, an_org: OrgId) -> None:
    with pytest.raises(NotSealed):
        async with uow.begin(an_org, once=ONCE):
            pass
    await work(uow, an_org)


async def test_a_twin_is_turned_away_while_the_first_is_at_work(uow: UnitOfWork, an_org: OrgId) -> None:
    async with uow.begin(an_org, once=ONCE) as unit:
        with pytest.raises(IdempotencyInProgress) as refusal:
            await work(uow, an_org)
        assert refusal.value.retry_after_seconds == 1
        await unit.seal("done")


async def test_fifty_twins_have_one_effect(uow: UnitOfWork, an_org: OrgId) -> None:
    outcomes: list[str] = []

    async def twin() -> None:
        try:
            await work(uow, an_org)
        except (Replay, IdempotencyInProgress) as turned_away:
            outcomes.append(type(turned_away).__name__)
        else:
            outcomes.append("worked")

    async with anyio.create_task_group() as tasks:
        for _ in range(50):
            tasks.start_soon(twin)
    assert len(outcomes) == 50
    assert outcomes.count("worked") == 1


async def test_a_key_is_recalled_without_being_claimed(uow: UnitOfWork, an_org: OrgId) -> None:
    async with uow.begin(an_org) as unit:
        await unit.recall(None)
        await unit.recall(ONCE)
    await work(uow, an_org)
    async with uow.begin(an_org) as unit:
        with pytest.raises(Replay):
            await unit.recall(ONCE)
        with pytest.raises(IdempotencyKeyReused):
            await unit.recall(replace(ONCE, path="/v1/admin/others"))


async def test_a_key_held_for_work_of_several_units_turns_twins_away_until_the_last_one(
    uow: UnitOfWork, an_org: OrgId
) -> None:
    async with uow.begin(an_org) as unit:
        assert await unit.hold(None, seconds=30) is None
        held = await unit.hold(ONCE, seconds=30)
    with pytest.raises(IdempotencyInProgress):
        await work(uow, an_org)
    for twin, refusal in ((ONCE, IdempotencyInProgress), (replace(ONCE, path="/v1"), IdempotencyKeyReused)):
        async with uow.begin(an_org) as unit:
            with pytest.raises(refusal):
                await unit.hold(twin, seconds=30)
            with pytest.raises(refusal):
                await unit.recall(twin)
    await work(uow, an_org, held)
    for once in (ONCE, held):
        with pytest.raises(Replay) as replay:
            await work(uow, an_org, once)
        assert replay.value.answer == ANSWER


async def test_a_hold_falls_with_its_unit_or_after_its_time(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    async def fail() -> None:
        async with uow.begin(an_org) as unit:
            await unit.hold(ONCE, seconds=30)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with uow.begin(an_org) as unit:
        late = await unit.hold(ONCE, seconds=30)
    clock.advance(seconds=30)
    async with uow.begin(an_org) as unit:
        quick = await unit.hold(ONCE, seconds=30)
    with pytest.raises(IdempotencyInProgress):
        await work(uow, an_org, late)
    await work(uow, an_org, quick)


async def test_of_many_at_once_one_holds_the_key(uow: UnitOfWork, an_org: OrgId) -> None:
    held: list[Once | None] = []

    async def one() -> None:
        with suppress(IdempotencyInProgress):
            async with uow.begin(an_org) as unit:
                held.append(await unit.hold(ONCE, seconds=30))

    async with anyio.create_task_group() as tasks:
        for _ in range(10):
            tasks.start_soon(one)
    (only,) = held
    await work(uow, an_org, only)
