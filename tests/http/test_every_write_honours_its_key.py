"""README of the contract, "Requests": an Idempotency-Key is accepted on every write of a signed-in caller.

The list of routes is the application's own: a new write without a recipe here fails the build.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

from application.ports.unit_of_work import UnitOfWork
from domain.identity.actor import Need
from entrypoints.http.app import CONTROLLERS
from entrypoints.http.edge import plain_template
from entrypoints.http.gate import UNSAFE
from entrypoints.http.price_book_bodies import PRICE_BOOK_EXAMPLE
from tests.contracts.test_dead_letters import fail
from tests.contracts.test_suppressions import a_suppression, add
from tests.contracts.test_tombstones import add as add_tombstones
from tests.contracts.test_tombstones import some as some_tombstones
from tests.http.identity_app import PASSWORD, Company, a_company, bearer, cheap_passwords
from tests.support.authenticator import Authenticator
from tests.support.clock import FixedClock
from tests.support.database import TestDatabase
from tests.support.http import open_app, settings_for
from tests.support.identity import IDS
from tests.support.photos import an_image

EXPORTS = {"EXPORT_MODE": "webhook", "EXPORT_WEBHOOK_URL": "https://hooks.example.com/x"}
NEW_PASSWORD = "four other words entirely"
TOMORROW, DAY_AFTER = "2026-03-03T10:00:00Z", "2026-03-04T10:00:00Z"
HOME = {"beds": 2, "baths": 1}
WEEK = [{"day_of_week": 0, "start_time": "08:00", "end_time": "16:30"}]


@dataclass
class Office:
    """One company's back office, with the things that the routes are about."""

    company: Company
    headers: dict[str, str]
    session_id: str
    phone: Authenticator | None = None

    async def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        return await self.company.app.client.request(
            method, path, json=body, headers={**self.headers, **headers}
        )

    async def make(self, path: str, body: Any, noun: str) -> str:
        response = await self.send("POST", path, body)
        assert response.status_code in {200, 201}, response.text
        return str(response.json()[f"{noun}_id"])

    async def lead(self) -> str:
        return await self.make(
            "/v1/admin/leads", {"name": "Jane", "phone": "+15550100134", "home": HOME}, "lead"
        )

    async def worker(self) -> str:
        return await self.make("/v1/admin/workers", {"name": "Ana", "phone": "+15550100177"}, "worker")

    async def team(self) -> str:
        return await self.make("/v1/admin/teams", {"name": "North"}, "team")

    async def booking(self, **fields: Any) -> str:
        body = {"lead_id": await self.lead(), "starts_at": TOMORROW, "duration_minutes": 120, **fields}
        return await self.make("/v1/admin/bookings", body, "booking")

    async def company_bearer(self, temp_password: str) -> dict[str, str]:
        """Of a new member, whose password is one of their own now."""
        first = bearer(await self.company.tokens(temp_password))
        body = {"current_password": temp_password, "new_password": NEW_PASSWORD}
        changed = await self.company.app.client.post("/v1/auth/change-password", json=body, headers=first)
        return bearer(changed.json())

    async def log_in_again(self) -> None:
        """The first session may have ended by what was done."""
        proof = {"mfa_code": self.phone.next()} if self.phone else {}
        response = await self.company.log_in(**proof)
        if response.status_code != 200:
            response = await self.company.log_in(NEW_PASSWORD, **proof)
        self.headers = bearer(response.json())

    async def enroll(self) -> str:
        """A code of the new phone."""
        answer = await self.send("POST", "/v1/auth/2fa/enroll", {})
        self.phone = Authenticator(answer.json()["secret"], self.company.app.clock)
        return self.phone.code()

    async def turn_factor_on(self) -> str:
        """A code of the phone that is asked for from now on."""
        response = await self.send("POST", "/v1/auth/2fa/verify", {"code": await self.enroll()})
        assert response.status_code == 200, response.text
        await self.log_in_again()
        assert self.phone is not None
        return self.phone.next()


type Deed = tuple[str, Any]  # a path and a body
type Recipe = Callable[[Office], Awaitable[Deed]]


def about(path: str, make: Callable[[Office], Awaitable[str]], body: Any = None) -> Recipe:
    async def recipe(office: Office) -> Deed:
        return path.format(await make(office)), body

    return recipe


def plain(path: str, body: Any = None) -> Recipe:
    async def recipe(_office: Office) -> Deed:
        return path, body

    return recipe


async def crew_of_one(office: Office) -> Deed:
    worker = await office.worker()
    booking = await office.booking()
    return f"/v1/admin/bookings/{booking}/assign", {"worker_ids": [worker]}


async def crew_sent_home(office: Office) -> Deed:
    path, body = await crew_of_one(office)
    assert (await office.send("POST", path, body)).status_code == 200
    return path.replace("/assign", "/unassign"), body


async def jobs_given_away(office: Office) -> Deed:
    worker = await office.worker()
    await office.booking(worker_ids=[worker])
    period = {"from": TOMORROW, "to": DAY_AFTER}
    return f"/v1/admin/workers/{worker}/reassign", {**period, "dry_run": False}


async def many_cancelled(office: Office) -> Deed:
    ids = [await office.booking(), await office.booking(starts_at=DAY_AFTER)]
    return "/v1/admin/bookings/bulk", {"action": "cancel", "booking_ids": ids, "reason_code": "weather"}


def clocked(path: str, *before: str) -> Recipe:
    """The last step of a clock of the office's, after those."""

    async def recipe(office: Office) -> Deed:
        worker = await office.worker()
        order = await office.booking(worker_ids=[worker])
        for verb in before:
            done = await office.send("POST", f"/v1/orders/{order}/time/{verb}", {"worker_id": worker})
            assert done.status_code == 200, done.text
        return path.format(order), {"worker_id": worker}

    return recipe


async def corrected(office: Office) -> Deed:
    order = await office.booking(worker_ids=[await office.worker()])
    started = await office.send("POST", f"/v1/orders/{order}/time/start")
    (entry,) = started.json()["entries"]
    times = [{"starts_at": "2026-03-01T09:00:00Z", "ends_at": "2026-03-01T10:00:00Z"}]
    path = f"/v1/orders/{order}/time/{entry['entry_id']}"
    return path, {"segments": times, "reason": "Forgot to stop the clock"}


async def my_job(office: Office) -> str:
    """Of a worker, who is the one that asks from then on."""
    made = await office.send("POST", "/v1/iam/users", {"email": (email := new_address()), "role": "worker"})
    body = {"name": "Ana", "user_id": made.json()["user_id"]}
    worker = await office.make("/v1/admin/workers", body, "worker")
    order = await office.booking(worker_ids=[worker])
    office.company = replace(office.company, email=email)
    office.headers = await office.company_bearer(made.json()["temp_password"])
    return order


async def my_photo(office: Office) -> str:
    return await photo_of(office, "/v1/worker/jobs", await my_job(office))


def my_clock(verb: str, *before: str) -> Recipe:
    """The same by a worker, who is the one that asks from then on."""

    async def recipe(office: Office) -> Deed:
        order = await my_job(office)
        for step in before:
            done = await office.send("POST", f"/v1/worker/jobs/{order}/{step}")
            assert done.status_code == 200, done.text
        return f"/v1/worker/jobs/{order}/{verb}", {}

    return recipe


async def new_booking(office: Office) -> Deed:
    body = {"lead_id": await office.lead(), "starts_at": TOMORROW, "duration_minutes": 120}
    return "/v1/admin/bookings", body


async def another_session(office: Office) -> Deed:
    tokens = await office.company.tokens()
    return f"/v1/auth/sessions/{tokens['session_id']}", None


async def add_on(office: Office) -> str:
    body = {"code": "garage", "name": "Garage", "price_cents": 2500, "minutes": 25}
    return await office.make("/v1/admin/addons", body, "add_on")


async def blackout(office: Office) -> str:
    body = {"starts_at": TOMORROW, "ends_at": DAY_AFTER, "reason": "Holidays"}
    return await office.make("/v1/admin/blackouts", body, "blackout")


async def break_glass(office: Office) -> str:
    return await office.make("/v1/admin/break-glass/start", INCIDENT, "session")


def new_address() -> str:
    return f"dan-{IDS.new().hex[-12:]}@acme.example"


async def member(office: Office) -> str:
    body = {"email": new_address()}
    return await office.make("/v1/iam/users", body, "user")


async def guest(office: Office) -> str:
    body = {"email": f"eve-{IDS.new().hex[-12:]}@acme.example", "delivery": "invitation"}
    return await office.make("/v1/iam/users", body, "user")


def with_code(path: str, make: Callable[[Office], Awaitable[str]]) -> Recipe:
    async def recipe(office: Office) -> Deed:
        return path, {"code": await make(office)}

    return recipe


async def photo(office: Office) -> str:
    return await photo_of(office, "/v1/orders", await office.booking())


async def photo_of(office: Office, prefix: str, order: str) -> str:
    """The end of its address: the order, and the photo."""
    said = await office.send("PUT", f"{prefix}/{order}/photo-consent", {"consent_photos": True})
    assert said.status_code == 200, said.text
    answer = await office.company.app.client.post(
        f"{prefix}/{order}/photos",
        data={"phase": "BEFORE"},
        files={"file": ("kitchen.jpg", an_image())},
        headers=office.headers,
    )
    assert answer.status_code == 201, answer.text
    return f"{order}/photos/{answer.json()['photo_id']}"


async def dead_message(office: Office) -> str:
    org_id, app = office.company.created.org_id, office.company.app
    (event_id,) = await fail(await app.container.get(UnitOfWork), app.clock, org_id, IDS.new().hex)
    return str(event_id)


async def suppressed_address(office: Office) -> str:
    made = a_suppression()
    uow = await office.company.app.container.get(UnitOfWork)
    await add(uow, office.company.created.org_id, made)
    return str(made.id)


async def tombstone(office: Office) -> str:
    org_id = office.company.created.org_id
    made = some_tombstones(org_id)
    await add_tombstones(await office.company.app.container.get(UnitOfWork), org_id, *made)
    return str(made[0].id)


async def dead_export(office: Office) -> str:
    org_id, app = office.company.created.org_id, office.company.app
    uow = await app.container.get(UnitOfWork)
    (event_id,) = await fail(uow, app.clock, org_id, IDS.new().hex, kind="export", payload={"data": {}})
    return str(event_id)


async def mailed_lead(office: Office) -> str:
    return await office.make("/v1/admin/leads", {**LEAD, "email": "jane@example.com"}, "lead")


async def mail(office: Office) -> str:
    query = f"/v1/admin/messaging/events?lead_id={await mailed_lead(office)}"
    answer = await office.send("GET", query, None)
    return str(answer.json()["items"][0]["event_id"])


async def mailed_booking(office: Office) -> str:
    body = {"lead_id": await mailed_lead(office), "starts_at": TOMORROW, "duration_minutes": 120}
    booking_id = await office.make("/v1/admin/bookings", body, "booking")
    assert (await office.send("POST", f"/v1/admin/bookings/{booking_id}/confirm", {})).status_code == 200
    return booking_id


INCIDENT = {"reason": "Prices are wrong", "ttl_minutes": 30}
LEAD = {"name": "Jane Doe", "phone": "+1 555 010 0134"}
CLOSED = {"starts_at": TOMORROW, "ends_at": DAY_AFTER}
LATER = {"starts_at": DAY_AFTER}
RECIPES: dict[tuple[str, str], Recipe] = {
    ("POST", "/v1/admin/addons"): plain(
        "/v1/admin/addons", {"code": "attic", "name": "Attic", "price_cents": 2500, "minutes": 25}
    ),
    ("PATCH", "/v1/admin/addons/{add_on_id}"): about("/v1/admin/addons/{}", add_on, {"price_cents": 99}),
    ("POST", "/v1/admin/blackouts"): plain("/v1/admin/blackouts", CLOSED),
    ("DELETE", "/v1/admin/blackouts/{blackout_id}"): about("/v1/admin/blackouts/{}", blackout),
    ("PATCH", "/v1/admin/booking-settings"): plain("/v1/admin/booking-settings", {"slot_step_minutes": 15}),
    ("POST", "/v1/admin/bookings"): new_booking,
    ("POST", "/v1/admin/bookings/bulk"): many_cancelled,
    ("POST", "/v1/admin/workers/{worker_id}/reassign"): jobs_given_away,
    ("POST", "/v1/admin/price-book/preview"): plain(
        "/v1/admin/price-book/preview", {"price_book": PRICE_BOOK_EXAMPLE, "homes": [HOME]}
    ),
    ("PATCH", "/v1/admin/bookings/{booking_id}"): about(
        "/v1/admin/bookings/{}", Office.booking, {"notes": "Friendly dog"}
    ),
    ("POST", "/v1/admin/bookings/{booking_id}/assign"): crew_of_one,
    ("POST", "/v1/admin/bookings/{booking_id}/unassign"): crew_sent_home,
    ("POST", "/v1/admin/bookings/{booking_id}/cancel"): about(
        "/v1/admin/bookings/{}/cancel", Office.booking, {"reason_code": "client_request"}
    ),
    ("POST", "/v1/admin/bookings/{booking_id}/complete"): about(
        "/v1/admin/bookings/{}/complete", Office.booking, {"actual_duration_minutes": 90}
    ),
    ("POST", "/v1/admin/bookings/{booking_id}/confirm"): about(
        "/v1/admin/bookings/{}/confirm", Office.booking, {}
    ),
    ("POST", "/v1/admin/bookings/{booking_id}/override"): about(
        "/v1/admin/bookings/{}/override",
        Office.booking,
        {"kind": "risk_band", "value": "HIGH", "reason": "A quarrel"},
    ),
    ("POST", "/v1/admin/bookings/{booking_id}/resend-last-email"): about(
        "/v1/admin/bookings/{}/resend-last-email", mailed_booking
    ),
    ("POST", "/v1/admin/messaging/events/{event_id}/resend"): about(
        "/v1/admin/messaging/events/{}/resend", mail
    ),
    ("POST", "/v1/admin/bookings/{booking_id}/reschedule"): about(
        "/v1/admin/bookings/{}/reschedule", Office.booking, LATER
    ),
    ("PUT", "/v1/orders/{order_id}/addons"): about(
        "/v1/orders/{}/addons", Office.booking, {"add_ons": {"oven": 1}}
    ),
    ("POST", "/v1/admin/schedule/{booking_id}/move"): about(
        "/v1/admin/schedule/{}/move", Office.booking, LATER
    ),
    ("POST", "/v1/admin/schedule/block"): plain("/v1/admin/schedule/block", CLOSED),
    ("POST", "/v1/admin/break-glass/start"): plain("/v1/admin/break-glass/start", INCIDENT),
    ("POST", "/v1/admin/break-glass/{session_id}/revoke"): about(
        "/v1/admin/break-glass/{}/revoke", break_glass
    ),
    ("POST", "/v1/orders/{order_id}/time/start"): clocked("/v1/orders/{}/time/start"),
    ("POST", "/v1/orders/{order_id}/time/pause"): clocked("/v1/orders/{}/time/pause", "start"),
    ("POST", "/v1/orders/{order_id}/time/resume"): clocked("/v1/orders/{}/time/resume", "start", "pause"),
    ("POST", "/v1/orders/{order_id}/time/finish"): clocked("/v1/orders/{}/time/finish", "start"),
    ("PUT", "/v1/orders/{order_id}/time/{entry_id}"): corrected,
    ("POST", "/v1/worker/jobs/{order_id}/start"): my_clock("start"),
    ("POST", "/v1/worker/jobs/{order_id}/pause"): my_clock("pause", "start"),
    ("POST", "/v1/worker/jobs/{order_id}/resume"): my_clock("resume", "start", "pause"),
    ("POST", "/v1/worker/jobs/{order_id}/finish"): my_clock("finish", "start"),
    ("POST", "/v1/admin/cleanup"): plain("/v1/admin/cleanup"),
    ("POST", "/v1/admin/retention/cleanup"): plain("/v1/admin/retention/cleanup"),
    ("POST", "/v1/admin/email-scan"): plain("/v1/admin/email-scan"),
    ("DELETE", "/v1/admin/messaging/suppressions/{suppression_id}"): about(
        "/v1/admin/messaging/suppressions/{}", suppressed_address
    ),
    ("POST", "/v1/admin/messaging/templates/preview"): plain(
        "/v1/admin/messaging/templates/preview", {"template": "booking_confirmed"}
    ),
    ("POST", "/v1/admin/storage/tombstones/{tombstone_id}/retry"): about(
        "/v1/admin/storage/tombstones/{}/retry", tombstone
    ),
    ("POST", "/v1/admin/export-dead-letter"): plain("/v1/admin/export-dead-letter"),
    ("POST", "/v1/admin/export-dead-letter/{event_id}/replay"): about(
        "/v1/admin/export-dead-letter/{}/replay", dead_export
    ),
    ("POST", "/v1/admin/leads"): plain("/v1/admin/leads", LEAD),
    ("PATCH", "/v1/admin/leads/{lead_id}"): about("/v1/admin/leads/{}", Office.lead, {"notes": "Mornings"}),
    ("POST", "/v1/admin/leads/{lead_id}/estimate"): about("/v1/admin/leads/{}/estimate", Office.lead),
    ("POST", "/v1/admin/leads/{lead_id}/status"): about(
        "/v1/admin/leads/{}/status", Office.lead, {"status": "CONTACTED"}
    ),
    ("PUT", "/v1/worker/jobs/{order_id}/photo-consent"): about(
        "/v1/worker/jobs/{}/photo-consent", my_job, {"consent_photos": True}
    ),
    ("DELETE", "/v1/worker/jobs/{order_id}/photos/{photo_id}"): about("/v1/worker/jobs/{}", my_photo),
    ("PUT", "/v1/orders/{order_id}/photo-consent"): about(
        "/v1/orders/{}/photo-consent", Office.booking, {"consent_photos": True}
    ),
    ("POST", "/v1/orders/{order_id}/photos/{photo_id}/review"): about(
        "/v1/orders/{}/review", photo, {"review_status": "approved"}
    ),
    ("DELETE", "/v1/orders/{order_id}/photos/{photo_id}"): about("/v1/orders/{}", photo),
    ("POST", "/v1/admin/outbox/dead-letter"): plain("/v1/admin/outbox/dead-letter"),
    ("POST", "/v1/admin/outbox/{event_id}/replay"): about("/v1/admin/outbox/{}/replay", dead_message),
    ("PATCH", "/v1/admin/org"): plain("/v1/admin/org", {"name": "Brighter Homes"}),
    ("PUT", "/v1/admin/price-book"): plain("/v1/admin/price-book", PRICE_BOOK_EXAMPLE),
    ("POST", "/v1/admin/teams"): plain("/v1/admin/teams", {"name": "South"}),
    ("PATCH", "/v1/admin/teams/{team_id}"): about("/v1/admin/teams/{}", Office.team, {"name": "West"}),
    ("DELETE", "/v1/admin/teams/{team_id}"): about("/v1/admin/teams/{}", Office.team),
    ("PUT", "/v1/admin/teams/{team_id}/working-hours"): about(
        "/v1/admin/teams/{}/working-hours", Office.team, {"hours": WEEK}
    ),
    ("POST", "/v1/admin/workers"): plain("/v1/admin/workers", {"name": "Bo", "phone": "+15550100178"}),
    ("PATCH", "/v1/admin/workers/{worker_id}"): about("/v1/admin/workers/{}", Office.worker, {"name": "Cy"}),
    ("POST", "/v1/auth/change-password"): plain(
        "/v1/auth/change-password", {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    ),
    ("POST", "/v1/auth/logout"): plain("/v1/auth/logout"),
    ("POST", "/v1/auth/logout-all"): plain("/v1/auth/logout-all", {}),
    ("POST", "/v1/auth/2fa/enroll"): plain("/v1/auth/2fa/enroll", {}),
    ("POST", "/v1/auth/2fa/verify"): with_code("/v1/auth/2fa/verify", Office.enroll),
    ("POST", "/v1/auth/2fa/disable"): with_code("/v1/auth/2fa/disable", Office.turn_factor_on),
    ("POST", "/v1/auth/2fa/recovery-codes"): with_code("/v1/auth/2fa/recovery-codes", Office.turn_factor_on),
    ("POST", "/v1/auth/step-up"): plain("/v1/auth/step-up", {"password": PASSWORD}),
    ("DELETE", "/v1/auth/sessions/{session_id}"): another_session,
    ("POST", "/v1/iam/users"): plain("/v1/iam/users", {"email": f"new-{IDS.new().hex[-12:]}@acme.example"}),
    ("POST", "/v1/iam/users/{user_id}/resend-invitation"): about("/v1/iam/users/{}/resend-invitation", guest),
    ("POST", "/v1/iam/users/{user_id}/reset-temp-password"): about(
        "/v1/iam/users/{}/reset-temp-password", member, {"reason": "Forgot it"}
    ),
    ("POST", "/v1/iam/users/{user_id}/role"): about("/v1/iam/users/{}/role", member, {"role": "finance"}),
    ("POST", "/v1/iam/users/{user_id}/deactivate"): about("/v1/iam/users/{}/deactivate", member, {}),
    ("POST", "/v1/iam/users/{user_id}/reactivate"): about("/v1/iam/users/{}/reactivate", member),
    ("POST", "/v1/iam/users/{user_id}/logout"): about("/v1/iam/users/{}/logout", member),
}
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


def write_routes() -> set[tuple[str, str]]:
    """Of signed-in callers, as the contract writes their paths; uploads go without a key."""
    app = Litestar(route_handlers=CONTROLLERS, openapi_config=None)
    return {
        (method, plain_template(route.path))
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        for method in set(handler.http_methods) & UNSAFE
        if handler.opt["rules"].need is not Need.PUBLIC and not handler.opt["rules"].upload
    }


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
