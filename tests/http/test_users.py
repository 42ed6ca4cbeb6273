"""An organisation's users over HTTP, on PostgreSQL (identity page, §7)."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.http.identity_app import cheap_passwords
from tests.http.staff import OWN, Somebody, Staff, an_address, code_of, open_staff
from tests.support.clock import FixedClock
from tests.support.database import TestDatabase
from tests.support.http import App, open_app, settings_for
from tests.support.identity import IDS

FIELDS = {
    "user_id",
    "email",
    "name",
    "role",
    "status",
    "membership_active",
    "must_change_password",
    "mfa_enabled",
    "worker_id",
    "last_login_at",
    "invitation_expires_at",
    "created_at",
}


@pytest.fixture
async def app(postgres: TestDatabase, tmp_path: Path, clock: FixedClock) -> AsyncIterator[App]:
    async with open_app(settings_for(tmp_path, postgres), clock, cheap_passwords()) as opened:
        yield opened


@pytest.fixture
async def staff(app: App) -> Staff:
    return await open_staff(app)


@pytest.fixture
async def rival(app: App) -> Staff:
    return await open_staff(app)


async def test_a_new_colleague_gets_a_temporary_password_once(staff: Staff) -> None:
    email = an_address()
    key = {"idempotency-key": "hire-dan"}
    body = {"email": email, "role": "dispatcher", "name": "Dan"}
    made = await staff.ask("POST", "", body, headers=key)
    answer = made.json()
    assert made.status_code == 201
    assert set(answer) == FIELDS | {"delivery", "temp_password"}
    assert made.headers["location"] == f"/v1/iam/users/{answer['user_id']}"
    assert made.headers["cache-control"] == "no-store"
    assert (answer["delivery"], answer["status"], answer["must_change_password"]) == (
        "temp_password",
        "active",
        True,
    )
    assert len(answer["temp_password"]) == 20
    assert await staff.mail_kinds(email) == []
    again = (await staff.ask("POST", "", body, headers=key)).json()
    assert again == {**answer, "temp_password": None, "replay_notice": "secret_not_repeated"}
    dan = await staff.log_in(Somebody(answer["user_id"], email, answer["temp_password"]))
    refused = await staff.app.client.get("/v1/admin/org", headers=dan.headers)
    assert code_of(refused) == (403, "password_change_required")


async def test_users_are_listed_by_address_and_found_by_its_beginning_or_the_name(staff: Staff) -> None:
    people = [("cy", "Cy", "viewer"), ("ann", "Ann", "finance"), ("aennchen", "Ännchen", "viewer")]
    for box, name, role in [*people, ("bo", None, "worker")]:
        made = await staff.ask("POST", "", {"email": an_address(box), "role": role, "name": name})
        assert made.status_code == 201, made.text

    async def listed(query: str) -> Any:
        return (await staff.ask("GET", query)).json()

    everybody = (await listed(""))["items"]
    addresses = [user["email"] for user in everybody]
    assert addresses == sorted(addresses)
    assert len(addresses) == 5
    assert set(everybody[0]) == FIELDS
    first = await listed("?limit=3")
    rest = await listed(f"?limit=3&cursor={first['next_cursor']}")
    assert first["items"] + rest["items"] == everybody
    assert rest["next_cursor"] is None
    assert [user["name"] for user in (await listed("?q=aNN"))["items"]] == ["Ann"]
    assert [user["name"] for user in (await listed("?q=ÄNN"))["items"]] == ["Ännchen"]
    assert [user["role"] for user in (await listed("?q=bo-"))["items"]] == ["worker"]
    assert [user["role"] for user in (await listed("?role=finance"))["items"]] == ["finance"]
    assert (await listed("?status=invited"))["items"] == []
    assert code_of(await staff.ask("GET", "?role=king")) == (422, "validation_error")
    assert code_of(await staff.ask("GET", "?cursor=x")) == (422, "validation_error")


async def test_one_user_is_read_under_a_tag_that_writes_may_insist_on(
    staff: Staff, clock: FixedClock
) -> None:
    dan = await staff.hire("viewer")
    read = await staff.ask("GET", f"/{dan.user_id}")
    tag = read.headers["etag"]
    assert (await staff.ask("GET", f"/{dan.user_id}", headers={"if-none-match": tag})).status_code == 304
    changed = await staff.ask("POST", f"/{dan.user_id}/role", {"role": "finance"}, headers={"if-match": tag})
    assert (changed.status_code, changed.json()["role"]) == (200, "finance")
    assert changed.headers["etag"] != tag
    stale = await staff.ask("POST", f"/{dan.user_id}/role", {"role": "viewer"}, headers={"if-match": tag})
    assert code_of(stale) == (412, "version_conflict")
    fresh_tag = changed.headers["etag"]
    clock.advance(minutes=1)
    await staff.log_in(dan)
    seen = await staff.ask("GET", f"/{dan.user_id}", headers={"if-none-match": fresh_tag})
    assert seen.status_code == 200  # when they last logged in is part of what is shown


async def test_nobody_else_s_member_exists(staff: Staff, rival: Staff) -> None:
    theirs, made_up = rival.owner.user_id, str(IDS.new())
    for path, body in [
        ("", None),
        ("/resend-invitation", None),
        ("/reset-temp-password", {}),
        ("/role", {"role": "viewer"}),
        ("/deactivate", {}),
        ("/reactivate", None),
        ("/logout", None),
    ]:
        answers = []
        for user_id in (theirs, made_up):
            headers = {"x-request-id": "the-same-1", "idempotency-key": f"k{user_id}"}
            method = "POST" if path else "GET"
            answer = await staff.ask(method, f"/{user_id}{path}", body, headers=headers)
            assert code_of(answer) == (404, "not_found"), path
            answers.append(answer.text.replace(user_id, ""))
        assert answers[0] == answers[1]
    assert (await rival.ask("GET", "")).json()["items"][0]["status"] == "active"


async def test_only_admins_come_near(staff: Staff) -> None:
    dispatcher = await staff.hire("dispatcher")
    assert code_of(await staff.ask("GET", "", by=dispatcher)) == (403, "forbidden")
    made = await staff.ask("POST", "", {"email": an_address()}, by=dispatcher)
    assert code_of(made) == (403, "forbidden")
    basic = await staff.app.client.get("/v1/iam/users", auth=("owner", "whatever it is"))
    assert basic.status_code == 401


async def test_a_reset_needs_a_key_and_gives_a_password_that_must_be_changed(staff: Staff) -> None:
    dan = await staff.hire("dispatcher")
    without = await staff.ask("POST", f"/{dan.user_id}/reset-temp-password", {})
    assert code_of(without) == (400, "idempotency_key_required")
    answer = await staff.reset(dan.user_id, {"reason": "Forgot it"}, key="reset-dan")
    body = answer.json()
    assert (body["delivery"], len(body["temp_password"]), body["must_change_password"]) == (
        "temp_password",
        20,
        True,
    )
    replayed = (await staff.reset(dan.user_id, {"reason": "Forgot it"}, key="reset-dan")).json()
    assert replayed == {**body, "temp_password": None, "replay_notice": "secret_not_repeated"}
    assert (await staff.public("login", {"email": dan.email, "password": OWN})).status_code == 401
    dan.password = body["temp_password"]
    assert (await staff.log_in(dan)).tokens["must_change_password"]
    assert (await staff.mail_kinds(dan.email))[-1] == "temp_password_notice"
    assert await staff.links(dan.email, "temp_password_notice") == []  # never the password itself


async def test_a_temporary_password_is_mailed_where_the_installation_says_so(
    postgres: TestDatabase, tmp_path: Path, clock: FixedClock
) -> None:
    from application.ports.field_cipher import FieldCipher
    from application.ports.unit_of_work import UnitOfWork
    from tests.support.mailbox import secrets

    settings = settings_for(tmp_path, postgres, EMAIL_TEMP_PASSWORDS="true")
    async with open_app(settings, clock, cheap_passwords()) as app:
        staff = await open_staff(app)
        email = an_address()
        made = (await staff.ask("POST", "", {"email": email})).json()
        uow, cipher = await app.container.get(UnitOfWork), await app.container.get(FieldCipher)
        found = await secrets(uow, cipher, staff.company.created.org_id, email, "temp_password_notice")
    assert found == [made["temp_password"]]


async def test_a_reset_of_somebody_who_belongs_elsewhere_too_only_mails_a_link(
    staff: Staff, rival: Staff
) -> None:
    dan = await staff.hire("dispatcher")
    invited = await rival.ask("POST", "", {"email": dan.email})
    assert invited.json()["delivery"] == "invitation"
    answer = (await staff.reset(dan.user_id)).json()
    assert (answer["delivery"], answer["temp_password"]) == ("reset_link", None)
    assert (await staff.log_in(dan)).tokens["must_change_password"] is False
    assert len(await staff.links(dan.email, "password_reset_link")) == 1


async def test_an_owner_is_an_owner_s_business(staff: Staff) -> None:
    admin, other = await staff.hire("admin"), await staff.hire("owner")
    made = await staff.ask("POST", "", {"email": an_address(), "role": "owner"}, by=admin)
    assert code_of(made) == (403, "owner_only")
    for path, body in [
        ("role", {"role": "viewer"}),
        ("deactivate", {}),
        ("reactivate", None),
        ("logout", None),
        ("reset-temp-password", {}),
    ]:
        key = {"idempotency-key": path}
        answer = await staff.ask("POST", f"/{other.user_id}/{path}", body, by=admin, headers=key)
        assert code_of(answer) == (403, "owner_only"), path
    promoted = await staff.ask("POST", f"/{admin.user_id}/role", {"role": "owner"}, by=admin)
    assert code_of(promoted) == (409, "own_account")
    viewer = await staff.hire("viewer")
    raised = await staff.ask("POST", f"/{viewer.user_id}/role", {"role": "owner"}, by=admin)
    assert code_of(raised) == (403, "owner_only")


async def test_giving_and_taking_owner_wants_a_fresh_proof(staff: Staff, clock: FixedClock) -> None:
    dan, owen = await staff.hire("viewer"), await staff.hire("owner")
    clock.advance(minutes=6)
    for path, body in [
        ("", {"email": an_address(), "role": "owner"}),
        (f"/{dan.user_id}/role", {"role": "owner"}),
        (f"/{owen.user_id}/role", {"role": "viewer"}),
    ]:
        assert code_of(await staff.ask("POST", path, body)) == (403, "step_up_required"), path
    assert (await staff.ask("POST", f"/{dan.user_id}/role", {"role": "finance"})).status_code == 200
    await staff.app.client.post(
        "/v1/auth/step-up", json={"password": staff.owner.password}, headers=staff.owner.headers
    )
    assert (await staff.ask("POST", f"/{dan.user_id}/role", {"role": "owner"})).status_code == 200


async def test_nobody_shuts_out_or_resets_oneself(staff: Staff) -> None:
    own = staff.owner.user_id
    for path, body in [("role", {"role": "viewer"}), ("deactivate", {}), ("reset-temp-password", {})]:
        key = {"idempotency-key": path}
        assert code_of(await staff.ask("POST", f"/{own}/{path}", body, headers=key)) == (409, "own_account")
    assert (await staff.ask("POST", f"/{own}/logout")).json() == {"status": "revoked", "sessions": 1}
    assert (await staff.ask("GET", "")).status_code == 401


async def test_the_same_role_has_no_effect(staff: Staff) -> None:
    dan = await staff.hire("dispatcher")
    answer = await staff.ask("POST", f"/{dan.user_id}/role", {"role": "dispatcher"})
    assert answer.status_code == 200
    assert (await staff.app.client.get("/v1/auth/me", headers=dan.headers)).status_code == 200


async def test_out_and_in_again_with_the_old_role(staff: Staff) -> None:
    dan = await staff.hire("dispatcher")
    for _ in range(2):
        out = await staff.ask("POST", f"/{dan.user_id}/deactivate", {"reason": "Left"})
        assert (out.json()["status"], out.json()["membership_active"]) == ("inactive", False)
    assert (await staff.public("login", {"email": dan.email, "password": OWN})).status_code == 401
    assert code_of(await staff.reset(dan.user_id)) == (409, "user_inactive")
    for _ in range(2):
        back = await staff.ask("POST", f"/{dan.user_id}/reactivate")
        assert (back.json()["status"], back.json()["role"]) == ("active", "dispatcher")
    refused = await staff.app.client.get("/v1/auth/me", headers=dan.headers)
    assert refused.status_code == 401  # the session of before stays dead
    assert (await staff.log_in(dan)).tokens["role"] == "dispatcher"


async def test_whoever_is_shut_out_leaves_no_way_to_write_in_an_emergency(staff: Staff) -> None:
    owen = await staff.hire("owner")
    start = {"reason": "Pipes burst", "ttl_minutes": 60}
    client = staff.app.client
    started = await client.post("/v1/admin/break-glass/start", json=start, headers=owen.headers)
    assert started.status_code == 200, started.text
    await staff.ask("POST", f"/{owen.user_id}/deactivate", {})
    listed = await client.get("/v1/admin/break-glass", headers=staff.owner.headers)
    assert [item["status"] for item in listed.json()["items"]] == ["revoked"]


async def test_a_worker_s_login_is_tied_and_untied(staff: Staff) -> None:
    worker = await staff.app.client.post(
        "/v1/admin/workers", json={"name": "Ana", "phone": "+15550100177"}, headers=staff.owner.headers
    )
    worker_id = worker.json()["worker_id"]
    body = {"email": an_address(), "role": "worker", "worker_id": worker_id}
    made = await staff.ask("POST", "", body)
    assert (made.status_code, made.json()["worker_id"]) == (201, worker_id)
    second = await staff.ask("POST", "", {**body, "email": an_address()})
    assert code_of(second) == (422, "validation_error")
    as_viewer = await staff.ask("POST", "", {**body, "email": an_address(), "role": "viewer"})
    assert code_of(as_viewer) == (422, "validation_error")
    nobody = await staff.ask("POST", "", {**body, "email": an_address(), "worker_id": str(IDS.new())})
    assert code_of(nobody) == (404, "not_found")
    out = await staff.ask("POST", f"/{made.json()['user_id']}/deactivate", {})
    assert out.json()["worker_id"] is None
    shown = await staff.app.client.get(f"/v1/admin/workers/{worker_id}", headers=staff.owner.headers)
    assert shown.json()["user_id"] is None
    assert shown.json()["is_active"] is True
    tied = await staff.ask("POST", "", {**body, "email": an_address()})
    assert tied.json()["worker_id"] == worker_id
    await staff.ask("POST", f"/{tied.json()['user_id']}/role", {"role": "viewer"})
    user = await staff.ask("GET", f"/{tied.json()['user_id']}")
    assert user.json()["worker_id"] is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "email"),
        ({"email": "no address"}, "email"),
        ({"email": "a@b.example", "role": "king"}, "role"),
        ({"email": "a@b.example", "name": "x" * 121}, "name"),
        ({"email": "a@b.example", "delivery": "pigeon"}, "delivery"),
        ({"email": "a@b.example", "org_id": str(IDS.new())}, "org_id"),
    ],
)
async def test_what_does_not_fit_is_refused_by_name(staff: Staff, body: Any, field: str) -> None:
    refused = await staff.ask("POST", "", body)
    assert code_of(refused) == (422, "validation_error")
    assert [fault["field"] for fault in refused.json()["errors"]] == [field]
