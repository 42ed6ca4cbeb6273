"""The second factor as clients see it: bodies, codes, and gate 7."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from application.ports.unit_of_work import UnitOfWork
from domain.identity.actor import Role
from tests.http.identity_app import PASSWORD, Company, a_company, bearer, cheap_passwords
from tests.support.authenticator import FULL_WIDTH, JUNK, Authenticator
from tests.support.clock import FixedClock
from tests.support.database import TestDatabase
from tests.support.http import App, open_app, settings_for


@pytest.fixture
async def app(postgres: TestDatabase, tmp_path: Path, clock: FixedClock) -> AsyncIterator[App]:
    async with open_app(settings_for(tmp_path, postgres), clock, cheap_passwords()) as opened:
        yield opened


@pytest.fixture
async def strict(postgres: TestDatabase, tmp_path: Path, clock: FixedClock) -> AsyncIterator[App]:
    """Where nobody administers without a factor."""
    settings = settings_for(tmp_path, postgres, ADMIN_MFA_REQUIRED="true")
    async with open_app(settings, clock, cheap_passwords()) as opened:
        yield opened


@dataclass
class Browser:
    company: Company
    headers: dict[str, str]
    phone: Authenticator | None = None

    async def post(self, path: str, **body: Any) -> tuple[int, Any]:
        response = await self.company.app.client.post(path, json=body, headers=self.headers)
        assert response.headers["cache-control"] == "no-store"
        return response.status_code, response.json()

    async def refused(self, path: str, **body: Any) -> tuple[int, str]:
        status, answer = await self.post(path, **body)
        return status, answer["type"]

    async def turn_on(self) -> list[str]:
        _, answer = await self.post("/v1/auth/2fa/enroll")
        self.phone = Authenticator(answer["secret"], self.company.app.clock)
        _, answer = await self.post("/v1/auth/2fa/verify", code=self.phone.code())
        codes: list[str] = answer["recovery_codes"]
        return codes

    async def log_in(self, **proof: Any) -> None:
        self.headers = bearer(await self.company.tokens(**proof))

    async def get(self, path: str) -> int:
        return (await self.company.app.client.get(path, headers=self.headers)).status_code


async def a_browser(app: App) -> Browser:
    company = await a_company(app)
    return Browser(company, await company.bearer())


async def test_the_answers_are_the_contract_s(app: App, clock: FixedClock) -> None:
    browser = await a_browser(app)
    status, enrolment = await browser.post("/v1/auth/2fa/enroll")
    assert status == 200
    assert set(enrolment) == {"secret", "otpauth_uri", "qr_svg", "expires_at"}
    assert re.fullmatch(r"[A-Z2-7]{32}", enrolment["secret"])
    assert enrolment["secret"] in enrolment["otpauth_uri"]
    assert enrolment["qr_svg"].startswith("<svg")
    assert datetime.fromisoformat(enrolment["expires_at"]) == clock.now() + timedelta(minutes=15)
    phone = Authenticator(enrolment["secret"], clock)
    status, enabled = await browser.post("/v1/auth/2fa/verify", code=phone.code())
    assert (status, enabled["status"], len(enabled["recovery_codes"])) == (200, "enabled", 10)
    for code in enabled["recovery_codes"]:
        assert re.fullmatch(r"[0-9abcdefghjkmnpqrstvwxyz]{5}-[0-9abcdefghjkmnpqrstvwxyz]{5}", code)
    assert await browser.get("/v1/auth/me") == 401
    await browser.log_in(mfa_code=phone.next())
    me = (await app.client.get("/v1/auth/me", headers=browser.headers)).json()
    assert (me["mfa_enabled"], me["mfa_verified"]) == (True, True)
    status, renewed = await browser.post("/v1/auth/2fa/recovery-codes", code=phone.next())
    assert (status, set(renewed), len(renewed["recovery_codes"])) == (200, {"recovery_codes"}, 10)
    status, fresh = await browser.post("/v1/auth/step-up", password=PASSWORD, mfa_code=phone.next())
    assert (status, set(fresh)) == (200, {"fresh_until"})
    status, off = await browser.post("/v1/auth/2fa/disable", code=phone.next(), reason="new phone")
    user_id = str(browser.company.created.user_id)
    assert (status, off) == (200, {"status": "disabled", "user_id": user_id, "reason": "new phone"})
    await browser.log_in()


async def test_login_tells_a_missing_code_from_a_wrong_one(app: App) -> None:
    browser = await a_browser(app)
    codes = await browser.turn_on()
    phone = browser.phone
    assert phone is not None
    missing = await browser.company.log_in()
    wrong = await browser.company.log_in(mfa_code=phone.wrong())
    assert (missing.status_code, missing.json()["type"]) == (401, "mfa_required")
    assert (wrong.status_code, wrong.json()["type"]) == (401, "mfa_required")
    assert (missing.json()["detail"], wrong.json()["detail"]) == ("MFA code required", "Invalid MFA code")
    both = await browser.company.log_in(mfa_code=phone.code(1), recovery_code=codes[0])
    assert both.status_code == 422
    stranger = await browser.company.log_in("not the password at all", mfa_code=phone.wrong())
    assert stranger.json()["type"] == "invalid_credentials"
    await browser.log_in(recovery_code=codes[0])


async def test_junk_is_a_wrong_code_and_never_an_error(app: App, clock: FixedClock) -> None:
    browser = await a_browser(app)
    assert await browser.refused("/v1/auth/2fa/verify", code="\x00") == (400, "mfa_not_enrolled")
    codes = await browser.turn_on()
    for number, junk in enumerate(JUNK):
        if number % 4 == 0:
            clock.advance(minutes=5)
        response = await browser.company.log_in(**{("mfa_code", "recovery_code")[number % 2]: junk})
        assert (response.status_code, response.json()["type"]) == (401, "mfa_required"), ascii(junk)
    clock.advance(minutes=5)
    await browser.log_in(recovery_code=codes[0])
    for path in ("enroll", "disable", "recovery-codes"):
        for junk in ("", FULL_WIDTH, "\x00"):
            assert await browser.refused(f"/v1/auth/2fa/{path}", code=junk) == (401, "mfa_required")
            clock.advance(minutes=5)
            await browser.log_in(recovery_code=codes.pop())


@pytest.mark.parametrize("junk", [123456, ["123456"]])
async def test_what_is_no_text_is_a_fault_of_the_body(app: App, junk: Any) -> None:
    company = await a_company(app)
    response = await company.log_in(mfa_code=junk)
    assert (response.status_code, response.json()["errors"][0]["field"]) == (422, "mfa_code")


async def test_each_route_asks_for_freshness(app: App, clock: FixedClock) -> None:
    browser = await a_browser(app)
    clock.advance(minutes=6)
    for path in ("enroll", "disable", "recovery-codes"):
        assert await browser.refused(f"/v1/auth/2fa/{path}", code="123456") == (403, "step_up_required")
    assert (await browser.post("/v1/auth/2fa/enroll", current_password=PASSWORD))[0] == 200
    wrong = {"current_password": "not the password at all"}
    assert await browser.refused("/v1/auth/2fa/enroll", **wrong) == (401, "invalid_credentials")
    assert await browser.refused("/v1/auth/2fa/verify", code="12345") == (401, "mfa_required")


async def become(company: Company, role: Role) -> None:
    uow = await company.app.container.get(UnitOfWork)
    async with uow.begin(company.created.org_id) as unit:
        membership = await unit.memberships.lock(company.created.user_id)
        await unit.memberships.save(replace(membership, role=role))


@pytest.mark.parametrize("role", [Role.OWNER, Role.ADMIN, Role.WORKER])
async def test_every_role_may_have_a_factor_and_an_owner_alone_takes_it_away(app: App, role: Role) -> None:
    browser = await a_browser(app)
    await become(browser.company, role)
    codes = await browser.turn_on()
    await browser.log_in(recovery_code=codes[0])
    status, _ = await browser.post("/v1/auth/2fa/disable", recovery_code=codes[1])
    assert status == (200 if role is Role.OWNER else 403)


async def test_nobody_administers_without_a_factor_where_it_is_required(strict: App) -> None:
    browser = await a_browser(strict)
    refused = await strict.client.get("/v1/admin/org", headers=browser.headers)
    assert (refused.status_code, refused.json()["type"]) == (401, "mfa_required")
    assert refused.json()["detail"] == "MFA code required"
    assert await browser.get("/v1/auth/me") == 200
    assert await browser.refused("/v1/auth/2fa/disable") == (401, "mfa_required")  # its need is owner
    await browser.turn_on()
    assert browser.phone is not None
    await browser.log_in(mfa_code=browser.phone.next())
    assert await browser.get("/v1/admin/org") == 200


async def test_roles_that_are_not_named_need_none(strict: App) -> None:
    browser = await a_browser(strict)
    await become(browser.company, Role.DISPATCHER)
    assert await browser.get("/v1/admin/leads") == 200


async def test_the_roles_are_the_installation_s(
    postgres: TestDatabase, tmp_path: Path, clock: FixedClock
) -> None:
    environ = {"ADMIN_MFA_REQUIRED": "true", "ADMIN_MFA_REQUIRED_ROLES": "owner,admin,viewer"}
    async with open_app(settings_for(tmp_path, postgres, **environ), clock, cheap_passwords()) as app:
        browser = await a_browser(app)
        await become(browser.company, Role.VIEWER)
        assert await browser.get("/v1/admin/leads") == 401
