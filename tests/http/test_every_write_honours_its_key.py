"""README of the contract, "Requests": an Idempotency-Key is accepted on every write of a signed-in caller.

The list of routes is the application's own: a new write without a recipe here fails the build.
"""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.http.identity_app import a_company, bearer, cheap_passwords
from tests.http.write_recipes import RECIPES, write_routes
from tests.http.writes import EXPORTS, Office
from tests.support.clock import FixedClock
from tests.support.database import TestDatabase
from tests.support.http import open_app, settings_for

SECRET = frozenset(
    [
        "access_token",
        "refresh_token",
        "temp_password",
        "token",
        "secret",
        "otpauth_uri",
        "qr_svg",
        "recovery_codes",
    ]
)


@pytest.fixture
async def office(postgres: TestDatabase, tmp_path: Path, clock: FixedClock) -> AsyncIterator[Office]:
    async with open_app(settings_for(tmp_path, postgres, **EXPORTS), clock, cheap_passwords()) as app:
        company = await a_company(app)
        tokens = await company.tokens()
        yield Office(company, bearer(tokens), tokens["session_id"])


def test_every_write_route_has_its_recipe() -> None:
    assert write_routes() == set(RECIPES)


def without_secrets(body: Any) -> Any:
    if not isinstance(body, dict) or not SECRET & body.keys():
        return body
    kept = {name: None if name in SECRET else value for name, value in body.items()}
    return {**kept, "replay_notice": "secret_not_repeated"}


@pytest.mark.parametrize("route", sorted(RECIPES), ids=lambda route: f"{route[0]} {route[1]}")
async def test_a_write_has_its_effect_once(office: Office, route: tuple[str, str]) -> None:
    method, _ = route
    path, body = await RECIPES[route](office)
    key = {"idempotency-key": "a-key-of-mine"}
    first = await office.send(method, path, body, **key)
    assert 200 <= first.status_code < 300, first.text
    assert "idempotency-replayed" not in first.headers
    await office.log_in_again()
    audited = await audit_rows(office)
    second = await office.send(method, path, body, **key)
    assert second.status_code == first.status_code, second.text
    assert second.headers["idempotency-replayed"] == "true"
    assert second.headers.get("etag") == first.headers.get("etag")
    assert second.headers.get("location") == first.headers.get("location")
    if first.content:
        assert second.json() == without_secrets(first.json())
    else:
        assert not second.content
    assert await audit_rows(office) == audited
    reused = await office.send(method, f"{path}?again=1", body, **key)
    assert (reused.status_code, reused.json()["type"]) in {
        (422, "idempotency_key_reused"),
        (422, "validation_error"),
    }


async def audit_rows(office: Office) -> int:
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import AsyncEngine

    engine = await office.company.app.container.get(AsyncEngine)
    async with engine.connect() as connection, connection.begin():
        org_id = str(office.company.created.org_id)
        await connection.execute(text("select set_config('app.current_org_id', :org, true)"), {"org": org_id})
        found = await connection.execute(text("select count(*) from admin_audit_logs"))
        return int(found.scalar_one())


async def test_another_body_under_the_same_key_is_refused(office: Office) -> None:
    key = {"idempotency-key": "k"}
    body = {"name": "North", "color": "#1f6feb"}
    assert (await office.send("POST", "/v1/admin/teams", body, **key)).status_code == 201
    reordered = {"color": "#1f6feb", "name": "North"}
    replay = await office.send("POST", "/v1/admin/teams", reordered, **key)
    assert replay.headers["idempotency-replayed"] == "true"
    for changed in ({**body, "name": "South"}, {"name": "North"}):
        reused = await office.send("POST", "/v1/admin/teams", changed, **key)
        assert (reused.status_code, reused.json()["type"]) == (422, "idempotency_key_reused")
    elsewhere = await office.send("POST", "/v1/admin/workers", body, **key)
    assert elsewhere.status_code == 422


async def test_a_refused_request_leaves_its_key_free(office: Office) -> None:
    key = {"idempotency-key": "k"}
    refused = await office.send("POST", "/v1/admin/teams", {"name": "Team 1"}, **key)
    assert refused.json()["type"] == "team_name_taken"
    assert (await office.send("POST", "/v1/admin/teams", {"name": "Fine"}, **key)).status_code == 201


@pytest.mark.parametrize("key", ["", " ", "x" * 129, "a b", "é", "a\tb"])
async def test_a_key_is_visible_ascii(office: Office, key: str) -> None:
    headers = [
        (b"authorization", office.headers["authorization"].encode()),
        (b"idempotency-key", key.encode()),
    ]
    response = await office.company.app.client.post(
        "/v1/admin/teams", json={"name": "North"}, headers=headers
    )
    assert response.status_code == 422, response.text
    assert response.json()["errors"][0]["field"] == "Idempotency-Key"


async def test_a_replay_is_authorised_again(office: Office) -> None:
    key = {"idempotency-key": "k"}
    assert (await office.send("POST", "/v1/admin/teams", {"name": "North"}, **key)).status_code == 201
    await office.send("POST", "/v1/auth/logout")
    again = await office.send("POST", "/v1/admin/teams", {"name": "North"}, **key)
    assert again.status_code == 401


async def test_another_company_s_same_key_is_another_key(office: Office) -> None:
    key = {"idempotency-key": "k"}
    assert (await office.send("POST", "/v1/admin/teams", {"name": "North"}, **key)).status_code == 201
    rival = await a_company(office.company.app)
    response = await office.company.app.client.post(
        "/v1/admin/teams", json={"name": "South"}, headers={**await rival.bearer(), **key}
    )
    assert response.status_code == 201
    assert "idempotency-replayed" not in response.headers
