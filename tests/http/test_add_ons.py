"""Add-ons over HTTP."""

from typing import Any
from uuid import uuid4

import pytest

from tests.support.answers import fields_at_fault
from tests.support.clock import FixedClock
from tests.support.shop import Shop, open_org


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
