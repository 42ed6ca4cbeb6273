"""The price book over HTTP."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import anyio
import pytest

from tests.support.answers import fields_at_fault
from tests.support.shop import Shop

DOCS = Path(__file__).parents[2] / "docs"
SIZED = {"multiplier_bps": 10_000, "min_minutes": 60, "max_minutes": 540}


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


async def test_the_pricing_hash_can_be_worked_out_as_the_docs_say(memory_shop: Shop) -> None:
    (recipe,) = re.findall(r"```python\n(.*?)```", (DOCS / "pricing.md").read_text(), re.DOTALL)
    found: dict[str, Any] = {"json": json, "hashlib": hashlib}
    exec(recipe, found)  # noqa: S102  # the page's own words, run
    book = await a_book(memory_shop)
    book["services"] = [{"code": "standard", "name": 'Größe "M" \\ \U0001f9f9', **SIZED}]
    assert (await memory_shop.staff("PUT", "/price-book", role="admin", json=book)).status_code == 200
    add_ons = (await memory_shop.staff("GET", "/addons")).json()["items"]
    path = f"/addons/{add_ons[0]['add_on_id']}"
    await memory_shop.staff("PATCH", path, role="admin", json={"is_active": False})
    priced = (await memory_shop.public("POST", "/estimates", json={"beds": 1, "baths": 1})).json()
    told = [(await memory_shop.staff("GET", path)).json() for path in ("/price-book", "/addons")]
    assert priced["pricing_hash"] == found["pricing_hash"](told[0], told[1]["items"])


@pytest.mark.parametrize("version", ["3", "0", "-1", "9" * 20, "one", "1.5", "01", "+1", "%201", "\u0661"])
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


@pytest.mark.parametrize("cursor", ["x", "bnVsbA", "WyJcdTAwMDAiXQ", "W10", "WzEsMl0", "AAAA", "ö"])
@pytest.mark.parametrize("path", ["/addons", "/price-book/versions", "/leads"])
async def test_a_forged_cursor_is_refused(shop: Shop, path: str, cursor: str) -> None:
    assert fields_at_fault(await shop.staff("GET", path, params={"cursor": cursor})) == {"cursor"}
