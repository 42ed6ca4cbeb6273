"""Whatever ends a session ends it on the very next request, access and refresh alike (issue 3, bar 12)."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path

import pytest

from application.tenancy.operate_orgs import SetOrgStatus, SetOrgStatusHandler
from domain.tenancy.org import OrgStatus
from tests.http.identity_app import cheap_passwords
from tests.http.staff import Somebody, Staff, code_of, open_staff
from tests.support.authenticator import Authenticator
from tests.support.clock import FixedClock
from tests.support.database import TestDatabase
from tests.support.http import App, open_app, settings_for

NEW = "seven bright umbrellas in a row"
type Deed = Callable[[Staff, Somebody], Awaitable[None]]


@pytest.fixture
async def app(postgres: TestDatabase, tmp_path: Path, clock: FixedClock) -> AsyncIterator[App]:
    async with open_app(settings_for(tmp_path, postgres), clock, cheap_passwords()) as opened:
        yield opened


@pytest.fixture
async def staff(app: App) -> Staff:
    return await open_staff(app)


def by_the_owner(path: str, body: object = None) -> Deed:
    async def deed(staff: Staff, victim: Somebody) -> None:
        answer = await staff.ask("POST", f"/{victim.user_id}/{path}", body)
        assert answer.status_code == 200, answer.text

    return deed


def by_oneself(method: str, path: str, body: object = None) -> Deed:
    """From another session of the same person; `{session_id}` is the one that must die."""

    async def deed(staff: Staff, victim: Somebody) -> None:
        other = await staff.log_in(Somebody(victim.user_id, victim.email, victim.password))
        answer = await staff.app.client.request(
            method,
            "/v1/auth/" + path.format(session_id=victim.tokens["session_id"]),
            json=body,
            headers=victim.headers if path == "logout" else other.headers,
        )
        assert answer.status_code in {200, 204}, answer.text

    return deed


async def temp_password(staff: Staff, victim: Somebody) -> None:
    assert (await staff.reset(victim.user_id)).json()["delivery"] == "temp_password"


async def mailed_link(staff: Staff, victim: Somebody) -> None:
    await staff.public("password-reset/request", {"email": victim.email})
    token = (await staff.links(victim.email, "password_reset_link"))[-1]
    done = await staff.public("password-reset/confirm", {"token": token, "new_password": NEW})
    assert done.status_code == 200, done.text


async def accepted_elsewhere(staff: Staff, victim: Somebody) -> None:
    """The first mailed link of all: who was there before the mailbox was proven must go."""
    other = await open_staff(staff.app)
    await other.ask("POST", "", {"email": victim.email})
    token = (await other.links(victim.email, "invitation"))[-1]
    done = await other.public("invitations/accept", {"token": token, "password": NEW})
    assert done.status_code == 200, done.text


async def suspension(staff: Staff, _victim: Somebody) -> None:
    handler = await staff.app.container.get(SetOrgStatusHandler)
    assert await handler.handle(SetOrgStatus(staff.company.slug, OrgStatus.SUSPENDED))


async def enable_factor(staff: Staff, victim: Somebody) -> Authenticator:
    client = staff.app.client
    enrolled = await client.post("/v1/auth/2fa/enroll", json={}, headers=victim.headers)
    assert enrolled.status_code == 200, enrolled.text
    device = Authenticator(enrolled.json()["secret"], staff.app.clock)
    body = {"code": device.next()}
    enabled = await client.post("/v1/auth/2fa/verify", json=body, headers=victim.headers)
    assert enabled.status_code == 200, enabled.text
    return device


async def factor_on(staff: Staff, victim: Somebody) -> None:
    await enable_factor(staff, victim)


async def factor_off(staff: Staff, victim: Somebody) -> None:
    """By the other owner, the device being lost; the session that dies has shown its code."""
    device = await enable_factor(staff, victim)
    staff.app.clock.advance(seconds=60)
    await staff.log_in(victim, mfa_code=device.next())
    body = {"user_id": victim.user_id, "reason": "Phone lost"}
    done = await staff.app.client.post("/v1/auth/2fa/disable", json=body, headers=staff.owner.headers)
    assert done.status_code == 200, done.text


PASSWORDS = {"current_password": "four other words entirely", "new_password": NEW}
DEEDS: Mapping[str, Deed] = {
    "role_changed": by_the_owner("role", {"role": "admin"}),
    "deactivated": by_the_owner("deactivate", {}),
    "admin_logout": by_the_owner("logout"),
    "temp_password_issued": temp_password,
    "password_reset": mailed_link,
    "invitation_accepted": accepted_elsewhere,
    "logout": by_oneself("POST", "logout"),
    "logout_all": by_oneself("POST", "logout-all", {}),
    "session_revoked": by_oneself("DELETE", "sessions/{session_id}"),
    "password_changed": by_oneself("POST", "change-password", PASSWORDS),
    "mfa_enabled": factor_on,
    "mfa_disabled": factor_off,
    "org_suspended": suspension,
}


@pytest.mark.parametrize("kind", DEEDS)
async def test_the_next_request_of_an_owner_is_refused(staff: Staff, clock: FixedClock, kind: str) -> None:
    victim = await staff.hire("owner")
    bystander = await open_staff(staff.app)
    assert (await staff.ask("GET", "", by=victim)).status_code == 200
    await DEEDS[kind](staff, victim)
    access = await staff.ask("GET", "", by=victim)
    refresh = await staff.public("refresh", {"refresh_token": victim.tokens["refresh_token"]})
    if kind == "org_suspended":
        assert (code_of(access), code_of(refresh)) == ((403, "org_suspended"),) * 2
    else:
        assert (code_of(access), code_of(refresh)) == ((401, "unauthenticated"), (401, "refresh_invalid"))
    assert (await bystander.ask("GET", "")).status_code == 200
    clock.advance(minutes=20)  # past the access token's time a refresh must not bring it back either
    again = await staff.public("refresh", {"refresh_token": victim.tokens["refresh_token"]})
    assert again.status_code in {401, 403}


async def test_what_ended_stays_ended_when_the_reason_is_gone(staff: Staff) -> None:
    """A session that a role change, a deactivation or a suspension ended does not come back with the role."""
    victim = await staff.hire("viewer")
    for there, back in [
        (("role", {"role": "finance"}), ("role", {"role": "viewer"})),
        (("deactivate", {}), ("reactivate", None)),
    ]:
        for path, body in (there, back):
            assert (await staff.ask("POST", f"/{victim.user_id}/{path}", body)).status_code == 200
        answer = await staff.app.client.get("/v1/auth/me", headers=victim.headers)
        assert code_of(answer) == (401, "unauthenticated")
        await staff.log_in(victim)
    handler = await staff.app.container.get(SetOrgStatusHandler)
    for status in (OrgStatus.SUSPENDED, OrgStatus.ACTIVE):
        await handler.handle(SetOrgStatus(staff.company.slug, status))
    answer = await staff.app.client.get("/v1/auth/me", headers=victim.headers)
    assert code_of(answer) == (401, "unauthenticated")


async def test_a_reset_by_mail_reaches_sessions_of_every_organisation(staff: Staff) -> None:
    other = await open_staff(staff.app)
    await join_by_link(staff.owner, other)
    here = await staff.log_in(Somebody("", staff.owner.email, NEW), org_id=staff.org_id)
    there = await staff.log_in(Somebody("", staff.owner.email, NEW), org_id=other.org_id)
    await staff.public("password-reset/request", {"email": staff.owner.email})
    mailed = await staff.links(staff.owner.email, "password_reset_link") + await other.links(
        staff.owner.email, "password_reset_link"
    )
    confirm = {"token": mailed[-1], "new_password": f"{NEW} twice"}
    assert (await staff.public("password-reset/confirm", confirm)).status_code == 200
    for session in (here, there):
        answer = await staff.app.client.get("/v1/auth/me", headers=session.headers)
        assert code_of(answer) == (401, "unauthenticated")


async def join_by_link(somebody: Somebody, other: Staff) -> None:
    """A member there too, by one new password for everywhere."""
    await other.ask("POST", "", {"email": somebody.email})
    token = (await other.links(somebody.email, "invitation"))[-1]
    done = await other.public("invitations/accept", {"token": token, "password": NEW})
    assert done.status_code == 200, done.text
