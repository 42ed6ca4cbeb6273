"""Every kind of secret that we hand out, shown at every door: its own opens, all others stay shut.

The doors are counted from the document: a field or scheme that takes a secret and has no entry here is red.
"""

import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from adapters.cryptography.keys import derive_key
from application.delivery.unsubscribe_links import UnsubscribeLinks
from domain.shared.ids import EventId
from entrypoints import keys
from entrypoints.http.csrf import Csrf
from tests.http.identity_app import Company, cheap_passwords
from tests.http.staff import Staff, an_address, open_staff
from tests.support.clock import FixedClock
from tests.support.database import TestDatabase
from tests.support.hostile_tokens import Forge
from tests.support.http import App, open_app, settings_for
from tests.support.photos import an_image

METRICS_TOKEN, BASIC_PASSWORD = "metrics-token-of-tests", "a basic password of tests"  # made up
SCHEDULER_TOKEN = "the-scheduler-s-own-token-of-the-tests"  # made up
ENVIRON = {
    "SCHEDULER_TOKEN": SCHEDULER_TOKEN,
    "METRICS_TOKEN": METRICS_TOKEN,
    "OWNER_BASIC_USERNAME": "owner",
    "OWNER_BASIC_PASSWORD": BASIC_PASSWORD,
}
HOME = {"beds": 2, "baths": 1}
TOMORROW = "2026-03-03T15:00:00Z"
JUDGED_ELSEWHERE = {"captcha_token"}
UNSUBSCRIBE, UNDO = "POST /unsubscribe token", "POST /unsubscribe/undo token"


@dataclass
class Keyring:
    """A company with a visitor, and a fresh secret of each kind."""

    staff: Staff
    read_only: App
    lead_id: str = ""
    photo: str = ""

    @property
    def app(self) -> App:
        return self.staff.app

    @property
    def company(self) -> Company:
        return self.staff.company

    async def access(self) -> str:
        return str((await self.company.tokens())["access_token"])

    async def refresh(self) -> str:
        return str((await self.company.tokens())["refresh_token"])

    async def lead(self) -> str:
        body = {"name": "Jane", "phone": "+15550100134", "home": HOME}
        answer = await self.app.client.post(f"/v1/public/{self.company.slug}/leads", json=body)
        assert answer.status_code == 201, answer.text
        self.lead_id = answer.json()["lead_id"]
        return str(answer.json()["lead_token"])

    async def reset(self) -> str:
        email = (await self.staff.hire()).email
        await self.staff.public("password-reset/request", {"email": email})
        return (await self.staff.links(email, "password_reset_link"))[-1]

    async def invitation(self) -> str:
        email = an_address()
        answer = await self.staff.ask("POST", "", {"email": email, "delivery": "invitation"})
        assert answer.status_code == 201, answer.text
        return (await self.staff.links(email, "invitation"))[-1]

    async def break_glass(self) -> str:
        headers, body = await self.company.bearer(), {"reason": "Leak", "ttl_minutes": 5}
        answer = await self.app.client.post("/v1/admin/break-glass/start", json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["token"])

    async def photo_token(self) -> str:
        """Of a photo that is made for the first of them."""
        headers = await self.company.bearer()
        if not self.photo:
            booking = {"starts_at": "2026-04-07T15:00:00Z", "duration_minutes": 60}
            made = await self.app.client.post("/v1/admin/bookings", json=booking, headers=headers)
            order = f"/v1/orders/{made.json()['booking_id']}"
            said = {"consent_photos": True}
            await self.app.client.put(f"{order}/photo-consent", json=said, headers=headers)
            sent: Any = {"data": {"phase": "BEFORE"}, "files": {"file": ("a.jpg", an_image())}}
            photo = await self.app.client.post(f"{order}/photos", headers=headers, **sent)
            assert photo.status_code == 201, photo.text
            self.photo = f"{order}/photos/{photo.json()['photo_id']}"
        asked = await self.app.client.get(f"{self.photo}/signed-url", headers=headers)
        return str(asked.json()["url"]).partition("token=")[2]

    async def csrf(self) -> str:
        return (await self.app.container.get(Csrf)).token_for(self.company.created.user_id)

    async def unsubscribe(self) -> str:
        links, made = await self.app.container.get(UnsubscribeLinks), self.company.created
        url = links.url(made.org_id, "nps", EventId(made.user_id), self.company.email)
        return url.partition("token=")[2]

    async def metrics(self) -> str:
        return METRICS_TOKEN

    async def basic(self) -> str:
        return BASIC_PASSWORD

    async def scheduler(self) -> str:
        return SCHEDULER_TOKEN

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.app.client.get(path, headers=headers)

    async def post(self, path: str, body: Any) -> httpx.Response:
        return await self.app.client.post(path, json=body)


def opened(answer: httpx.Response) -> bool:
    if answer.status_code == 400:
        assert answer.json()["type"] == "link_invalid"
    assert answer.status_code in {200, 201, 302, 400, 401}, answer.text
    return answer.status_code < 400


async def bearer(ring: Keyring, shown: str) -> bool:
    return opened(await ring.get("/v1/admin/org", authorization=f"Bearer {shown}"))


async def basic(ring: Keyring, shown: str) -> bool:
    pair = base64.b64encode(f"owner:{shown}".encode()).decode()
    org = {"x-test-org": str(ring.company.created.org_id)}
    return opened(await ring.get("/v1/admin/org", authorization=f"Basic {pair}", **org))


async def scheduler(ring: Keyring, shown: str) -> bool:
    """Its answer tells of organisations; somebody's of one tells of that one."""
    headers = {"authorization": f"Bearer {shown}"}
    answer = await ring.app.client.post("/v1/admin/email-scan", headers=headers)
    assert answer.status_code in {202, 401}, answer.text
    return "orgs" in answer.json()


async def refresh_token(ring: Keyring, shown: str) -> bool:
    return opened(await ring.post("/v1/auth/refresh", {"refresh_token": shown[:200]}))


async def lead_token(ring: Keyring, shown: str) -> bool:
    body = {"lead_id": ring.lead_id, "lead_token": shown[:200], "starts_at": TOMORROW}
    return opened(await ring.post(f"/v1/public/{ring.company.slug}/bookings", body))


async def reset_link(ring: Keyring, shown: str) -> bool:
    body = {"token": shown[:200], "new_password": "quite other words entirely"}
    return opened(await ring.post("/v1/auth/password-reset/confirm", body))


async def inspected_invitation(ring: Keyring, shown: str) -> bool:
    return opened(await ring.post("/v1/auth/invitations/inspect", {"token": shown[:200]}))


async def accepted_invitation(ring: Keyring, shown: str) -> bool:
    body = {"token": shown[:200], "password": "quite other words entirely"}
    return opened(await ring.post("/v1/auth/invitations/accept", body))


async def break_glass_token(ring: Keyring, shown: str) -> bool:
    headers = {**await ring.company.bearer(), "x-break-glass-token": shown}
    answer = await ring.read_only.client.patch("/v1/admin/org", json={"name": "Acme"}, headers=headers)
    if answer.status_code == 409:
        assert answer.json()["type"] == "admin_read_only"
        return False
    return opened(answer)


async def unsubscribe_link(ring: Keyring, shown: str) -> bool:
    answer = await ring.app.client.get("/unsubscribe", params={"token": shown[:1024]})
    if answer.status_code == 400:
        assert answer.json()["type"] == "unsubscribe_token_invalid"
        return False
    return opened(answer)


def unsubscribe_form(path: str) -> "Door":
    """As a mail program sends it, and as the page does."""

    async def door(ring: Keyring, shown: str) -> bool:
        form = {"token": shown[:1024], "List-Unsubscribe": "One-Click"}
        sent = form if path == "/unsubscribe" else {"token": form["token"]}
        answer = await ring.app.client.post(path, data=sent)
        if answer.status_code == 400:
            assert answer.json()["type"] == "unsubscribe_token_invalid"
        return answer.status_code == 200

    return door


async def photo_link(ring: Keyring, shown: str) -> bool:
    answer = await ring.get(f"{ring.photo}/signed-download?token={quote(shown[:4000])}")
    if answer.status_code == 404:
        return False
    return opened(answer)


type Kind = Callable[[Keyring], Awaitable[str]]
type Door = Callable[[Keyring, str], Awaitable[bool]]
REFRESH = "POST /v1/auth/refresh refresh_token"
BOOK = "POST /v1/public/{org_slug}/bookings lead_token"
RESET = "POST /v1/auth/password-reset/confirm token"
INSPECT, ACCEPT = "POST /v1/auth/invitations/inspect token", "POST /v1/auth/invitations/accept token"
PHOTO = "/v1/orders/{order_id}/photos/{photo_id}/signed-download token"
DOORS: dict[str, Door] = {
    "bearer": bearer,
    "basic": basic,
    "scheduler": scheduler,
    REFRESH: refresh_token,
    BOOK: lead_token,
    RESET: reset_link,
    INSPECT: inspected_invitation,
    ACCEPT: accepted_invitation,
    "x-break-glass-token": break_glass_token,
    "token": unsubscribe_link,
    UNSUBSCRIBE: unsubscribe_form("/unsubscribe"),
    UNDO: unsubscribe_form("/unsubscribe/undo"),
    PHOTO: photo_link,
}
"""By the document's name for each: a security scheme, a header, or an operation and its field."""
KINDS: dict[Kind, list[str]] = {
    Keyring.access: ["bearer"],
    Keyring.basic: ["basic"],
    Keyring.scheduler: ["scheduler"],
    Keyring.refresh: [REFRESH],
    Keyring.lead: [BOOK],
    Keyring.reset: [RESET],
    Keyring.invitation: [INSPECT, ACCEPT],
    Keyring.break_glass: ["x-break-glass-token"],
    Keyring.unsubscribe: ["token", UNSUBSCRIBE, UNDO],
    Keyring.photo_token: [PHOTO],
    Keyring.csrf: [],
    Keyring.metrics: [],
}
"""Each with its own doors; none for those that open nothing here."""


@pytest.fixture
async def ring(postgres: TestDatabase, tmp_path: Path, clock: FixedClock) -> AsyncIterator[Keyring]:
    """The read-only application has the same secrets and the same rows."""
    usual = settings_for(tmp_path, postgres, **ENVIRON)
    incident = settings_for(tmp_path, postgres, **ENVIRON, ADMIN_READ_ONLY="true")
    async with (
        open_app(usual, clock, cheap_passwords()) as app,
        open_app(incident, clock, cheap_passwords()) as read_only,
    ):
        made = Keyring(await open_staff(app), read_only)
        await made.lead()
        yield made


def fields_of_body(document: dict[str, Any], told: dict[str, Any]) -> Iterator[str]:
    """Of every way in which a body may come: JSON or a form, its schema named or written out, null or not."""
    for content in told.get("requestBody", {}).get("content", {}).values():
        schema = content["schema"]
        for part in [schema, *schema.get("anyOf", ()), *schema.get("oneOf", ())]:
            name = part.get("$ref", "").rpartition("/")[2]
            yield from (document["components"]["schemas"][name] if name else part).get("properties", {})


def secrets_taken(document: dict[str, Any]) -> Iterator[str]:
    yield from document["components"]["securitySchemes"]
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            for name in fields_of_body(document, told):
                if name.endswith("token") and name not in JUDGED_ELSEWHERE:
                    yield f"{method.upper()} {path} {name}"
            for parameter in told.get("parameters", []):
                if parameter["name"].lower().endswith("token"):
                    name = parameter["name"].lower()  # which is enough but for the one on photos
                    yield PHOTO if f"{path} {name}" == PHOTO else name


async def test_every_door_of_the_document_is_tried(ring: Keyring) -> None:
    assert set(secrets_taken((await ring.get("/openapi.json")).json())) == set(DOORS)


async def test_a_secret_opens_its_own_door_and_no_other(ring: Keyring) -> None:
    for kind, own in KINDS.items():
        opened = [name for name, door in DOORS.items() if await door(ring, await kind(ring))]
        assert opened == own, kind.__name__


async def test_a_lead_s_token_is_for_that_lead_of_that_company(ring: Keyring) -> None:
    rival = Keyring(await open_staff(ring.app), ring.read_only)
    theirs, ours = await rival.lead(), await ring.lead()
    assert not await lead_token(ring, theirs)
    assert not await lead_token(rival, ours)
    earlier = ring.lead_id
    await ring.lead()
    assert not await lead_token(ring, ours)
    ring.lead_id = earlier
    assert await lead_token(ring, ours)


PURPOSES = {name: said for name, said in vars(keys).items() if name.isupper() and isinstance(said, str)}


async def test_a_key_of_another_purpose_signs_no_access_token(ring: Keyring) -> None:
    body = (await ring.access()).split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    (secret,) = keys.auth_secrets(ring.app.settings)
    own = Forge(derive_key(secret, keys.ACCESS), b"", claims, 0)
    assert await bearer(ring, own.good())
    assert not await bearer(ring, own.signed(own.header, claims, secret.encode()))
    assert len(PURPOSES) >= 3
    for name in PURPOSES.keys() - {"ACCESS"}:
        other = derive_key(secret, PURPOSES[name])
        assert not await bearer(ring, Forge(other, b"", claims, 0).good()), name
        assert not await bearer(ring, own.signed(own.header, claims, other)), name
