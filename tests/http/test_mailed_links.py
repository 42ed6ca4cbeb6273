"""Forgotten passwords and invitations over HTTP, on PostgreSQL (identity page, §4 and §7)."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import anyio
import pytest

from tests.http.identity_app import PASSWORD, cheap_passwords
from tests.http.staff import OWN, Somebody, Staff, an_address, code_of, open_staff
from tests.support.clock import FixedClock
from tests.support.database import TestDatabase
from tests.support.http import App, open_app, settings_for

NEW = "seven bright umbrellas in a row"


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


async def forgotten(staff: Staff, email: str) -> str:
    """The token that the mail brings."""
    asked = await staff.public("password-reset/request", {"email": email})
    assert (asked.status_code, asked.json()) == (202, {"status": "accepted"})
    return (await staff.links(email, "password_reset_link"))[-1]


async def invited(staff: Staff, email: str, **fields: Any) -> str:
    made = await staff.ask("POST", "", {"email": email, "delivery": "invitation", **fields})
    assert made.status_code == 201, made.text
    return (await staff.links(email, "invitation"))[-1]


async def confirm(staff: Staff, token: str, password: str = NEW) -> Any:
    return await staff.public("password-reset/confirm", {"token": token, "new_password": password})


async def accept(staff: Staff, token: str, password: str = NEW) -> Any:
    return await staff.public("invitations/accept", {"token": token, "password": password})


async def inspect(staff: Staff, token: str) -> Any:
    return await staff.public("invitations/inspect", {"token": token})


async def test_a_mailed_link_sets_a_new_password_once_and_ends_every_session(staff: Staff) -> None:
    token = await forgotten(staff, staff.owner.email.upper())
    assert code_of(await confirm(staff, token, "short")) == (422, "password_policy")
    assert code_of(await confirm(staff, token, PASSWORD)) == (422, "password_policy")  # the current one
    done = await confirm(staff, token)
    assert (done.status_code, done.json()) == (200, {"status": "ok"})
    assert done.headers["cache-control"] == "no-store"
    assert (await staff.ask("GET", "")).status_code == 401
    refresh = {"refresh_token": staff.owner.tokens["refresh_token"]}
    assert code_of(await staff.public("refresh", refresh)) == (401, "refresh_invalid")
    assert code_of(await confirm(staff, token, "another long pass phrase")) == (400, "link_invalid")
    staff.owner.password = NEW
    await staff.log_in(staff.owner)
    assert (await staff.mail_kinds(staff.owner.email))[-1] == "password_changed"


@pytest.mark.parametrize("email", ["nobody@acme.example", "x@y.z.example"])
async def test_an_unknown_address_is_answered_alike(staff: Staff, email: str) -> None:
    known = await staff.public("password-reset/request", {"email": staff.owner.email})
    unknown = await staff.public("password-reset/request", {"email": email})
    assert (unknown.status_code, unknown.content) == (known.status_code, known.content)
    assert unknown.headers.keys() == known.headers.keys()
    malformed = await staff.public("password-reset/request", {"email": "no address"})
    assert code_of(malformed) == (422, "validation_error")


async def test_somebody_without_an_active_membership_gets_no_link(staff: Staff) -> None:
    dan = await staff.hire("viewer")
    await staff.ask("POST", f"/{dan.user_id}/deactivate", {})
    assert (await staff.public("password-reset/request", {"email": dan.email})).status_code == 202
    assert await staff.links(dan.email, "password_reset_link") == []


async def test_at_most_three_links_an_hour_and_only_the_newest_opens(staff: Staff, clock: FixedClock) -> None:
    email = staff.owner.email
    first, second = await forgotten(staff, email), await forgotten(staff, email)
    third = await forgotten(staff, email)
    assert len({first, second, third}) == 3
    assert await forgotten(staff, email) == third  # a fourth brings nothing, and spoils nothing
    for void in (first, second):
        assert code_of(await confirm(staff, void)) == (400, "link_invalid")
    assert (await confirm(staff, third)).status_code == 200
    clock.advance(minutes=61)
    assert await forgotten(staff, email) != third


async def test_a_link_lives_its_time_and_dies_with_the_password(staff: Staff, clock: FixedClock) -> None:
    token = await forgotten(staff, staff.owner.email)
    clock.advance(minutes=30)
    assert code_of(await confirm(staff, token)) == (400, "link_invalid")
    token = await forgotten(staff, staff.owner.email)
    await staff.log_in(staff.owner)
    body = {"current_password": PASSWORD, "new_password": OWN}
    changed = await staff.app.client.post("/v1/auth/change-password", json=body, headers=staff.owner.headers)
    assert changed.status_code == 200
    assert code_of(await confirm(staff, token)) == (400, "link_invalid")


async def test_a_link_is_good_for_its_purpose_alone(staff: Staff) -> None:
    reset = await forgotten(staff, staff.owner.email)
    invitation = await invited(staff, an_address())
    for answer in (
        await accept(staff, reset),
        await inspect(staff, reset),
        await confirm(staff, invitation),
        await confirm(staff, "made-up"),
        await accept(staff, "\N{GRINNING FACE}"),
    ):
        assert code_of(answer) == (400, "link_invalid")
    assert (await inspect(staff, invitation)).status_code == 200


async def test_many_who_hold_one_link_are_as_one(staff: Staff) -> None:
    token = await forgotten(staff, staff.owner.email)
    statuses: list[int] = []

    async def use(number: int) -> None:
        statuses.append((await confirm(staff, token, f"{NEW} {number}")).status_code)

    async with anyio.create_task_group() as tasks:
        for number in range(8):
            tasks.start_soon(use, number)
    assert sorted(statuses) == [200] + [400] * 7


async def test_an_invited_stranger_chooses_a_password_and_is_in(staff: Staff) -> None:
    email = an_address()
    token = await invited(staff, email, role="dispatcher", name="Dan")
    seen = (await inspect(staff, token)).json()
    assert seen == {
        "org_name": "Acme Cleaning",
        "email_masked": f"d***@{email.partition('@')[2]}",
        "role": "dispatcher",
        "expires_at": "2026-03-05T14:00:00Z",
        "sets_password": True,
    }
    assert code_of(await accept(staff, token, "short")) == (422, "password_policy")
    accepted = await accept(staff, token)
    assert (accepted.status_code, accepted.json()) == (
        200,
        {"status": "accepted", "org_id": staff.org_id},
    )
    assert code_of(await inspect(staff, token)) == (400, "link_invalid")
    dan = await staff.log_in(Somebody("", email, NEW))
    assert (dan.tokens["role"], dan.tokens["must_change_password"]) == ("dispatcher", False)


async def test_an_invitation_is_answered_alike_for_known_and_unknown(staff: Staff, rival: Staff) -> None:
    known = (await rival.hire("viewer")).email
    answers = []
    for email in (known.upper().replace("ACME", "Acme"), an_address("Eve").upper()):
        made = (await staff.ask("POST", "", {"email": email, "delivery": "invitation"})).json()
        assert made["email"] == email.lower()
        shown = (await staff.ask("GET", f"/{made['user_id']}")).json()
        assert shown == {name: value for name, value in made.items() if name in shown}
        born = UUID(made["user_id"])
        assert born.version == 7
        assert born.int >> 80 < datetime(2026, 1, 1, tzinfo=UTC).timestamp() * 1000  # tells nobody's age
        answers.append({**made, "email": "", "user_id": ""})
    assert answers[0] == answers[1]
    assert answers[0]["invitation_expires_at"] == "2026-03-05T14:00:00Z"
    assert (answers[0]["temp_password"], answers[0]["delivery"]) == (None, "invitation")


async def test_somebody_proven_accepts_by_the_own_password(staff: Staff, rival: Staff) -> None:
    owner = rival.owner
    await confirm(rival, await forgotten(rival, owner.email))  # the mailbox is theirs
    owner.password = NEW
    await rival.log_in(owner)
    made = (await staff.ask("POST", "", {"email": owner.email, "role": "finance"})).json()
    assert (made["delivery"], made["temp_password"], made["status"]) == ("invitation", None, "invited")
    token = (await staff.links(owner.email, "invitation"))[-1]
    assert (await inspect(staff, token)).json()["sets_password"] is False
    assert code_of(await accept(staff, token, "not my password at all")) == (401, "invalid_credentials")
    assert (await accept(staff, token, NEW)).status_code == 200
    assert (await rival.ask("GET", "")).status_code == 200  # nothing elsewhere has changed
    assert (await rival.log_in(owner, org_id=staff.org_id)).tokens["role"] == "finance"


async def test_who_made_an_account_for_another_s_address_keeps_nothing_of_it(
    staff: Staff, rival: Staff
) -> None:
    squatted = await staff.hire("viewer")  # by a password that the squatter knows
    token = await invited(rival, squatted.email, role="admin")
    assert (await inspect(rival, token)).json()["sets_password"] is True
    assert (await accept(rival, token)).status_code == 200
    assert (await staff.app.client.get("/v1/auth/me", headers=squatted.headers)).status_code == 401
    stale = {"email": squatted.email, "password": squatted.password}
    assert (await rival.public("login", stale)).status_code == 401
    assert (await rival.public("login", {**stale, "password": NEW})).status_code == 200


async def test_a_resent_invitation_voids_the_older(staff: Staff, clock: FixedClock) -> None:
    email = an_address()
    first = await invited(staff, email)
    user = (await staff.ask("GET", f"?q={email}")).json()["items"][0]
    clock.advance(hours=73)
    assert code_of(await accept(staff, first)) == (400, "link_invalid")
    await staff.log_in(staff.owner)
    again = await staff.ask("POST", f"/{user['user_id']}/resend-invitation")
    assert again.json()["invitation_expires_at"] == "2026-03-08T15:00:00Z"
    second = (await staff.links(email, "invitation"))[-1]
    assert code_of(await accept(staff, first)) == (400, "link_invalid")
    assert (await accept(staff, second)).status_code == 200
    late = await staff.ask("POST", f"/{user['user_id']}/resend-invitation")
    assert code_of(late) == (409, "not_invited")


async def test_a_member_is_not_invited_twice_and_a_former_one_is(staff: Staff) -> None:
    dan = await staff.hire("viewer")
    assert code_of(await staff.ask("POST", "", {"email": dan.email.upper()})) == (409, "already_member")
    await staff.ask("POST", f"/{dan.user_id}/deactivate", {})
    back = (await staff.ask("POST", "", {"email": dan.email, "role": "finance"})).json()
    assert (back["status"], back["role"], back["delivery"]) == ("invited", "finance", "invitation")
    assert (await staff.public("login", {"email": dan.email, "password": OWN})).status_code == 401
    token = (await staff.links(dan.email, "invitation"))[-1]
    assert (await accept(staff, token)).status_code == 200


async def test_whoever_was_shut_out_before_accepting_is_asked_again(staff: Staff) -> None:
    email = an_address()
    first = await invited(staff, email)
    user = (await staff.ask("GET", f"?q={email}")).json()["items"][0]
    out = await staff.ask("POST", f"/{user['user_id']}/deactivate", {})
    assert (out.json()["status"], out.json()["invitation_expires_at"]) == ("inactive", None)
    assert code_of(await accept(staff, first)) == (400, "link_invalid")
    back = await staff.ask("POST", f"/{user['user_id']}/reactivate")
    assert back.json()["status"] == "invited"  # nobody becomes a member without having agreed
    second = (await staff.links(email, "invitation"))[-1]
    assert (await accept(staff, second)).status_code == 200
