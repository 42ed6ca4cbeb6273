"""What only the price book or the domain can judge comes together with all else that is wrong with a body."""

from typing import Any

import pytest

from tests.support.answers import fields_at_fault
from tests.support.salon import TEN, Salon

UNKNOWN = {"service_type": "no_such", "add_ons": {"no_such": 1, "oven": 0}}
UNKNOWN_HOME = {"beds": 1, "frequency": "no_such", **UNKNOWN}
PERSON = {"name": " ", "phone": "+1 555 0100"}
IN_HOME = {"baths", "frequency", "service_type", "add_ons/no_such", "add_ons/oven"}
HOME_AND_NAME = {"name", *(f"home/{field}" for field in IN_HOME)}


async def test_of_a_home_to_be_priced(office: Salon) -> None:
    assert fields_at_fault(await office.shop.public("POST", "/estimates", json=UNKNOWN_HOME)) == IN_HOME


async def test_of_a_lead(office: Salon) -> None:
    body = {**PERSON, "home": UNKNOWN_HOME}
    assert fields_at_fault(await office.shop.public("POST", "/leads", json=body)) == HOME_AND_NAME
    assert fields_at_fault(await office.shop.staff("POST", "/leads", json=body)) == HOME_AND_NAME
    lead = await office.shop.lead()
    changed = await office.shop.staff("PATCH", f"/leads/{lead['lead_id']}", json=body)
    assert fields_at_fault(changed) == HOME_AND_NAME


@pytest.mark.parametrize(
    ("wrong", "fields"),
    [
        ({"duration_minutes": 7}, {"duration_minutes", "add_ons/oven"}),
        ({"add_ons": {"no_such": 1, "nor_this": 1}}, {"add_ons/nor_this"}),
    ],
)
async def test_of_a_booking(office: Salon, wrong: dict[str, Any], fields: set[str]) -> None:
    body = {"starts_at": TEN, "duration_minutes": 120, **UNKNOWN, **wrong}
    answer = await office.shop.staff("POST", "/bookings", json=body)
    assert fields_at_fault(answer) == {"service_type", "add_ons/no_such", *fields}


async def test_of_a_change_to_a_booking(office: Salon) -> None:
    made = await office.created(TEN)
    body = {"service_type": "no_such", "notes": 7}
    answer = await office.shop.staff("PATCH", f"/bookings/{made['booking_id']}", json=body)
    assert fields_at_fault(answer) == {"service_type", "notes"}


async def test_what_is_on_offer_is_no_fault_beside_one(office: Salon) -> None:
    home = {"beds": 1, "baths": "two", "service_type": "deep", "frequency": "weekly", "add_ons": {"oven": 1}}
    assert fields_at_fault(await office.shop.public("POST", "/estimates", json=home)) == {"baths"}


async def test_of_an_organisation(office: Salon) -> None:
    branding = {
        "display_name": "",
        "logo_url": "http://a.example/x.png",
        "primary_color": "red",
        "email_from_name": "x" * 81,
        "reply_to": "nobody",
        "footer_text": "x" * 501,
    }
    contact = {"email": "nobody", "phone": "555", "address": "x" * 301, "country": "XX"}
    body = {
        "name": "",
        "slug": "a--b",
        "timezone": "Mars/Phobos",
        "currency": "usd",
        "travel_buffer_minutes": 241,
    }
    given = {**body, "branding": branding, "contact": contact}
    answer = await office.shop.staff("PATCH", "/org", "admin", json=given)
    assert fields_at_fault(answer) == {
        *body,
        *(f"branding/{field}" for field in branding),
        *(f"contact/{field}" for field in contact),
    }


async def test_of_a_forgotten_password(office: Salon) -> None:
    body = {"email": "nobody", "captcha_token": "", "more": 1}
    answer = await office.shop.client.post("/v1/auth/password-reset/request", json=body)
    assert fields_at_fault(answer) == set(body)
