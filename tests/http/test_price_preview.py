"""Prices tried out: what homes would cost, beside what they cost today."""

from typing import Any

import httpx

from tests.http.test_price_book import a_book
from tests.support.shop import Shop

HOMES = [{"beds": 2, "baths": 2, "frequency": "weekly"}, {"beds": 3, "baths": 3, "add_ons": {"oven": 1}}]


async def preview(shop: Shop, book: dict[str, Any], homes: list[Any], role: str = "admin") -> httpx.Response:
    body = {"price_book": book, "homes": homes}
    return await shop.staff("POST", "/price-book/preview", role=role, json=body)


async def test_homes_are_priced_twice_and_nothing_is_stored(shop: Shop) -> None:
    book = await a_book(shop, rate_cents_per_cleaner_hour=3333, on_site_step_minutes=15)
    answer = await preview(shop, book, HOMES)
    assert answer.status_code == 200, answer.text
    first, second = answer.json()["items"]
    assert (first["after"]["total_before_tax_cents"], first["after"]["price_book_version"]) == (10499, 2)
    given = (await shop.public("POST", "/estimates", json=HOMES[0])).json()
    assert first["before"] == given
    assert second["after"]["add_ons_cents"] == 3000
    assert first["after"]["pricing_hash"] != first["before"]["pricing_hash"]
    assert (await shop.staff("GET", "/price-book")).json()["version"] == 1
    assert (await shop.staff("PUT", "/price-book", role="admin", json=book)).status_code == 200
    assert (await shop.public("POST", "/estimates", json=HOMES[0])).json() == first["after"]


async def test_a_code_that_one_book_knows_is_priced_by_that_one(memory_shop: Shop) -> None:
    book = await a_book(memory_shop)
    book["services"][0]["code"] = "plain"
    plain, standard = {"beds": 1, "baths": 1, "service_type": "plain"}, {"beds": 1, "baths": 1}
    items = (await preview(memory_shop, book, [plain, standard])).json()["items"]
    assert (items[0]["before"], items[1]["after"]) == (None, None)
    assert items[0]["after"]["total_before_tax_cents"] == items[1]["before"]["total_before_tax_cents"]
    nobody = [plain, {**plain, "service_type": "moat"}]
    refused = await preview(memory_shop, book, nobody)
    assert (refused.status_code, [fault["field"] for fault in refused.json()["errors"]]) == (
        422,
        ["homes/1/service_type"],
    )


async def test_faults_are_named_where_they_stand(memory_shop: Shop) -> None:
    book = await a_book(memory_shop)
    book["team_sizes"].reverse()
    refused = await preview(memory_shop, book, HOMES)
    assert refused.status_code == 422
    assert all(fault["field"].startswith("price_book/team_sizes") for fault in refused.json()["errors"])
    assert (await preview(memory_shop, await a_book(memory_shop), [])).json()["errors"][0]["field"] == "homes"
    assert (await preview(memory_shop, await a_book(memory_shop), HOMES, "dispatcher")).status_code == 403
