"""What a company does before each write, and the write: for the walks over every write route."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from application.ports.unit_of_work import UnitOfWork
from tests.contracts.test_dead_letters import fail
from tests.contracts.test_suppressions import a_suppression, add
from tests.contracts.test_tombstones import add as add_tombstones
from tests.contracts.test_tombstones import some as some_tombstones
from tests.http.identity_app import Company, bearer
from tests.support.authenticator import Authenticator
from tests.support.identity import IDS
from tests.support.photos import an_image

EXPORTS = {"EXPORT_MODE": "webhook", "EXPORT_WEBHOOK_URL": "https://hooks.example.com/x"}
NEW_PASSWORD = "four other words entirely"
TOMORROW, DAY_AFTER = "2026-03-03T10:00:00Z", "2026-03-04T10:00:00Z"
HOME = {"beds": 2, "baths": 1}
INCIDENT = {"reason": "Prices are wrong", "ttl_minutes": 30}
LEAD = {"name": "Jane Doe", "phone": "+1 555 010 0134"}
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
