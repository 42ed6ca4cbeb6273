"""The gate: a credential counts as of this very request, and for its own organisation alone."""

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from application.ports.tokens import AccessClaims, AccessTokens
from application.ports.unit_of_work import UnitOfWork
from domain.identity.actor import Role
from domain.identity.membership import Membership, MembershipStatus
from domain.shared.ids import OrgId, SessionId, UserId
from entrypoints.keys import access_keys
from tests.http.identity_app import Company, a_company, bearer, cheap_passwords
from tests.support.clock import FixedClock
from tests.support.database import TestDatabase
from tests.support.hostile_tokens import Forge
from tests.support.http import App, open_app, settings_for
from tests.support.identity import IDS


@pytest.fixture
async def app(postgres: TestDatabase, tmp_path: Path, clock: FixedClock) -> AsyncIterator[App]:
    async with open_app(settings_for(tmp_path, postgres), clock, cheap_passwords()) as opened:
        yield opened


@pytest.fixture
async def company(app: App) -> Company:
    return await a_company(app)


def code_of(response: Any) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/problem+json"
    return response.status_code, response.json()["type"]


async def read(app: App, headers: Any, path: str = "/v1/admin/org") -> Any:
    return await app.client.get(path, headers=headers)


async def change(company: Company, **changes: Any) -> None:
    """The owner's membership as an administrator would change it."""
    uow = await company.app.container.get(UnitOfWork)
    async with uow.begin(company.created.org_id) as unit:
        membership: Membership = await unit.memberships.lock(company.created.user_id)
        await unit.memberships.save(replace(membership, **changes))


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "bearer x",
        "Bearer a b c",
        "Token x",
        "Basic",
        "Basic !!!",
        "Basic b3duZXI6c2VjcmV0",
        "Basic /////////w==",
        "Digest username=x",
        "x" * 4000,
        "\u00fc\u00f1\u00ef",
        "Bearer \u00fc\u00f1\u00ef",
        "",
        "null",
        "Bearer null",
    ],
)
@pytest.mark.parametrize("path", ["/v1/admin/org", "/v1/auth/me", "/v1/auth/login"])
async def test_a_present_but_bad_credential_is_refused_everywhere(app: App, header: str, path: str) -> None:
    method = "POST" if path.endswith("login") else "GET"
    response = await app.client.request(
        method, path, headers=[(b"authorization", header.encode("latin-1"))], json={}
    )
    assert code_of(response) == (401, "unauthenticated")
    assert response.headers["www-authenticate"] == 'Bearer, Basic realm="sweepline"'


async def test_a_bad_credential_is_no_public_caller(app: App, company: Company) -> None:
    path = f"/v1/public/{company.slug}/catalog"
    assert (await read(app, {}, path)).status_code == 200
    assert code_of(await read(app, {"authorization": "Bearer x"}, path)) == (401, "unauthenticated")
    assert (await read(app, await company.bearer(), path)).status_code == 200


async def test_hostile_tokens_are_refused_and_never_break_anything(app: App, company: Company) -> None:
    """Made with our own key, for a session that lives: nothing but their own fault is against them."""
    forge = await a_forge(app, company)
    answer = await app.client.get("/v1/admin/org", headers={"authorization": f"Bearer {forge.good()}"})
    assert answer.status_code == 200
    for name, token in forge.corpus():
        if any(character in token for character in "\r\n\x00") or token != token.strip():
            continue  # no HTTP client sends these, and blanks around a token are no part of it
        header = [(b"authorization", b"Bearer " + token.encode("utf-8")[:12_000])]
        response = await app.client.get("/v1/admin/org", headers=header)
        assert code_of(response) == (401, "unauthenticated"), name


async def a_forge(app: App, company: Company) -> Forge:
    tokens = await company.tokens()
    body = tokens["access_token"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    (key,) = access_keys(app.settings)
    return Forge(key, b"o" * 32, claims, int(app.clock.now().timestamp()))


async def test_two_credentials_are_no_credential(app: App, company: Company) -> None:
    line = (await company.bearer())["authorization"]
    response = await app.client.get(
        "/v1/admin/org", headers=[("authorization", line), ("authorization", line)]
    )
    assert code_of(response) == (400, "malformed_request")


async def test_rights_are_those_of_this_moment_whatever_the_token_says(app: App, company: Company) -> None:
    headers = await company.bearer()
    await change(company, role=Role.VIEWER)
    assert (await read(app, headers)).status_code == 200
    refused = await app.client.patch("/v1/admin/org", json={"name": "X"}, headers=headers)
    assert code_of(refused) == (403, "forbidden")
    assert (await read(app, headers, "/v1/auth/me")).json()["permissions"] == ["view"]
    await change(company, role=Role.WORKER)
    assert code_of(await read(app, headers)) == (403, "forbidden")
    await change(company, status=MembershipStatus.INACTIVE)
    assert code_of(await read(app, headers)) == (401, "unauthenticated")
    await change(company, status=MembershipStatus.ACTIVE, role=Role.OWNER)
    assert (await read(app, headers)).status_code == 200


async def test_need_is_checked_before_the_body(app: App, company: Company) -> None:
    headers = await company.bearer()
    await change(company, role=Role.VIEWER)
    for content in (b"{", b'{"nonsense": 1}', b""):
        response = await app.client.post("/v1/admin/teams", content=content, headers=headers)
        assert code_of(response) == (403, "forbidden")
        assert code_of(await app.client.post("/v1/admin/teams", content=content)) == (401, "unauthenticated")


async def test_time_ends_an_access_token_to_the_second(app: App, company: Company, clock: FixedClock) -> None:
    headers = await company.bearer()
    clock.advance(minutes=15, microseconds=-1)
    assert (await read(app, headers)).status_code == 200
    clock.advance(microseconds=1)
    assert code_of(await read(app, headers)) == (401, "unauthenticated")


async def forged(app: App, tokens: dict[str, Any], bearer_id: UserId, **changes: Any) -> dict[str, str]:
    """A token signed by our own key, that says something else."""
    issuer = await app.container.get(AccessTokens)
    claims = AccessClaims(
        user_id=bearer_id,
        org_id=OrgId(tokens["org_id"]),
        role=Role.OWNER,
        session_id=SessionId(tokens["session_id"]),
        generation=1,
        issued_at=app.clock.now(),
        expires_at=app.clock.now() + timedelta(minutes=15),
    )
    return {"authorization": f"Bearer {issuer.issue(replace(claims, **changes))}"}


async def test_a_token_counts_only_with_its_own_session(app: App, company: Company) -> None:
    rival = await a_company(app)
    tokens, theirs = await company.tokens(), await rival.tokens()
    user_id = company.created.user_id
    assert (await read(app, await forged(app, tokens, user_id))).status_code == 200
    for changes in (
        {"org_id": rival.created.org_id},
        {"org_id": OrgId(IDS.new())},
        {"session_id": SessionId(theirs["session_id"])},
        {"session_id": SessionId(IDS.new())},
        {"user_id": rival.created.user_id},
        {"user_id": UserId(IDS.new())},
        {"generation": 2},
        {"org_id": rival.created.org_id, "session_id": SessionId(theirs["session_id"])},
    ):
        headers = await forged(app, tokens, user_id, **changes)
        assert code_of(await read(app, headers)) == (401, "unauthenticated"), changes


async def test_the_test_header_moves_only_anonymous_callers(app: App, company: Company) -> None:
    rival = await a_company(app)
    theirs = {"x-test-org": str(rival.created.org_id)}
    own = await read(app, {**await company.bearer(), **theirs})
    assert own.json()["org_id"] == str(company.created.org_id)
    context = await read(app, {**await company.bearer(), **theirs}, "/v1/auth/org-context")
    assert (context.json()["org_id"], context.json()["via"]) == (str(company.created.org_id), "token")
    assert code_of(await read(app, theirs)) == (401, "unauthenticated")
    assert code_of(await read(app, theirs, "/v1/auth/org-context")) == (401, "unauthenticated")
    assert code_of(await read(app, {"x-test-org": "acme"})) == (422, "validation_error")
    assert code_of(await read(app, {"x-test-org": str(IDS.new())})) == (404, "not_found")


async def test_outside_dev_the_test_header_is_not_read(
    postgres: TestDatabase, tmp_path: Path, clock: FixedClock
) -> None:
    settings = settings_for(tmp_path, postgres)
    production = replace(settings, general=replace(settings.general, app_env="prod", testing=False))
    async with open_app(production, clock, cheap_passwords()) as app:
        for value in ("acme", str(IDS.new())):
            assert code_of(await read(app, {"x-test-org": value})) == (401, "unauthenticated")


async def test_an_address_outside_the_list_is_refused_before_anybody_is_known(
    postgres: TestDatabase, tmp_path: Path, clock: FixedClock
) -> None:
    settings = settings_for(tmp_path, postgres, ADMIN_IP_ALLOWLIST_CIDRS="192.0.2.0/24")
    async with open_app(settings, clock, cheap_passwords()) as app:
        company = await a_company(app)
        headers = await company.bearer()
        for sent in ({}, headers, {"authorization": "Bearer x"}):
            assert code_of(await read(app, sent)) == (403, "ip_not_allowed")
        assert (await read(app, headers, "/v1/auth/me")).status_code == 200


async def test_read_only_comes_after_the_caller_is_known(
    postgres: TestDatabase, tmp_path: Path, clock: FixedClock
) -> None:
    settings = settings_for(tmp_path, postgres, ADMIN_READ_ONLY="true")
    async with open_app(settings, clock, cheap_passwords()) as app:
        company = await a_company(app)
        headers = await company.bearer()
        assert (await read(app, headers)).status_code == 200
        for body in ({"name": "X"}, {"nonsense": 1}):
            refused = await app.client.patch("/v1/admin/org", json=body, headers=headers)
            assert code_of(refused) == (409, "admin_read_only")
        anonymous = await app.client.patch("/v1/admin/org", json={"name": "X"})
        assert code_of(anonymous) == (401, "unauthenticated")
        await change(company, role=Role.VIEWER)
        viewer = await app.client.patch("/v1/admin/org", json={"name": "X"}, headers=headers)
        assert code_of(viewer) == (403, "forbidden")
        assert (await app.client.post("/v1/auth/logout", headers=headers)).status_code == 200


async def test_what_was_used_is_written_down_in_batches(
    app: App, company: Company, clock: FixedClock
) -> None:
    from application.identity.session_use import SessionUse

    tokens = await company.tokens()
    clock.advance(minutes=3)
    await read(app, bearer(tokens))
    await (await app.container.get(SessionUse)).write_down()
    (listed,) = (await read(app, bearer(tokens), "/v1/auth/sessions")).json()["items"]
    assert listed["last_used_at"] == "2026-03-02T14:03:00Z"
    assert listed["created_at"] == "2026-03-02T14:00:00Z"
