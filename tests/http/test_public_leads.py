"""A stranger leaves a request, on both databases."""

from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import anyio
import pytest

from application.ports.human_check import CaptchaTerms
from application.ports.unit_of_work import UnitOfWork
from domain.leads.errors import CaptchaFailed
from domain.shared.errors import Unavailable
from domain.shared.ids import LeadId
from tests.support.clock import FixedClock
from tests.support.outgoing import audited, queued
from tests.support.shop import Shop, open_org, open_shop

HOME = {"beds": 2, "baths": 1}
REQUEST: dict[str, Any] = {
    "name": "Jane Doe",
    "phone": "+1 555 010 0134",
    "email": "Jane@Example.com",
    "home": HOME,
}


async def lead_count(shop: Shop) -> int:
    return len((await shop.staff("GET", "/leads")).json()["items"])


async def test_a_request_is_priced_stored_and_told(shop: Shop, clock: FixedClock) -> None:
    full = {
        **REQUEST,
        "postal_code": "10001",
        "address": "1 Main St",
        "preferred_dates": ["2026-04-01"],
        "access_notes": "Gate 7",
        "parking": "Street",
        "pets": "A cat",
        "allergies": "Lavender",
        "notes": "First line\nsecond line",
        "utm": {"source": "search"},
        "referrer": "https://example.com",
        "expected_total_cents": 10500,
        "captcha_token": "ignored while off",
    }
    answer = await shop.public("POST", "/leads", json=full)
    assert answer.status_code == 201
    made = answer.json()
    assert made["status"] == "NEW"
    assert made["estimate"]["total_before_tax_cents"] == 10500
    assert made["next_step_text"]
    assert made["lead_token_expires_at"] == (clock.now() + timedelta(hours=24)).isoformat().replace(
        "+00:00", "Z"
    )
    lead_id = made["lead_id"]
    async with shop.uow.begin(shop.org_id) as unit:
        lead = await unit.leads.get(LeadId(UUID(lead_id)))
    digest = sha256(made["lead_token"].encode()).digest()
    assert lead.token_sha256 == digest
    assert lead.token_matches(digest, clock.now() + timedelta(hours=24, seconds=-1))
    assert not lead.token_matches(digest, clock.now() + timedelta(hours=24, seconds=1))
    shown = (await shop.staff("GET", f"/leads/{lead_id}")).json()
    for name in ("name", "phone", "email", "postal_code", "address", "notes", "pets", "preferred_dates"):
        assert shown[name] == full[name]
    assert shown["utm"]["source"] == "search"
    assert (shown["source"], shown["version"], shown["booking_ids"]) == ("public", 1, [])
    assert "lead_token" not in shown
    messages = await queued(shop.uow, shop.org_id)
    assert set(messages) == {f"lead:{lead_id}:request_received"}
    template, payload = messages[f"lead:{lead_id}:request_received"]
    assert (template, payload["to"]) == ("request_received", "Jane@Example.com")
    (row,) = await audited(shop.uow, shop.org_id)
    assert (row["action"], row["resource_id"], row["auth_method"]) == ("lead_create", UUID(lead_id), "none")
    assert "Jane" not in str(row)


async def test_the_office_hears_of_it_and_the_export_leaves(uow: UnitOfWork, clock: FixedClock) -> None:
    environ = {"EXPORT_MODE": "webhook", "EXPORT_WEBHOOK_URL": "https://hooks.example.com/x"}
    async with open_shop(uow, clock, environ=environ, office_email="office@example.com") as shop:
        made = (await shop.public("POST", "/leads", json={**REQUEST, "email": None})).json()
        key = f"lead:{made['lead_id']}"
        messages = await queued(shop.uow, shop.org_id)
        shown = (await shop.staff("GET", f"/leads/{made['lead_id']}")).json()
    assert set(messages) == {f"{key}:office_notice", f"{key}:export"}
    template, payload = messages[f"{key}:office_notice"]
    assert (template, payload["to"]) == ("lead_office_notice", "office@example.com")
    event, export = messages[f"{key}:export"]
    assert event == "lead.created"
    assert export["timestamp"] == shown["created_at"]
    assert (export["org_id"], export["org_slug"]) == (str(shop.org_id), shop.slug)
    assert export["data"] == {name: value for name, value in shown.items() if name != "actions"}


async def test_a_total_that_was_shown_before_is_only_compared(shop: Shop) -> None:
    answer = await shop.public("POST", "/leads", json={**REQUEST, "expected_total_cents": 10499})
    assert (answer.status_code, answer.json()["type"]) == (409, "estimate_changed")
    offered = answer.json()["estimate"]
    assert offered == (await shop.public("POST", "/estimates", json=HOME)).json()
    assert await lead_count(shop) == 0
    assert await queued(shop.uow, shop.org_id) == {}
    again = {**REQUEST, "expected_total_cents": offered["total_before_tax_cents"]}
    assert (await shop.public("POST", "/leads", json=again)).status_code == 201


async def test_a_referral_code_is_known_here_or_refused(shop: Shop, clock: FixedClock) -> None:
    referrer = (await shop.public("POST", "/leads", json=REQUEST)).json()
    code = referrer["referral_code"]
    lower = {**REQUEST, "referral_code": f" {code.lower()} "}
    made = await shop.public("POST", "/leads", json=lower)
    assert made.status_code == 201
    shown = (await shop.staff("GET", f"/leads/{made.json()['lead_id']}")).json()
    assert shown["referred_by_code"] == code
    unknown = await shop.public("POST", "/leads", json={**REQUEST, "referral_code": "ZZZZZZZZ"})
    assert (unknown.status_code, unknown.json()["type"]) == (422, "referral_code_unknown")
    assert unknown.json()["errors"][0]["field"] == "referral_code"
    _, rival_slug = await open_org(shop.uow, clock)
    elsewhere = await shop.client.post(
        f"/v1/public/{rival_slug}/leads", json={**REQUEST, "referral_code": code}
    )
    same = [{**answer.json(), "request_id": "", "instance": ""} for answer in (unknown, elsewhere)]
    assert same[0] == same[1], "another organisation's code is as good as none"
    assert await lead_count(shop) == 2


async def test_one_address_may_ask_so_often_an_hour(uow: UnitOfWork, clock: FixedClock) -> None:
    async with open_shop(uow, clock, environ={"PUBLIC_LEADS_PER_HOUR": "2"}) as shop:
        assert (await shop.public("POST", "/leads", json=REQUEST)).status_code == 201
        clock.advance(minutes=20)
        assert (await shop.public("POST", "/leads", json=REQUEST)).status_code == 201
        refused = await shop.public("POST", "/leads", json=REQUEST)
        assert (refused.status_code, refused.json()["type"]) == (429, "rate_limited")
        assert refused.headers["retry-after"] == str(40 * 60)
        _, rival_slug = await open_org(uow, clock)
        elsewhere = await shop.client.post(f"/v1/public/{rival_slug}/leads", json=REQUEST)
        assert elsewhere.status_code == 201, "counted for each organisation"
        clock.advance(minutes=40, seconds=-1)
        assert (await shop.public("POST", "/leads", json=REQUEST)).status_code == 429
        clock.advance(seconds=1)
        assert (await shop.public("POST", "/leads", json=REQUEST)).status_code == 201
        assert await lead_count(shop) == 3


async def test_many_at_once_do_not_slip_past_the_limit(uow: UnitOfWork, clock: FixedClock) -> None:
    statuses: list[int] = []
    async with open_shop(uow, clock, environ={"PUBLIC_LEADS_PER_HOUR": "3"}) as shop:

        async def ask() -> None:
            statuses.append((await shop.public("POST", "/leads", json=REQUEST)).status_code)

        async with anyio.create_task_group() as tasks:
            for _ in range(8):
                tasks.start_soon(ask)
    assert sorted(statuses) == [201] * 3 + [429] * 5


class Doorman:
    """Lets one token pass, once; is away when told so. Notes whether a transaction was open meanwhile."""

    def __init__(self) -> None:
        self.away = False
        self.asked: list[tuple[str | None, str | None]] = []

    @property
    def terms(self) -> CaptchaTerms:
        return CaptchaTerms("turnstile", "site-key")

    async def check(self, token: str | None, client_address: str | None) -> None:
        self.asked.append((token, client_address))
        if self.away:
            raise Unavailable("Away.", retry_after_seconds=10)
        if token != "good":
            raise CaptchaFailed


async def test_who_is_no_person_leaves_nothing(uow: UnitOfWork, clock: FixedClock) -> None:
    doorman = Doorman()
    async with open_shop(uow, clock, human_check=doorman) as shop:
        catalog = (await shop.public("GET", "/catalog")).json()
        assert catalog["captcha"] == {"mode": "turnstile", "site_key": "site-key"}
        for token in (None, "bad"):
            answer = await shop.public("POST", "/leads", json={**REQUEST, "captcha_token": token})
            assert (answer.status_code, answer.json()["type"]) == (400, "captcha_failed")
        doorman.away = True
        answer = await shop.public("POST", "/leads", json={**REQUEST, "captcha_token": "good"})
        assert (answer.status_code, answer.json()["type"]) == (503, "upstream_unavailable")
        assert answer.headers["retry-after"] == "10"
        assert await lead_count(shop) == 0
        doorman.away = False
        answer = await shop.public("POST", "/leads", json={**REQUEST, "captcha_token": "good"})
        assert answer.status_code == 201
    assert doorman.asked[-1] == ("good", "203.0.113.7")


BAD: list[tuple[dict[str, Any], str]] = [
    ({"name": ""}, "name"),
    ({"name": "   "}, "name"),
    ({"name": "n" * 121}, "name"),
    ({"name": "Jane\u0000Doe"}, "name"),
    ({"name": "Jane\nBcc: x@example.com"}, "name"),
    ({"name": "Jane\u2028Bcc: x@example.com"}, "name"),
    ({"name": None}, "name"),
    ({"name": 7}, "name"),
    ({"phone": "12"}, "phone"),
    ({"phone": "1" * 33}, "phone"),
    ({"email": "not an address"}, "email"),
    ({"email": "a@b"}, "email"),
    ({"email": "a@example.com,b@example.com"}, "email"),
    ({"email": "a@example.com\r\nBcc: b@example.com"}, "email"),
    ({"email": f"{'a' * 250}@example.com"}, "email"),
    ({"email": "jane..doe@example.com"}, "email"),
    ({"email": "j\u00fcrgen@example.com"}, "email"),
    ({"email": "jane@\u00ad.com"}, "email"),
    ({"postal_code": "1" * 17}, "postal_code"),
    ({"address": "a" * 256}, "address"),
    ({"preferred_dates": ["2026-02-30"]}, "preferred_dates/0"),
    ({"preferred_dates": ["2026-03-01"] * 11}, "preferred_dates"),
    ({"preferred_dates": "2026-03-01"}, "preferred_dates"),
    ({"access_notes": "a" * 501}, "access_notes"),
    ({"notes": "a" * 2001}, "notes"),
    ({"utm": {"source": "a" * 101}}, "utm/source"),
    ({"utm": {"other": "a"}}, "utm/other"),
    ({"referrer": "a" * 256}, "referrer"),
    ({"referral_code": "abc"}, "referral_code"),
    ({"referral_code": "A" * 17}, "referral_code"),
    ({"expected_total_cents": -1}, "expected_total_cents"),
    ({"expected_total_cents": "10500"}, "expected_total_cents"),
    ({"expected_total_cents": 10500.5}, "expected_total_cents"),
    ({"expected_total_cents": True}, "expected_total_cents"),
    ({"captcha_token": "t" * 2049}, "captcha_token"),
    ({"home": None}, "home"),
    ({"home": {"beds": 1}}, "home/baths"),
    ({"home": {**HOME, "baths": 1.3}}, "home/baths"),
    ({"home": {**HOME, "service_type": "windows"}}, "home/service_type"),
    ({"home": {**HOME, "frequency": "daily"}}, "home/frequency"),
    ({"home": {**HOME, "add_ons": {"garage": 1}}}, "home/add_ons/garage"),
    ({"home": {**HOME, "add_ons": {"oven": 51}}}, "home/add_ons/oven"),
    ({"status": "BOOKED"}, "status"),
    ({"org_id": "x"}, "org_id"),
]


@pytest.mark.parametrize(("wrong", "field"), BAD)
async def test_bad_input_is_named_and_nothing_written(
    memory_uow: UnitOfWork, clock: FixedClock, wrong: dict[str, Any], field: str
) -> None:
    async with open_shop(memory_uow, clock) as shop:
        answer = await shop.public("POST", "/leads", json={**REQUEST, **wrong})
        assert answer.status_code == 422, answer.text
        assert answer.json()["type"] == "validation_error"
        assert [fault["field"] for fault in answer.json()["errors"]] == [field]
        assert await lead_count(shop) == 0


async def test_a_home_that_cannot_be_booked_is_still_a_request(shop: Shop) -> None:
    made = (await shop.public("POST", "/leads", json={**REQUEST, "home": {"beds": 7, "baths": 5}})).json()
    assert made["estimate"]["bookable"] is False
    assert made["estimate"]["not_bookable_reason"] == "above_price_book"
    bookable = (await shop.public("POST", "/leads", json=REQUEST)).json()
    assert made["next_step_text"] != bookable["next_step_text"]


async def test_an_unknown_organisation_takes_no_requests(shop: Shop) -> None:
    answer = await shop.client.post("/v1/public/nobody/leads", json=REQUEST)
    assert (answer.status_code, answer.json()["type"]) == (404, "not_found")
