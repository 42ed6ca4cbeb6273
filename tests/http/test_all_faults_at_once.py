"""What only the price book or the domain can judge comes together with all else that is wrong with a body."""

from typing import Any

import pytest

from tests.http.test_price_book import a_book
from tests.support.answers import fields_at_fault
from tests.support.salon import ANN, NORTH, TEN, Salon

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


async def test_of_addresses_that_no_mail_can_be_written_to(office: Salon) -> None:
    """With one of these to answer to, not one mail of the organisation would leave."""
    for address in ("b\u00fcro@acme.example", "a..b@acme.example", 'a"b@acme.example', "a@\u00ad.example"):
        given = {"branding": {"reply_to": address}, "contact": {"email": address}}
        answer = await office.shop.staff("PATCH", "/org", "admin", json=given)
        assert fields_at_fault(answer) == {"branding/reply_to", "contact/email"}


async def test_of_names_that_no_header_may_hold(office: Salon) -> None:
    """With one of these not one mail of the organisation would leave."""
    for end in ("\n", "\0", "\x85", "\u2028", "\u2029"):
        name = f"Acme{end}Bcc: eve@example.com"
        given = {"name": name, "branding": {"display_name": name, "email_from_name": name}}
        answer = await office.shop.staff("PATCH", "/org", "admin", json=given)
        assert fields_at_fault(answer) == {"name", "branding/display_name", "branding/email_from_name"}


async def test_of_a_forgotten_password(office: Salon) -> None:
    body = {"email": "nobody", "captcha_token": "", "more": 1}
    answer = await office.shop.client.post("/v1/auth/password-reset/request", json=body)
    assert fields_at_fault(answer) == set(body)


HOURS = [
    {"day_of_week": 0, "start_time": "9:00", "end_time": "12:00"},
    {"day_of_week": 7, "start_time": "09:00", "end_time": "12:00"},
    {"day_of_week": 1, "start_time": "12:00", "end_time": "09:00"},
]
IN_HOURS = {"0/start_time", "1/day_of_week", "2/end_time"}
OVERLAPPING = [
    {"day_of_week": 0, "start_time": "09:00", "end_time": "18:00"},
    {"day_of_week": 0, "start_time": "17:00", "end_time": "24:00"},
]
WORN_BOUNDS = [{"up_to_cleaner_minutes": None, "team_size": 1}, {"up_to_cleaner_minutes": 9, "team_size": 2}]
IN_BOUNDS = {f"team_sizes/{row}/up_to_cleaner_minutes" for row in (0, 1)}


async def test_of_hours_and_settings(office: Salon) -> None:
    path = f"/teams/{NORTH}/working-hours"
    answer = await office.shop.staff("PUT", path, "admin", json={"hours": HOURS, "more": 1})
    assert fields_at_fault(answer) == {"more", *(f"hours/{field}" for field in IN_HOURS)}
    answer = await office.shop.staff("PUT", path, "admin", json={"hours": OVERLAPPING, "more": 1})
    assert fields_at_fault(answer) == {"more", "hours/1"}
    body = {
        "default_hours": OVERLAPPING,
        "horizon_days": 0,
        "deposit_min_cents": 2,
        "deposit_max_cents": 1,
        "flagged_postal_prefixes": ["M5V", "a!", "x"],
    }
    prefixes = {f"flagged_postal_prefixes/{row}" for row in (1, 2)}
    assert fields_at_fault(await office.shop.staff("PATCH", "/booking-settings", "admin", json=body)) == {
        "default_hours/1",
        "horizon_days",
        "deposit_max_cents",
        *prefixes,
    }


async def test_of_a_price_book(office: Salon) -> None:
    book = await a_book(office.shop, team_sizes=WORN_BOUNDS, multi_floor_minutes=-1)
    book["services"][1]["code"], book["services"][2]["min_minutes"] = "standard", 541
    book["base_minutes"].append(book["base_minutes"][0])
    wrong = {"multi_floor_minutes", *IN_BOUNDS, "services/1/code", "services/2/max_minutes", "base_minutes/9"}
    assert fields_at_fault(await office.shop.staff("PUT", "/price-book", "admin", json=book)) == wrong
    trial = {"price_book": book, "homes": [{"beds": 1, "service_type": "no_such", "add_ons": {"no_such": 1}}]}
    answer = await office.shop.staff("POST", "/price-book/preview", "admin", json=trial)
    in_home = {
        "homes/0/baths",
        "homes/0/add_ons/no_such",
    }  # what is on offer says the book, which says nothing
    assert fields_at_fault(answer) == {*in_home, *(f"price_book/{field}" for field in wrong)}


async def test_what_the_book_on_trial_offers_is_no_fault(office: Salon) -> None:
    book = await a_book(office.shop)
    book["services"][0]["code"] = "plain"
    homes = [{"beds": 1, "service_type": name} for name in ("plain", "standard", "moat")]
    answer = await office.shop.staff(
        "POST", "/price-book/preview", "admin", json={"price_book": book, "homes": homes}
    )
    assert fields_at_fault(answer) == {*(f"homes/{row}/baths" for row in range(3)), "homes/2/service_type"}


async def test_of_a_worker(office: Salon) -> None:
    body = {"name": " ", "skills": [{"tag": "Windows"}, {"tag": " windows"}]}
    at_fault = {"name", "skills/1/tag"}
    assert fields_at_fault(await office.shop.staff("POST", "/workers", json=body)) == at_fault
    assert fields_at_fault(await office.shop.staff("PATCH", f"/workers/{ANN}", json=body)) == at_fault


async def test_of_a_blackout(office: Salon) -> None:
    body = {"starts_at": TEN, "team_id": str(NORTH), "worker_id": str(ANN)}
    assert fields_at_fault(await office.shop.staff("POST", "/blackouts", json=body)) == {
        "ends_at",
        "worker_id",
    }
