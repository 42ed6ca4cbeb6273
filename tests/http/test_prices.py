"""Catalog, estimates, price book and add-ons over HTTP."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import anyio
import pytest

from application.ports.unit_of_work import UnitOfWork
from domain.tenancy.org import OrgStatus
from tests.support.clock import FixedClock
from tests.support.outgoing import audited, queued
from tests.support.shop import Shop, open_org, open_shop

HOME = {"beds": 3, "baths": 2, "service_type": "deep", "frequency": "weekly", "heavy_grease": True}


@pytest.fixture
async def shop(uow: UnitOfWork, clock: FixedClock) -> AsyncIterator[Shop]:
    async with open_shop(uow, clock) as shop:
        yield shop


@pytest.fixture
async def memory_shop(memory_uow: UnitOfWork, clock: FixedClock) -> AsyncIterator[Shop]:
    """For what never reaches a database."""
    async with open_shop(memory_uow, clock) as shop:
        yield shop


def fields_at_fault(answer: Any) -> set[str]:
    assert answer.status_code == 422, answer.text
    assert answer.json()["type"] == "validation_error"
    return {fault["field"] for fault in answer.json()["errors"]}


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


async def test_missing_and_wrong_fields_are_named_all_at_once(memory_shop: Shop) -> None:
    answer = await memory_shop.public(
        "POST", "/estimates", json={"baths": 1.3, "add_ons": {"oven": 0, "fridge": 99}}
    )
    assert fields_at_fault(answer) == {"beds", "baths", "add_ons/oven", "add_ons/fridge"}


async def a_book(memory_shop: Shop, **changes: Any) -> dict[str, Any]:
    book = (await memory_shop.staff("GET", "/price-book")).json()
    given = {
        name: value for name, value in book.items() if name not in {"version", "created_at", "created_by"}
    }
    return {**given, **changes}


async def test_a_new_price_book_is_in_force_at_once_and_old_ones_stay_readable(shop: Shop) -> None:
    first = (await shop.staff("GET", "/price-book", role="viewer")).json()
    assert (first["version"], first["created_by"]) == (1, None)
    book = await a_book(shop, rate_cents_per_cleaner_hour=3333, on_site_step_minutes=15)
    answer = await shop.staff("PUT", "/price-book", role="admin", json=book)
    assert answer.status_code == 200
    assert answer.headers["etag"] == '"2"'
    assert answer.json()["version"] == 2
    assert answer.json()["created_by"] is not None
    home = {"beds": 2, "baths": 2, "frequency": "weekly"}
    estimate = (await shop.public("POST", "/estimates", json=home)).json()
    assert (estimate["price_book_version"], estimate["total_before_tax_cents"]) == (2, 10499)
    assert (await shop.staff("GET", "/price-book/versions/1")).json() == first
    versions = (await shop.staff("GET", "/price-book/versions")).json()
    assert [book["version"] for book in versions["items"]] == [2, 1]
    page = (await shop.staff("GET", "/price-book/versions", params={"limit": 1})).json()
    assert [book["version"] for book in page["items"]] == [2]
    rest = await shop.staff("GET", "/price-book/versions", params={"cursor": page["next_cursor"]})
    assert [book["version"] for book in rest.json()["items"]] == [1]
    assert rest.json()["next_cursor"] is None


@pytest.mark.parametrize("version", ["3", "0", "-1", "99999999999999999999", "one", "1.5"])
async def test_a_version_that_is_not_there_is_not_found(memory_shop: Shop, version: str) -> None:
    answer = await memory_shop.staff("GET", f"/price-book/versions/{version}")
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        (
            {
                "team_sizes": [
                    {"up_to_cleaner_minutes": 480, "team_size": 1},
                    {"up_to_cleaner_minutes": 270, "team_size": 2},
                    {"up_to_cleaner_minutes": None, "team_size": 3},
                ]
            },
            {"team_sizes/1/up_to_cleaner_minutes"},
        ),
        (
            {"heavy_grease_minutes": [{"up_to_beds": 4, "minutes": 30}]},
            {"heavy_grease_minutes/0/up_to_beds"},
        ),
        (
            {
                "base_minutes": [
                    {"beds": 1, "baths": 1, "minutes": 60},
                    {"beds": 1, "baths": 1, "minutes": 90},
                ]
            },
            {"base_minutes/1"},
        ),
        ({"base_minutes": []}, {"base_minutes"}),
        ({"rate_cents_per_cleaner_hour": -1}, {"rate_cents_per_cleaner_hour"}),
        ({"rate_cents_per_cleaner_hour": 10**40}, {"rate_cents_per_cleaner_hour"}),
        ({"rate_cents_per_cleaner_hour": True}, {"rate_cents_per_cleaner_hour"}),
        ({"on_site_step_minutes": 0}, {"on_site_step_minutes"}),
        ({"unknown": 1}, {"unknown"}),
        (
            {
                "services": [
                    {"code": "Deep!", "name": "", "multiplier_bps": 1, "min_minutes": 1, "max_minutes": 2}
                ]
            },
            {"services/0/code", "services/0/name"},
        ),
        (
            {
                "services": [
                    {"code": "x", "name": "X", "multiplier_bps": 1, "min_minutes": 2, "max_minutes": 1}
                ]
            },
            {"services/0/max_minutes"},
        ),
    ],
)
async def test_a_price_book_that_does_not_hold_together_changes_nothing(
    memory_shop: Shop, changes: dict[str, Any], fields: set[str]
) -> None:
    answer = await memory_shop.staff(
        "PUT", "/price-book", role="admin", json=await a_book(memory_shop, **changes)
    )
    assert fields_at_fault(answer) == fields
    assert (await memory_shop.staff("GET", "/price-book")).json()["version"] == 1


async def test_a_put_leaves_nothing_out(shop: Shop) -> None:
    book = await a_book(shop)
    del book["services"]
    assert fields_at_fault(await shop.staff("PUT", "/price-book", role="admin", json=book)) == {"services"}


async def test_of_two_writers_with_one_if_match_one_is_told(shop: Shop) -> None:
    book = await a_book(shop)
    statuses: list[int] = []

    async def put() -> None:
        answer = await shop.staff("PUT", "/price-book", role="admin", json=book, headers={"if-match": '"1"'})
        statuses.append(answer.status_code)

    async with anyio.create_task_group() as tasks:
        for _ in range(4):
            tasks.start_soon(put)
    assert sorted(statuses) == [200, 412, 412, 412]


async def test_the_tag_of_the_price_book_saves_a_transfer(shop: Shop) -> None:
    answer = await shop.staff("GET", "/price-book", headers={"if-none-match": 'W/"1"'})
    assert answer.status_code == 304


@pytest.mark.parametrize(
    ("method", "path", "role", "status"),
    [
        ("GET", "/price-book", "viewer", 200),
        ("GET", "/price-book", "worker", 403),
        ("PUT", "/price-book", "dispatcher", 403),
        ("PUT", "/price-book", "finance", 403),
        ("GET", "/addons", "finance", 200),
        ("GET", "/addons", "worker", 403),
        ("POST", "/addons", "dispatcher", 403),
    ],
)
async def test_who_may_touch_prices(
    memory_shop: Shop, method: str, path: str, role: str, status: int
) -> None:
    answer = await memory_shop.staff(method, path, role=role)
    assert answer.status_code == status


async def test_add_ons_are_added_changed_and_listed_by_code(shop: Shop) -> None:
    new = {"code": "garage", "name": " Garage ", "price_cents": 2500, "minutes": 25}
    made = await shop.staff("POST", "/addons", role="admin", json=new)
    assert made.status_code == 201
    garage = made.json()
    assert (garage["name"], garage["is_active"], garage["version"]) == ("Garage", True, 1)
    path = f"/addons/{garage['add_on_id']}"
    off = await shop.staff("PATCH", path, role="admin", json={"is_active": False, "price_cents": 1})
    assert (off.json()["version"], off.json()["price_cents"], off.headers["etag"]) == (2, 1, '"2"')
    same = await shop.staff("PATCH", path, role="admin", json={"is_active": False})
    assert same.json()["version"] == 2
    stale = await shop.staff("PATCH", path, role="admin", json={"name": "G"}, headers={"if-match": '"1"'})
    assert (stale.status_code, stale.json()["type"]) == (412, "version_conflict")
    codes = [row["code"] for row in (await shop.staff("GET", "/addons")).json()["items"]]
    assert codes == sorted(codes)
    assert len(codes) == 14
    inactive = (await shop.staff("GET", "/addons", params={"active": "false"})).json()["items"]
    assert [row["code"] for row in inactive] == ["garage"]
    refused = await shop.public("POST", "/estimates", json={"beds": 1, "baths": 1, "add_ons": {"garage": 1}})
    assert fields_at_fault(refused) == {"add_ons/garage"}


async def test_paging_add_ons_finds_each_once(shop: Shop) -> None:
    walked: list[str] = []
    params: dict[str, Any] = {"limit": 5}
    while True:
        page = (await shop.staff("GET", "/addons", params=params)).json()
        walked += [row["code"] for row in page["items"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    assert len(walked) == len(set(walked)) == 13


@pytest.mark.parametrize("cursor", ["x", "bnVsbA", "WyJcdTAwMDAiXQ", "W10", "WzEsMl0", "AAAA", "ö"])
@pytest.mark.parametrize("path", ["/addons", "/price-book/versions", "/leads"])
async def test_a_forged_cursor_is_refused(shop: Shop, path: str, cursor: str) -> None:
    assert fields_at_fault(await shop.staff("GET", path, params={"cursor": cursor})) == {"cursor"}


async def test_a_code_is_taken_once(shop: Shop) -> None:
    oven = {"code": "oven", "name": "Oven", "price_cents": 1, "minutes": 1}
    answer = await shop.staff("POST", "/addons", role="owner", json=oven)
    assert (answer.status_code, answer.json()["type"]) == (409, "addon_code_taken")
    assert answer.json()["errors"][0]["field"] == "code"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"code": "Oven"}, "code"),
        ({"code": "a" * 41}, "code"),
        ({"code": "x\n"}, "code"),
        ({"name": ""}, "name"),
        ({"name": "n" * 121}, "name"),
        ({"name": "a\u0007b"}, "name"),
        ({"price_cents": -1}, "price_cents"),
        ({"price_cents": 2**31 * 1000}, "price_cents"),
        ({"price_cents": 1.5}, "price_cents"),
        ({"minutes": -1}, "minutes"),
        ({"minutes": 1_000_000_000}, "minutes"),
        ({"version": 3}, "version"),
    ],
)
async def test_an_add_on_that_makes_no_sense_is_refused(
    memory_shop: Shop, wrong: dict[str, Any], field: str
) -> None:
    good = {"code": "garage", "name": "Garage", "price_cents": 1, "minutes": 1}
    answer = await memory_shop.staff("POST", "/addons", role="admin", json={**good, **wrong})
    if wrong.get("code") == "x\n":
        assert answer.status_code == 201, "text is trimmed"
    else:
        assert fields_at_fault(answer) == {field}


async def test_the_code_of_an_add_on_is_fixed(shop: Shop) -> None:
    oven = (await shop.staff("GET", "/addons")).json()["items"][0]
    answer = await shop.staff("PATCH", f"/addons/{oven['add_on_id']}", role="admin", json={"code": "x"})
    assert fields_at_fault(answer) == {"code"}


async def test_anothers_add_on_is_as_good_as_none(shop: Shop, clock: FixedClock) -> None:
    rival, _ = await open_org(shop.uow, clock)
    async with shop.uow.begin(rival) as unit:
        theirs = (await unit.add_ons.list_active())[0]
    answers = [
        (await shop.staff("PATCH", f"/addons/{add_on_id}", role="admin", json={"name": "Mine"})).json()
        for add_on_id in (theirs.id, uuid4())
    ]
    same = [{**answer, "request_id": "", "instance": ""} for answer in answers]
    assert same[0] == same[1]
    assert (answers[0]["status"], answers[0]["errors"][0]["field"]) == (404, "add_on_id")
