"""Signing in and out over HTTP, on PostgreSQL."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from tests.http.identity_app import PASSWORD, Company, a_company, bearer, cheap_passwords
from tests.support.clock import FixedClock
from tests.support.database import TestDatabase
from tests.support.http import App, open_app, settings_for
from tests.support.rates import headers_that_stay

NEW_PASSWORD = "four other words entirely"
TOKEN_FIELDS = {
    "access_token",
    "refresh_token",
    "token_type",
    "org_id",
    "role",
    "session_id",
    "access_expires_at",
    "expires_at",
    "refresh_expires_at",
    "must_change_password",
    "mfa_verified",
}


@pytest.fixture
async def app(postgres: TestDatabase, tmp_path: Path, clock: FixedClock) -> AsyncIterator[App]:
    async with open_app(settings_for(tmp_path, postgres), clock, cheap_passwords()) as opened:
        yield opened


@pytest.fixture
async def company(app: App) -> Company:
    return await a_company(app)


async def me(app: App, headers: dict[str, str]) -> Any:
    return await app.client.get("/v1/auth/me", headers=headers)


def code_of(response: Any) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/problem+json"
    return response.status_code, response.json()["type"]


async def test_signing_in_opens_the_organisation(app: App, company: Company) -> None:
    response = await company.log_in()
    tokens = response.json()
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    assert set(tokens) == TOKEN_FIELDS
    assert (tokens["token_type"], tokens["role"]) == ("bearer", "owner")
    assert tokens["access_expires_at"] == "2026-03-02T14:15:00Z"
    assert (tokens["must_change_password"], tokens["mfa_verified"]) == (False, False)
    answer = (await me(app, bearer(tokens))).json()
    assert answer["email"] == company.email
    assert answer["permissions"] == ["admin", "dispatch", "finance", "view"]
    assert answer["fresh_until"] == "2026-03-02T14:05:00Z"
    assert answer["memberships"] == [
        {"org_id": tokens["org_id"], "slug": company.slug, "name": "Acme Cleaning", "role": "owner"}
    ]
    assert (answer["mfa_enabled"], answer["mfa_verified"]) == (False, False)


async def test_a_refused_login_looks_the_same_for_known_and_unknown(app: App, company: Company) -> None:
    elsewhere = await a_company(app)
    bodies = [
        {"email": company.email, "password": "wrong"},
        {"email": "nobody@acme.example", "password": "wrong"},
        {"email": "no address at all", "password": "wrong"},
        {"email": company.email, "password": PASSWORD, "org_slug": elsewhere.slug},
        {"email": company.email, "password": PASSWORD, "org_slug": "no-such-org"},
        {"email": company.email, "password": PASSWORD, "org_id": str(elsewhere.created.org_id)},
    ]
    answers = []
    for body in bodies:
        response = await app.client.post("/v1/auth/login", json=body, headers={"x-request-id": "the-same-1"})
        assert code_of(response) == (401, "invalid_credentials")
        assert response.headers["www-authenticate"].startswith("Bearer")
        answers.append((response.content, headers_that_stay(response)))
    assert all(answer == answers[0] for answer in answers)


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"email", "password"}),
        ({"email": "a@b.example"}, {"password"}),
        ({"email": "a@b.example", "password": ""}, {"password"}),
        ({"email": "a@b.example", "password": "x" * 10_000}, {"password"}),
        ({"email": "a@b.example", "password": "é" * 600}, {"password"}),
        ({"email": "a@b.example", "password": "a\x00b"}, {"password"}),
        ({"email": "a\x00@b.example", "password": "x"}, {"email"}),
        ({"email": "x" * 255, "password": "x"}, {"email"}),
        ({"email": 1, "password": ["x"]}, {"email", "password"}),
        ({"email": "a@b.example", "password": "x", "org_id": "acme"}, {"org_id"}),
        ({"email": "a@b.example", "password": "x", "org": "acme"}, {"org"}),
        (
            {"email": "a@b.example", "password": "x", "mfa_code": "1", "recovery_code": "2"},
            {"recovery_code"},
        ),
    ],
)
async def test_a_misshapen_login_is_refused_by_field(
    app: App, body: dict[str, Any], fields: set[str]
) -> None:
    response = await app.client.post("/v1/auth/login", json=body)
    assert code_of(response) == (422, "validation_error")
    assert {error["field"] for error in response.json()["errors"]} == fields


async def test_org_id_and_slug_must_agree(app: App, company: Company) -> None:
    other = await a_company(app)
    good = await company.log_in(org_id=str(company.created.org_id), org_slug=company.slug)
    assert good.status_code == 200
    bad = await company.log_in(org_id=str(company.created.org_id), org_slug=other.slug)
    assert code_of(bad) == (422, "validation_error")


async def test_what_a_password_holds_is_neither_trimmed_nor_lost(app: App) -> None:
    password = "  blanks, café ünïcödé 🎉  "
    company = await a_company(app, password=password)
    assert (await company.log_in(password)).status_code == 200
    assert (await company.log_in("  blanks, cafe\u0301 ünïcödé 🎉  ")).status_code == 200
    assert (await company.log_in(password.strip())).status_code == 401


async def test_a_temporary_password_opens_nothing_but_its_change(app: App) -> None:
    company = await a_company(app, password=None)
    temporary = company.created.temp_password or ""
    tokens = await company.tokens(temporary)
    assert tokens["must_change_password"]
    headers = bearer(tokens)
    for method, path in (
        ("GET", "/v1/admin/org"),
        ("GET", "/v1/auth/sessions"),
        ("POST", "/v1/auth/logout-all"),
        ("GET", "/v1/auth/org-context"),
        ("PATCH", "/v1/admin/org"),
    ):
        response = await app.client.request(method, path, headers=headers)
        assert code_of(response) == (403, "password_change_required"), path
    assert (await me(app, headers)).json()["must_change_password"] is True
    assert (
        await app.client.post("/v1/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
    ).json()["must_change_password"]
    tokens = await company.tokens(temporary)
    body = {"current_password": temporary, "new_password": NEW_PASSWORD}
    changed = await app.client.post("/v1/auth/change-password", json=body, headers=bearer(tokens))
    assert changed.status_code == 200
    assert not changed.json()["must_change_password"]
    assert (await app.client.get("/v1/admin/org", headers=bearer(changed.json()))).status_code == 200
    assert (await company.log_in(temporary)).status_code == 401


async def test_a_bad_new_password_names_every_reason(app: App, company: Company) -> None:
    body = {"current_password": PASSWORD, "new_password": "aaaa"}
    response = await app.client.post("/v1/auth/change-password", json=body, headers=await company.bearer())
    assert code_of(response) == (422, "password_policy")
    assert len(response.json()["errors"]) == 2
    assert {error["field"] for error in response.json()["errors"]} == {"new_password"}
    body["new_password"] = "four other\u0007words \u20ac" + "\u20ac" * 400
    response = await app.client.post("/v1/auth/change-password", json=body, headers=await company.bearer())
    assert code_of(response) == (422, "password_policy")
    assert len(response.json()["errors"]) == 2
    wrong = {"current_password": "wrong", "new_password": NEW_PASSWORD}
    response = await app.client.post("/v1/auth/change-password", json=wrong, headers=await company.bearer())
    assert code_of(response) == (401, "invalid_credentials")


async def test_a_refresh_ends_the_access_tokens_before_it(app: App, company: Company) -> None:
    first = await company.tokens()
    response = await app.client.post("/v1/auth/refresh", json={"refresh_token": first["refresh_token"]})
    second = response.json()
    assert response.status_code == 200
    assert set(second) == TOKEN_FIELDS
    assert second["session_id"] == first["session_id"]
    assert (await me(app, bearer(second))).status_code == 200
    assert code_of(await me(app, bearer(first))) == (401, "unauthenticated")


async def test_reuse_after_the_grace_kills_the_family_on_the_next_request(
    app: App, company: Company, clock: FixedClock
) -> None:
    first = await company.tokens()
    spent = {"refresh_token": first["refresh_token"]}
    second = (await app.client.post("/v1/auth/refresh", json=spent)).json()
    clock.advance(seconds=11)
    assert (await me(app, bearer(second))).status_code == 200
    assert code_of(await app.client.post("/v1/auth/refresh", json=spent)) == (401, "refresh_reused")
    assert code_of(await me(app, bearer(second))) == (401, "unauthenticated")
    child = {"refresh_token": second["refresh_token"]}
    assert code_of(await app.client.post("/v1/auth/refresh", json=child)) == (401, "refresh_invalid")


async def test_fifty_refreshes_at_once_have_one_child(app: App, company: Company) -> None:
    spent = {"refresh_token": (await company.tokens())["refresh_token"]}
    answers: list[Any] = []

    async def use() -> None:
        answers.append(await app.client.post("/v1/auth/refresh", json=spent))

    async with anyio.create_task_group() as tasks:
        for _ in range(50):
            tasks.start_soon(use)
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["refresh_token"] for answer in answers}) == 1
    assert (await me(app, bearer(answers[-1].json()))).status_code == 200


@pytest.mark.parametrize("token", ["x", "A" * 200, "\u00e9", "..", "Bearer x"])
async def test_junk_refreshes_nothing(app: App, token: str) -> None:
    response = await app.client.post("/v1/auth/refresh", json={"refresh_token": token})
    assert code_of(response) == (401, "refresh_invalid")


async def test_an_access_token_refreshes_nothing_and_a_refresh_token_opens_nothing(
    app: App, company: Company
) -> None:
    tokens = await company.tokens()
    response = await app.client.post("/v1/auth/refresh", json={"refresh_token": tokens["access_token"][:200]})
    assert code_of(response) == (401, "refresh_invalid")
    refused = await me(app, {"authorization": f"Bearer {tokens['refresh_token']}"})
    assert code_of(refused) == (401, "unauthenticated")


async def test_a_logout_holds_from_the_next_request_on_and_may_be_repeated(
    app: App, company: Company
) -> None:
    headers = await company.bearer()
    for _ in range(2):
        response = await app.client.post("/v1/auth/logout", headers=headers)
        assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert code_of(await me(app, headers)) == (401, "unauthenticated")
    assert code_of(await app.client.post("/v1/auth/logout")) == (401, "unauthenticated")


async def test_one_logs_out_everywhere(app: App, company: Company) -> None:
    other = await a_company(app, email=company.email)
    here, also_here = await company.bearer(), await company.bearer()
    there = bearer(await company.tokens(org_slug=other.slug))
    body = {"keep_current": True}
    response = await app.client.post("/v1/auth/logout-all", json=body, headers=here)
    assert response.json() == {"status": "ok", "revoked": 2}
    assert (await me(app, here)).status_code == 200
    for ended in (also_here, there):
        assert code_of(await me(app, ended)) == (401, "unauthenticated")
    response = await app.client.post("/v1/auth/logout-all", headers=here)
    assert response.json() == {"status": "ok", "revoked": 1}
    assert code_of(await me(app, here)) == (401, "unauthenticated")


async def test_one_s_sessions_are_listed_and_ended_one_by_one(app: App, company: Company) -> None:
    stranger = await a_company(app)
    tokens = [await company.tokens() for _ in range(3)]
    headers = bearer(tokens[2])
    first = (await app.client.get("/v1/auth/sessions?limit=2", headers=headers)).json()
    rest = (
        await app.client.get(f"/v1/auth/sessions?limit=2&cursor={first['next_cursor']}", headers=headers)
    ).json()
    listed = [*first["items"], *rest["items"]]
    assert [item["session_id"] for item in listed] == [t["session_id"] for t in reversed(tokens)]
    assert [item["current"] for item in listed] == [True, False, False]
    assert rest["next_cursor"] is None
    assert set(listed[0]) == {
        "session_id",
        "current",
        "created_at",
        "last_used_at",
        "expires_at",
        "ip",
        "user_agent",
        "auth_method",
        "mfa_verified",
    }
    path = f"/v1/auth/sessions/{tokens[0]['session_id']}"
    for _ in range(2):
        response = await app.client.delete(path, headers=headers)
        assert (response.status_code, response.content) == (204, b"")
    assert code_of(await me(app, bearer(tokens[0]))) == (401, "unauthenticated")
    foreign = (await stranger.tokens())["session_id"]
    for not_own in (foreign, "01981c2e-5f00-7000-8000-000000000001"):
        response = await app.client.delete(f"/v1/auth/sessions/{not_own}", headers=headers)
        assert code_of(response) == (404, "not_found")
    for cursor in ("x", "bm9uc2Vuc2U", "W10"):
        response = await app.client.get(f"/v1/auth/sessions?cursor={cursor}", headers=headers)
        assert code_of(response) == (422, "validation_error")


async def test_a_suspended_organisation_shuts_everybody_out(app: App, company: Company) -> None:
    from application.tenancy.operate_orgs import SetOrgStatus, SetOrgStatusHandler
    from domain.tenancy.org import OrgStatus

    tokens = await company.tokens()
    operate = await app.container.get(SetOrgStatusHandler)
    await operate.handle(SetOrgStatus(company.slug, OrgStatus.SUSPENDED))
    assert code_of(await me(app, bearer(tokens))) == (403, "org_suspended")
    assert code_of(await company.log_in()) == (403, "org_suspended")
    assert code_of(await company.log_in("wrong")) == (401, "invalid_credentials")
    spent = {"refresh_token": tokens["refresh_token"]}
    assert code_of(await app.client.post("/v1/auth/refresh", json=spent)) == (403, "org_suspended")
    catalog = f"/v1/public/{company.slug}/catalog"
    assert code_of(await app.client.get(catalog)) == (404, "not_found")
    await operate.handle(SetOrgStatus(company.slug, OrgStatus.ACTIVE))
    assert code_of(await me(app, bearer(tokens))) == (401, "unauthenticated")
    assert (await app.client.get(catalog)).status_code == 200
    assert (await company.log_in()).status_code == 200


async def test_the_organisation_is_read_and_changed(app: App, company: Company) -> None:
    headers = await company.bearer()
    read = await app.client.get("/v1/admin/org", headers=headers)
    org = read.json()
    assert (org["slug"], org["status"], org["timezone"], org["currency"]) == (
        company.slug,
        "active",
        "UTC",
        "USD",
    )
    assert org["branding"]["display_name"] == "Acme Cleaning"
    assert org["branding"]["primary_color"] == "#1f6feb"
    assert org["contact"] == {"email": None, "phone": None, "address": None, "country": None}
    tag = read.headers["etag"]
    unchanged = await app.client.get("/v1/admin/org", headers={**headers, "if-none-match": tag})
    assert unchanged.status_code == 304
    body = {"name": "Brighter", "branding": {"primary_color": "#0a7d4b"}, "contact": {"country": "US"}}
    changed = await app.client.patch("/v1/admin/org", json=body, headers={**headers, "if-match": tag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag
    assert (changed.json()["name"], changed.json()["contact"]["country"]) == ("Brighter", "US")
    stale = await app.client.patch("/v1/admin/org", json=body, headers={**headers, "if-match": tag})
    assert code_of(stale) == (412, "version_conflict")
    for wrong, field in (
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"currency": "usd"}, "currency"),
        ({"travel_buffer_minutes": 241}, "travel_buffer_minutes"),
        ({"slug": "www"}, "slug"),
        ({"status": "suspended"}, "status"),
        ({"branding": {"logo_url": "javascript:alert(1)"}}, "branding/logo_url"),
        ({"branding": {"email_from_name": "a\r\nBcc: x"}}, "branding/email_from_name"),
        ({"contact": {"email": "nobody"}}, "contact/email"),
        ({"name": None}, "name"),
    ):
        refused = await app.client.patch("/v1/admin/org", json=wrong, headers=headers)
        assert code_of(refused) == (422, "validation_error"), wrong
        assert [error["field"] for error in refused.json()["errors"]] == [field]
    context = (await app.client.get("/v1/auth/org-context", headers=headers)).json()
    assert context == {
        "org_id": org["org_id"],
        "slug": company.slug,
        "name": "Brighter",
        "timezone": "UTC",
        "currency": "USD",
        "via": "token",
    }
    profile = (await app.client.get("/v1/admin/profile", headers=headers)).json()
    assert profile == {
        "username": company.email,
        "role": "owner",
        "permissions": ["admin", "dispatch", "finance", "view"],
        "auth_method": "bearer",
        "mfa_verified": False,
    }
