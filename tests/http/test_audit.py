"""GET /v1/admin/audit: who did what, newest first, in the very words that were sealed."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import rfc8785

from tests.http.identity_app import Company, a_company, cheap_passwords
from tests.support.clock import FixedClock
from tests.support.database import TestDatabase
from tests.support.http import App, open_app, settings_for

AUDIT = "/v1/admin/audit"
FIELDS = [
    "audit_id",
    "org_id",
    "seq",
    "created_at",
    "action",
    "outcome",
    "actor",
    "actor_id",
    "role",
    "auth_method",
    "resource_type",
    "resource_id",
    "reason",
    "before",
    "after",
    "request_id",
    "ip",
    "user_agent",
    "break_glass_session_id",
    "prev_hash",
    "hash",
]


@pytest.fixture
async def app(postgres: TestDatabase, tmp_path: Path, clock: FixedClock) -> AsyncIterator[App]:
    async with open_app(settings_for(tmp_path, postgres), clock, cheap_passwords()) as opened:
        yield opened


@pytest.fixture
async def company(app: App) -> Company:
    return await a_company(app)


async def items(company: Company, headers: dict[str, str], **query: Any) -> list[dict[str, Any]]:
    response = await company.app.client.get(AUDIT, headers=headers, params=query)
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["items"]
    return found


async def test_a_row_has_every_field_and_its_hash_can_be_recomputed(company: Company) -> None:
    headers = {**await company.bearer(), "x-request-id": "my-request", "user-agent": "a browser"}
    made = await company.app.client.post("/v1/admin/teams", json={"name": "North"}, headers=headers)
    rows = await items(company, headers)
    assert [(row["seq"], row["action"]) for row in rows] == [
        (3, "team_create"),
        (2, "login"),
        (1, "org_created"),
    ]
    newest = rows[0]
    assert list(newest) == FIELDS
    assert newest["resource_id"] == made.json()["team_id"]
    assert newest["after"]["name"] == "North"
    expected = {
        "outcome": "ok",
        "actor": company.email,
        "role": "owner",
        "auth_method": "bearer",
        "resource_type": "team",
        "request_id": "my-request",
        "user_agent": "a browser",
        "before": None,
        "break_glass_session_id": None,
    }
    assert {name: newest[name] for name in expected} == expected
    assert newest["ip"]
    assert rows[2]["auth_method"] == "operator"
    for row, earlier in zip(rows, [*rows[1:], None], strict=True):
        assert row["prev_hash"] == (earlier["hash"] if earlier else "0" * 64)
        told = {name: row[name] for name in FIELDS if name not in {"prev_hash", "hash"}}
        assert row["hash"] == hashlib.sha256(row["prev_hash"].encode() + rfc8785.dumps(told)).hexdigest()
    one = await company.app.client.get(f"{AUDIT}/{newest['audit_id']}", headers=headers)
    assert one.json() == newest


async def test_filters_and_pages(company: Company, clock: FixedClock) -> None:
    headers = await company.bearer()
    team = await company.app.client.post("/v1/admin/teams", json={"name": "North"}, headers=headers)
    clock.advance(minutes=1)
    later = clock.now()
    await company.app.client.post("/v1/admin/teams", json={"name": "South"}, headers=headers)

    async def seqs(**query: Any) -> list[int]:
        return [row["seq"] for row in await items(company, headers, **query)]

    assert await seqs(action=["login", "org_created"]) == [2, 1]
    assert await seqs(actor=company.email, resource_type="team") == [4, 3]
    assert await seqs(actor=company.email.upper(), resource_type="team") == [4, 3]
    assert await seqs(resource_id=team.json()["team_id"]) == [3]
    assert await seqs(outcome="failed") == []
    assert await seqs(**{"from": later.isoformat()}) == [4]
    assert await seqs(to=later.isoformat(), limit=2) == [3, 2]
    assert await seqs(break_glass_session_id=team.json()["team_id"]) == []
    first = (await company.app.client.get(AUDIT, headers=headers, params={"limit": 3})).json()
    rest = (
        await company.app.client.get(AUDIT, headers=headers, params={"cursor": first["next_cursor"]})
    ).json()
    assert [row["seq"] for row in first["items"] + rest["items"]] == [4, 3, 2, 1]
    assert rest["next_cursor"] is None


@pytest.mark.parametrize(
    "query",
    [{"outcome": "good"}, {"from": "2026-01-01T00:00"}, {"cursor": "x"}, {"resource_id": "1"}, {"a": "b"}],
)
async def test_a_malformed_filter_is_refused(company: Company, query: dict[str, str]) -> None:
    answer = await company.app.client.get(AUDIT, headers=await company.bearer(), params=query)
    assert (answer.status_code, answer.json()["type"]) == (422, "validation_error")


async def test_another_company_s_row_is_not_there(company: Company) -> None:
    rival = await a_company(company.app)
    theirs = (await items(rival, await rival.bearer()))[0]

    async def ask(audit_id: str) -> httpx.Response:
        headers = {**await company.bearer(), "x-request-id": "the-same-one"}
        return await company.app.client.get(f"{AUDIT}/{audit_id}", headers=headers)

    answer = await ask(theirs["audit_id"])
    assert answer.status_code == 404
    made_up = await ask("019a0000-0000-7000-8000-000000000000")
    assert answer.text.replace(theirs["audit_id"], "") == made_up.text.replace(
        "019a0000-0000-7000-8000-000000000000", ""
    )


async def test_reads_and_what_has_no_effect_leave_no_row(company: Company) -> None:
    headers = await company.bearer()
    before = await items(company, headers)
    await company.app.client.get("/v1/admin/teams", headers=headers)
    unchanged = await company.app.client.patch("/v1/admin/org", json={}, headers=headers)
    assert unchanged.status_code == 200
    assert await items(company, headers) == before
