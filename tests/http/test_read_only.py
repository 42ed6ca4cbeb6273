"""Gate 9 (identity page, §8): nothing is written while administration is read-only, but under a live token of
the organisation, and then with its row.

The write routes are the application's own: a new one without a recipe fails the build.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from application.ports.unit_of_work import UnitOfWork
from application.safety.break_glass import token_sha256
from domain.safety.break_glass import BreakGlassSession
from domain.shared.ids import BreakGlassId, UserId
from tests.http.identity_app import Company, a_company, bearer, cheap_passwords
from tests.http.write_recipes import RECIPES, write_routes
from tests.http.writes import EXPORTS, Office
from tests.support.clock import FixedClock
from tests.support.database import TestDatabase
from tests.support.http import App, open_app, settings_for
from tests.support.identity import IDS

START = "/v1/admin/break-glass/start"
EXEMPT = {("POST", START), ("POST", "/v1/admin/break-glass/{session_id}/revoke")}
TEAMS = "/v1/admin/teams"
REASON = "Prices are wrong since the import"
TEAM = {"name": "South"}


@dataclass
class Incident:
    """The same company, where everything may be prepared and where administration is read-only."""

    office: Office
    frozen: App
    tokens: dict[str, str] = field(default_factory=dict)
    session_id: str = ""

    @property
    def company(self) -> Company:
        return self.office.company

    async def send(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        given = {"x-request-id": "the-same-request", **headers}
        return await self.frozen.client.request(method, path, json=body, headers=given)

    async def write(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        return await self.send(method, path, body, **self.office.headers, **headers)

    async def start(self, app: App, headers: dict[str, str], ttl_minutes: int = 60) -> tuple[str, str]:
        body = {"reason": REASON, "ttl_minutes": ttl_minutes}
        answer = await app.client.post(START, json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        assert set(answer.json()) == {"session_id", "token", "expires_at"}
        return answer.json()["token"], answer.json()["session_id"]

    async def gather_tokens(self, foreign: str) -> None:
        """Started while administration is read-only: that is what they are for."""
        headers = self.office.headers
        self.tokens["expired"], _ = await self.start(self.frozen, headers, ttl_minutes=1)
        self.frozen.clock.advance(seconds=61)
        self.tokens["foreign"] = foreign
        self.tokens["revoked"], ended = await self.start(self.frozen, headers)
        revoked = await self.write("POST", f"/v1/admin/break-glass/{ended}/revoke")
        assert (revoked.status_code, revoked.json()["status"]) == (200, "revoked")
        self.tokens["wrong"] = "x" * 43
        self.tokens["none at all"] = ""
        self.tokens["good"], self.session_id = await self.start(self.frozen, headers)

    async def audit(self, **query: Any) -> list[dict[str, Any]]:
        answer = await self.frozen.client.get("/v1/admin/audit", headers=self.office.headers, params=query)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    async def under_glass(self) -> list[dict[str, Any]]:
        return await self.audit(break_glass_session_id=self.session_id)


@asynccontextmanager
async def an_incident(postgres: TestDatabase, home: Path, clock: FixedClock) -> AsyncIterator[Incident]:
    async with AsyncExitStack() as stack:
        usual = await stack.enter_async_context(
            open_app(settings_for(home, postgres, **EXPORTS), clock, cheap_passwords())
        )
        frozen = await stack.enter_async_context(
            open_app(
                settings_for(home, postgres, ADMIN_READ_ONLY="true", **EXPORTS), clock, cheap_passwords()
            )
        )
        yield await begin(usual, frozen, await a_foreign_token(frozen))


async def a_foreign_token(frozen: App) -> str:
    rival = await (await a_company(frozen)).bearer()
    answer = await frozen.client.post(START, json={"reason": "x", "ttl_minutes": 240}, headers=rival)
    return str(answer.json()["token"])


async def begin(usual: App, frozen: App, foreign: str) -> Incident:
    company = await a_company(usual)
    tokens = await company.tokens()
    incident = Incident(Office(company, bearer(tokens), tokens["session_id"]), frozen)
    await incident.gather_tokens(foreign)
    return incident


@pytest.fixture
async def incident(postgres: TestDatabase, tmp_path: Path, clock: FixedClock) -> AsyncIterator[Incident]:
    async with an_incident(postgres, tmp_path, clock) as opened:
        yield opened


@pytest.mark.slow
async def test_every_write_route_stops_and_goes_on_under_a_live_token(incident: Incident) -> None:
    admin = {
        (method, path)
        for method, path in write_routes()
        if path.startswith(("/v1/admin", "/v1/iam", "/v1/orders"))
    }
    foreign = await a_foreign_token(incident.frozen)
    effective = 0
    for route in sorted(admin - EXEMPT):
        here = await begin(incident.company.app, incident.frozen, foreign)
        effective += await stops_and_goes_on(here, *route)
    assert effective > len(admin) * 2 / 3


async def stops_and_goes_on(incident: Incident, method: str, route: str) -> bool:
    """Whether it had an effect in the end."""
    path, body = await RECIPES[method, route](incident.office)
    key = {"idempotency-key": "a-key-of-mine"}
    anonymous = await incident.send(method, path, body, **key)
    assert (anonymous.status_code, anonymous.json()["type"]) == (401, "unauthenticated"), route
    stopped = await incident.write(method, path, body, **key)
    assert (stopped.status_code, stopped.json()["type"]) == (409, "admin_read_only"), route
    before = await incident.audit()
    for kind, token in incident.tokens.items():
        if kind != "good":
            again = await incident.write(method, path, body, **key, **{"x-break-glass-token": token})
            assert again.content == stopped.content, (route, kind)
    assert await incident.audit() == before
    good = {"x-break-glass-token": incident.tokens["good"]}
    assert (await incident.send(method, path, body, **key, **good)).status_code == 401, route
    done = await incident.write(method, path, body, **key, **good)
    assert 200 <= done.status_code < 300, (route, done.text)
    rows = await incident.under_glass()
    written = [row for row in rows if row["action"] == "break_glass_write"]
    assert len(written) == (1 if len(rows) > 1 else 0), (route, rows)
    if written:
        (row,) = written
        assert row["after"] == {"method": method, "route": route, "status": done.status_code}
        assert (row["reason"], row["outcome"]) == (REASON, "ok")
        assert (row["resource_type"], row["resource_id"]) == ("break_glass_session", incident.session_id)
    return bool(written)


async def test_reads_and_the_rest_go_on(incident: Incident) -> None:
    assert (await incident.send("GET", TEAMS, **incident.office.headers)).status_code == 200
    assert (await incident.send("HEAD", TEAMS, **incident.office.headers)).status_code == 200
    assert (
        await incident.company.app.client.post(TEAMS, json=TEAM, headers=incident.office.headers)
    ).is_success
    assert (await incident.write("POST", "/v1/auth/logout")).status_code == 200


async def test_the_token_gives_nobody_rights(incident: Incident, postgres: TestDatabase) -> None:
    good = {"x-break-glass-token": incident.tokens["good"]}
    org_id, user_id = incident.company.created.org_id, incident.company.created.user_id
    postgres.execute(
        f"update memberships set role = 'viewer' where org_id = '{org_id}' and user_id = '{user_id}'"
    )
    refused = await incident.write("POST", TEAMS, TEAM, **good)
    assert (refused.status_code, refused.json()["type"]) == (403, "forbidden")


async def test_two_tokens_are_none(incident: Incident) -> None:
    headers = [*incident.office.headers.items(), *[("x-break-glass-token", incident.tokens["good"])] * 2]
    answer = await incident.frozen.client.post(TEAMS, json=TEAM, headers=headers)
    assert answer.json()["type"] == "admin_read_only"


async def test_a_write_that_fails_is_on_record_by_itself(incident: Incident) -> None:
    good = {"x-break-glass-token": incident.tokens["good"]}
    assert (await incident.write("POST", TEAMS, TEAM, **good)).status_code == 201
    for body, status in ((TEAM, 409), ({}, 422)):
        assert (await incident.write("POST", TEAMS, body, **good)).status_code == status
    assert (await incident.write("DELETE", f"{TEAMS}/{IDS.new()}", **good)).status_code == 404
    rows = await incident.under_glass()
    failed = [row for row in rows if row["outcome"] == "failed"]
    assert [(row["after"]["method"], row["after"]["status"], row["reason"]) for row in failed] == [
        ("DELETE", 404, REASON),
        ("POST", 422, REASON),
        ("POST", 409, REASON),
    ]
    assert [row["action"] for row in rows if row["outcome"] == "ok"] == ["break_glass_write", "team_create"]
    listed = await incident.send("GET", "/v1/admin/break-glass?status=active", **incident.office.headers)
    (session,) = listed.json()["items"]
    assert (session["writes"], session["status"], session["started_by"]) == (
        1,
        "active",
        incident.company.email,
    )


async def test_the_token_is_told_once(incident: Incident, postgres: TestDatabase) -> None:
    key = {"idempotency-key": "once"}
    body = {"reason": REASON, "ttl_minutes": 5}
    first = await incident.write("POST", START, body, **key)
    assert first.headers["cache-control"] == "no-store"
    second = await incident.write("POST", START, body, **key)
    assert second.json() == {**first.json(), "token": None, "replay_notice": "secret_not_repeated"}
    token = first.json()["token"]
    assert len(token) >= 43
    kept = "select string_agg(t::text, '') from {} t"
    for table in ("break_glass_sessions", "admin_audit_logs", "outbox_events", "idempotency_keys"):
        assert token not in postgres.execute(kept.format(table))
    start = (await incident.audit(action="break_glass_start"))[0]
    assert (start["reason"], start["resource_id"]) == (REASON, first.json()["session_id"])
    assert set(start["after"]) == {"expires_at"}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"reason": "", "ttl_minutes": 5},
        {"reason": "r" * 501, "ttl_minutes": 5},
        {"reason": "r", "ttl_minutes": 0},
        {"reason": "r", "ttl_minutes": 241},
        {"reason": "r", "ttl_minutes": 5, "org_id": "x"},
    ],
)
async def test_a_start_says_why_and_for_how_long(incident: Incident, body: dict[str, Any]) -> None:
    answer = await incident.write("POST", START, body)
    assert (answer.status_code, answer.json()["type"]) == (422, "validation_error")


async def test_a_start_asks_for_a_fresh_session(incident: Incident) -> None:
    incident.frozen.clock.advance(minutes=6)
    answer = await incident.write("POST", START, {"reason": REASON, "ttl_minutes": 5})
    assert (answer.status_code, answer.json()["type"]) == (403, "step_up_required")


async def test_another_company_s_session_is_not_there(incident: Incident) -> None:
    rival = await (await a_company(incident.company.app)).bearer()
    for session_id in (incident.session_id, str(IDS.new())):
        answer = await incident.send("POST", f"/v1/admin/break-glass/{session_id}/revoke", **rival)
        assert answer.status_code == 404
    assert (
        await incident.write("POST", TEAMS, TEAM, **{"x-break-glass-token": incident.tokens["good"]})
    ).is_success


async def test_who_is_deactivated_takes_their_tokens_along(incident: Incident) -> None:
    office = incident.office
    member = await office.make("/v1/iam/users", {"email": f"m-{IDS.new().hex[-12:]}@acme.example"}, "user")
    uow = await incident.frozen.container.get(UnitOfWork)
    session = BreakGlassSession.start(
        id=BreakGlassId(IDS.new()),
        token_sha256=token_sha256("theirs"),
        reason="theirs",
        by="m@acme.example",
        by_id=UserId(UUID(member)),
        now=incident.frozen.clock.now(),
        ttl_minutes=60,
    )
    async with uow.begin(incident.company.created.org_id) as unit:
        await unit.break_glass.add(session)
    theirs = {"x-break-glass-token": "theirs"}  # the very token that lets this through
    done = await incident.write("POST", f"/v1/iam/users/{member}/deactivate", {}, **theirs)
    assert done.is_success, done.text
    assert (await incident.write("POST", TEAMS, TEAM, **theirs)).json()["type"] == "admin_read_only"
    listed = await incident.send("GET", "/v1/admin/break-glass?status=revoked", **office.headers)
    assert str(session.id) in {item["session_id"] for item in listed.json()["items"]}


NO_MORE = "alter table admin_audit_logs add constraint no_more check (action <> '{}') not valid"


@pytest.mark.parametrize("action", ["team_create", "break_glass_write"])
async def test_no_audit_row_no_write(
    postgres: TestDatabase, tmp_path: Path, clock: FixedClock, action: str
) -> None:
    with postgres.clone("unaudited") as database:
        async with an_incident(database, tmp_path, clock) as incident:
            database.execute(NO_MORE.format(action))
            good = {"x-break-glass-token": incident.tokens["good"]}
            refused = await incident.write("POST", TEAMS, TEAM, **good)
            assert refused.status_code == 500
            assert database.execute("select count(*) from teams where name = 'South'").strip() == "0"
            database.execute("alter table admin_audit_logs drop constraint no_more")
            assert (await incident.write("POST", TEAMS, TEAM, **good)).status_code == 201
