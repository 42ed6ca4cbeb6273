"""One idempotency key, one effect: for fifty at once, after a crash in the middle, for its caller alone."""

import base64
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.http.identity_app import cheap_passwords
from tests.http.staff import Staff, open_staff
from tests.support.clock import FixedClock
from tests.support.database import TestDatabase
from tests.support.http import open_app, settings_for

CROWD = 50
KEY = {"idempotency-key": "one-key"}
LEAD = {"name": "Jane Doe", "phone": "+15550100134", "home": {"beds": 2, "baths": 1}}
WRITES = {"/v1/admin/teams": ({"name": "North"}, "teams"), "/v1/admin/leads": (LEAD, "leads")}
BASIC = {"OWNER_BASIC_USERNAME": "owner", "OWNER_BASIC_PASSWORD": "a basic password of tests"}
BREAK = """
select pg_terminate_backend(pid, 5000) from pg_stat_activity
where datname = current_database() and usename = 'sweepline_app' and state = 'idle in transaction'
"""


@pytest.fixture
async def staff(postgres: TestDatabase, tmp_path: Path, clock: FixedClock) -> AsyncIterator[Staff]:
    async with open_app(settings_for(tmp_path, postgres, **BASIC), clock, cheap_passwords()) as app:
        yield await open_staff(app)


async def send(staff: Staff, path: str, body: Any, headers: dict[str, str] | None = None) -> httpx.Response:
    sent = {**(headers or staff.owner.headers), **KEY}
    return await staff.app.client.post(path, json=body, headers=sent)


def rows(postgres: TestDatabase, staff: Staff, table: str) -> int:
    return int(postgres.execute(f"select count(*) from {table} where org_id = '{staff.org_id}'"))


@pytest.mark.parametrize("path", WRITES)
async def test_fifty_twins_have_one_effect_and_one_answer(
    staff: Staff, postgres: TestDatabase, path: str
) -> None:
    body, table = WRITES[path]
    before = rows(postgres, staff, table), rows(postgres, staff, "admin_audit_logs")
    answers: list[httpx.Response] = []

    async def twin() -> None:
        answers.append(await send(staff, path, body))

    async with anyio.create_task_group() as tasks:
        for _ in range(CROWD):
            tasks.start_soon(twin)
    told = Counter(answer.status_code for answer in answers)
    assert told[201] + told[409] + told[503] == CROWD  # 503: a machine so busy that no connection came free
    assert told[201]
    assert {answer.json()["type"] for answer in answers if answer.status_code == 409} <= {
        "idempotency_in_progress"
    }
    made = [answer for answer in answers if answer.status_code == 201]
    assert len({answer.content for answer in made}) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in made) == 1
    after = rows(postgres, staff, table), rows(postgres, staff, "admin_audit_logs")
    assert after == (before[0] + 1, before[1] + 1)
    late = await send(staff, path, body)
    assert (late.content, late.headers["idempotency-replayed"]) == (made[0].content, "true")


@contextmanager
def breaking(engine: AsyncEngine, postgres: TestDatabase, statement: str) -> Iterator[None]:
    """Whoever comes to this statement loses the connection, once."""
    broken: list[str] = []

    def come_to(_connection: Any, _cursor: Any, sql: str, *_: Any) -> None:
        if sql.lower().startswith(statement) and not broken:
            broken.append(sql)
            assert "t" in postgres.execute(BREAK)

    event.listen(engine.sync_engine, "before_cursor_execute", come_to)
    try:
        yield
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", come_to)
    assert broken


async def test_a_crash_in_the_middle_frees_the_key_at_once(staff: Staff, postgres: TestDatabase) -> None:
    engine = await staff.app.container.get(AsyncEngine)
    before = rows(postgres, staff, "teams")
    for statement in ("insert into idempotency_keys", "insert into teams", "update idempotency_keys"):
        with breaking(engine, postgres, statement):
            lost = await send(staff, "/v1/admin/teams", {"name": "North"})
        assert (lost.status_code, lost.json()["type"]) == (503, "upstream_unavailable")
        assert lost.headers["retry-after"]
        assert rows(postgres, staff, "idempotency_keys") == 0
    again = await send(staff, "/v1/admin/teams", {"name": "North"})
    assert again.status_code == 201
    assert "idempotency-replayed" not in again.headers
    assert rows(postgres, staff, "teams") == before + 1


async def test_a_caller_who_hangs_up_frees_the_key_at_once(staff: Staff, postgres: TestDatabase) -> None:
    engine = await staff.app.container.get(AsyncEngine)
    with anyio.CancelScope() as call:

        def hang_up(_connection: Any, _cursor: Any, sql: str, *_: Any) -> None:
            if sql.lower().startswith("insert into teams"):
                call.cancel()

        event.listen(engine.sync_engine, "before_cursor_execute", hang_up)
        try:
            await send(staff, "/v1/admin/teams", {"name": "North"})
        finally:
            event.remove(engine.sync_engine, "before_cursor_execute", hang_up)
    assert call.cancelled_caught
    again = await send(staff, "/v1/admin/teams", {"name": "North"})
    assert again.status_code == 201
    assert "idempotency-replayed" not in again.headers


async def test_another_caller_s_same_key_is_another_key(staff: Staff) -> None:
    """A colleague, somebody by Basic, and the same person in another company."""
    colleague = await staff.hire("dispatcher")
    pair = base64.b64encode(":".join(BASIC.values()).encode()).decode()
    callers = [
        staff.owner.headers,
        colleague.headers,
        {"authorization": f"Basic {pair}", "x-test-org": staff.org_id},
        (await open_staff(staff.app)).owner.headers,
    ]
    made = [await send(staff, "/v1/admin/leads", LEAD, headers) for headers in callers]
    assert [answer.status_code for answer in made] == [201] * len(callers)
    assert not any("idempotency-replayed" in answer.headers for answer in made)
    assert len({answer.json()["lead_id"] for answer in made}) == len(callers)
    for answer, headers in zip(made, callers, strict=True):
        again = await send(staff, "/v1/admin/leads", LEAD, headers)
        assert (again.headers["idempotency-replayed"], again.content) == ("true", answer.content)
