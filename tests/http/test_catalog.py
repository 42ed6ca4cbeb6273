"""The catalog and estimates over HTTP."""

from typing import Any

import pytest

from domain.tenancy.org import OrgStatus
from tests.support.answers import fields_at_fault
from tests.support.clock import FixedClock
from tests.support.outgoing import audited, queued
from tests.support.shop import Shop

HOME = {"beds": 3, "baths": 2, "service_type": "deep", "frequency": "weekly", "heavy_grease": True}


async def test_the_catalog_tells_what_is_offered_and_has_a_tag(shop: Shop) -> None:
    answer = await shop.public("GET", "/catalog")
    assert answer.status_code == 200
    catalog = answer.json()
    assert catalog["name"] == "Acme Cleaning"
    assert (catalog["timezone"], catalog["currency"]) == ("America/New_York", "USD")
    assert catalog["online_booking"] is True
    assert catalog["captcha"] == {"mode": "off", "site_key": None}
    assert [row["code"] for row in catalog["services"]] == [
        "standard",
        "deep",
        "move_out_empty",
        "move_in_empty",
    ]
    assert {row["code"] for row in catalog["frequencies"]} == {"one_time", "weekly", "biweekly", "monthly"}
    assert {"code": "oven", "name": "Inside the oven", "price_cents": 3000, "minutes": 30} in catalog[
        "add_ons"
    ]
    tag = answer.headers["etag"]
    again = await shop.public("GET", "/catalog", headers={"if-none-match": tag})
    assert (again.status_code, again.content) == (304, b"")
    off = next(row for row in (await shop.staff("GET", "/addons")).json()["items"] if row["code"] == "oven")
    await shop.staff("PATCH", f"/addons/{off['add_on_id']}", role="admin", json={"is_active": False})
    changed = await shop.public("GET", "/catalog", headers={"if-none-match": tag})
    assert changed.status_code == 200
    assert "oven" not in {row["code"] for row in changed.json()["add_ons"]}


@pytest.mark.parametrize("slug", ["nobody", "UPPER", "a--b", "-", "a" * 300, "..%2f", "org%20x"])
async def test_an_unknown_slug_is_not_found(memory_shop: Shop, slug: str) -> None:
    answer = await memory_shop.client.get(f"/v1/public/{slug}/catalog")
    assert answer.status_code == 404
    assert answer.json()["type"] == "not_found"


async def test_a_suspended_organisation_looks_like_none(shop: Shop, clock: FixedClock) -> None:
    async with shop.uow.begin_global() as unit:
        await unit.directory.set_status(shop.org_id, OrgStatus.SUSPENDED)
    gone = (await shop.public("GET", "/catalog")).json()
    never = (await shop.client.get("/v1/public/nobody/catalog")).json()
    assert {**gone, "request_id": "", "instance": ""} == {**never, "request_id": "", "instance": ""}
    assert gone["status"] == 404


async def test_an_estimate_answers_every_field_and_stores_nothing(shop: Shop) -> None:
    answer = await shop.public("POST", "/estimates", json={**HOME, "add_ons": {"oven": 1, "fridge": 1}})
    assert answer.status_code == 200
    estimate = answer.json()
    assert estimate.pop("pricing_hash").startswith("sha256:")
    assert estimate == {
        "currency": "USD",
        "price_book_version": 1,
        "home": {**HOME, "multi_floor": False, "add_ons": {"oven": 1, "fridge": 1}},
        "team_size": 2,
        "cleaner_minutes": 348,
        "min_applied": False,
        "on_site_minutes": 180,
        "billed_minutes": 360,
        "rate_cents_per_cleaner_hour": 3500,
        "labour_cents": 21000,
        "discount_bps": 1000,
        "discount_cents": 2100,
        "add_ons": [
            {
                "code": code,
                "name": f"Inside the {code}",
                "qty": 1,
                "unit_price_cents": cents,
                "line_cents": cents,
                "minutes": minutes,
            }
            for code, cents, minutes in (("fridge", 2000, 20), ("oven", 3000, 30))
        ],
        "add_ons_cents": 5000,
        "total_before_tax_cents": 23900,
        "duration_minutes": 210,
        "bookable": True,
        "not_bookable_reason": None,
    }
    assert await queued(shop.uow, shop.org_id) == {}
    assert await audited(shop.uow, shop.org_id) == []
    assert (await shop.staff("GET", "/leads")).json()["items"] == []


async def test_defaults_are_a_standard_one_time_cleaning(shop: Shop) -> None:
    estimate = (await shop.public("POST", "/estimates", json={"beds": 1, "baths": 1.5})).json()
    assert estimate["home"] == {
        "beds": 1,
        "baths": 1.5,
        "service_type": "standard",
        "frequency": "one_time",
        "heavy_grease": False,
        "multi_floor": False,
        "add_ons": {},
    }


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"beds": -1}, "beds"),
        ({"beds": 21}, "beds"),
        ({"beds": "3"}, "beds"),
        ({"beds": True}, "beds"),
        ({"beds": 2.5}, "beds"),
        ({"beds": 1_000_000_000}, "beds"),
        ({"beds": 10**30}, "beds"),
        ({"beds": None}, "beds"),
        ({"baths": 1.3}, "baths"),
        ({"baths": -0.5}, "baths"),
        ({"baths": 20.5}, "baths"),
        ({"baths": 1e300}, "baths"),
        ({"baths": True}, "baths"),
        ({"baths": "1.5"}, "baths"),
        ({"service_type": "windows"}, "service_type"),
        ({"service_type": "a\u0000b"}, "service_type"),
        ({"frequency": "daily"}, "frequency"),
        ({"heavy_grease": 1}, "heavy_grease"),
        ({"multi_floor": "yes"}, "multi_floor"),
        ({"add_ons": {"oven": 0}}, "add_ons/oven"),
        ({"add_ons": {"oven": 51}}, "add_ons/oven"),
        ({"add_ons": {"oven": -1}}, "add_ons/oven"),
        ({"add_ons": {"oven": True}}, "add_ons/oven"),
        ({"add_ons": {"oven": 1.5}}, "add_ons/oven"),
        ({"add_ons": {"garage": 1}}, "add_ons/garage"),
        ({"add_ons": {"a/b": 1}}, "add_ons/a~1b"),
        ({"add_ons": []}, "add_ons"),
        ({"rooms": 3}, "rooms"),
    ],
)
async def test_a_home_that_makes_no_sense_is_refused_at_its_pointer(
    memory_shop: Shop, wrong: dict[str, Any], field: str
) -> None:
    answer = await memory_shop.public("POST", "/estimates", json={"beds": 2, "baths": 1, **wrong})
    assert fields_at_fault(answer) == {field}


async def test_a_fault_says_what_would_be_right(memory_shop: Shop) -> None:
    answer = await memory_shop.public("POST", "/estimates", json={"beds": 21, "baths": 1.3})
    assert {fault["field"]: fault["message"] for fault in answer.json()["errors"]} == {
        "beds": "must be a whole number from 0 to 20",
        "baths": "must be a number from 0 to 20 in steps of 0.5",
    }


async def test_missing_and_wrong_fields_are_named_all_at_once(memory_shop: Shop) -> None:
    answer = await memory_shop.public(
        "POST", "/estimates", json={"baths": 1.3, "add_ons": {"oven": 0, "fridge": 99}}
    )
    assert fields_at_fault(answer) == {"beds", "baths", "add_ons/oven", "add_ons/fridge"}


async def test_an_add_on_cannot_hide_behind_a_blank(memory_shop: Shop) -> None:
    answer = await memory_shop.public("POST", "/estimates", json={**HOME, "add_ons": {"oven": 1, "oven ": 2}})
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"field": "add_ons/oven ", "message": "is given more than once"}]
