"""Exports that are kept (delivery page, §3): new leads for a sheet, dead ones, and who may read which."""

import csv
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from application.leads.lead_sheet import COLUMNS
from application.ports.unit_of_work import UnitOfWork
from domain.delivery.export_event import ExportMode
from domain.shared.ids import EventId
from tests.contracts.test_dead_letters import fail
from tests.contracts.test_export_events import stored
from tests.support.clock import FixedClock
from tests.support.outgoing import audited
from tests.support.shop import Shop, open_shop

EVENTS = "/exports/events"


@pytest.fixture
async def sheets(uow: UnitOfWork, clock: FixedClock) -> AsyncIterator[Shop]:
    async with open_shop(uow, clock, environ={"EXPORT_MODE": "sheets"}) as shop:
        yield shop


async def listed(shop: Shop, role: str = "admin", **query: Any) -> list[dict[str, Any]]:
    answer = await shop.staff("GET", EVENTS, role, params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def content(shop: Shop, event_id: object, role: str = "admin") -> Any:
    return await shop.staff("GET", f"{EVENTS}/{event_id}/content", role)


async def keep(shop: Shop, clock: FixedClock, key: str, mode: ExportMode) -> EventId:
    async with shop.uow.begin(shop.org_id) as unit:
        return await unit.exports.store(stored(clock, key, mode))


async def test_a_new_lead_is_a_row_for_the_sheet_and_no_formula(sheets: Shop) -> None:
    lead = await sheets.lead(name="=HYPERLINK(1)", address="1 Main Street, 2nd", notes="-x")
    (item,) = await listed(sheets)
    href = f"/v1/admin{EVENTS}/{item['event_id']}/content"
    assert item == {
        "event_id": item["event_id"],
        "outbox_event_id": None,
        "lead_id": lead["lead_id"],
        "mode": "sheets",
        "event_type": "lead.created",
        "status": "stored",
        "target_url_host": None,
        "row_count": 1,
        "attempts": 0,
        "last_error_code": None,
        "created_at": lead["created_at"],
        "dead_at": None,
        "replay_count": 0,
        "last_replayed_at": None,
        "last_replayed_by": None,
        "actions": [{"rel": "content", "method": "GET", "href": href}],
    }
    answer = await content(sheets, item["event_id"])
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    named = f'attachment; filename="lead.created-{item["event_id"]}.csv"'
    assert answer.headers["content-disposition"] == named
    columns, row = csv.reader(io.StringIO(answer.text, newline=""))
    assert tuple(columns) == COLUMNS
    cells = dict(zip(columns, row, strict=True))
    assert (cells["name"], cells["phone"], cells["notes"]) == ("'=HYPERLINK(1)", "'+1 555 010 0134", "'-x")
    assert (cells["address"], cells["lead_id"]) == ("1 Main Street, 2nd", lead["lead_id"])
    assert cells["org_slug"] == sheets.slug
    rows = [row for row in await audited(sheets.uow, sheets.org_id) if row["action"] == "export_content_read"]
    assert [(row["resource_id"], row["after"]) for row in rows] == [
        (UUID(item["event_id"]), {"mode": "sheets"})
    ]


async def test_a_stranger_s_request_is_one_too_and_no_message_leaves(sheets: Shop) -> None:
    body = {"name": "Jane", "phone": "+15550100134", "home": {"beds": 2, "baths": 1}}
    made = await sheets.public("POST", "/leads", json=body)
    (item,) = await listed(sheets, mode="sheets", status="stored")
    assert item["lead_id"] == made.json()["lead_id"]
    assert (await sheets.staff("GET", "/outbox?kind=export", "admin")).json()["items"] == []


async def test_no_event_type_breaks_the_name_of_a_file(shop: Shop, clock: FixedClock) -> None:
    odd = replace(stored(clock), event_type='lëad"\r\nx: 1')
    async with shop.uow.begin(shop.org_id) as unit:
        await unit.exports.store(odd)
    named = (await content(shop, odd.id)).headers["content-disposition"]
    assert named == f'attachment; filename="l_ad___x__1-{odd.id}.csv"'


async def test_accounts_are_a_file_of_their_own_and_what_is_no_table_is_json(
    memory_shop: Shop, clock: FixedClock
) -> None:
    shop = memory_shop
    whole = replace(stored(clock, "w", ExportMode.ACCOUNTING_CSV), payload={"csv": "a,b\r\n1,2\r\n"})
    other = replace(stored(clock, "o", ExportMode.ACCOUNTING_CSV), payload={"note": "x"})
    async with shop.uow.begin(shop.org_id) as unit:
        for export in (whole, other):
            await unit.exports.store(export)
    read, told = [await content(shop, export.id, "finance") for export in (whole, other)]
    assert (read.text, read.headers["content-type"]) == ("a,b\r\n1,2\r\n", "text/csv; charset=utf-8")
    assert (told.json(), told.headers["content-type"]) == ({"note": "x"}, "application/json")


async def test_the_finance_office_sees_accounts_alone(sheets: Shop, clock: FixedClock) -> None:
    accounts = await keep(sheets, clock, "accounts", ExportMode.ACCOUNTING_CSV)
    sheet = await keep(sheets, clock, "sheet", ExportMode.SHEETS)
    assert {item["event_id"] for item in await listed(sheets)} == {str(accounts), str(sheet)}
    assert [item["event_id"] for item in await listed(sheets, "finance")] == [str(accounts)]
    read = await content(sheets, accounts, "finance")
    assert (read.status_code, read.text) == (200, "a,b\r\n1,2\r\n")
    for refused in (
        await content(sheets, sheet, "finance"),
        await sheets.staff("GET", EVENTS, "finance", params={"mode": "sheets"}),
        await sheets.staff("GET", EVENTS, "dispatcher"),
        await content(sheets, accounts, "viewer"),
    ):
        assert (refused.status_code, refused.json()["type"]) == (403, "forbidden")


async def test_a_dead_one_is_read_as_json_and_an_emptied_one_not_at_all(
    shop: Shop, rival: Any, clock: FixedClock
) -> None:
    said: dict[str, object] = {"data": {"name": "Jane"}}
    (dead,) = await fail(shop.uow, clock, shop.org_id, "k", kind="export", payload=said)
    (empty,) = await fail(shop.uow, clock, shop.org_id, "e", kind="export")
    (theirs,) = await fail(shop.uow, clock, rival, "k", kind="export", payload=said)
    answer = await content(shop, dead)
    assert (answer.json(), answer.headers["content-type"]) == (said, "application/json")
    gone = await content(shop, empty)
    assert (gone.status_code, gone.json()["type"]) == (409, "export_payload_unavailable")
    for other in (theirs, uuid4()):
        missing = await content(shop, other)
        assert (missing.status_code, missing.json()["type"]) == (404, "not_found")
    (item,) = [item for item in await listed(shop, status="dead") if item["event_id"] == str(empty)]
    assert item["actions"] == []


async def test_they_are_paged_and_filters_are_judged(shop: Shop, clock: FixedClock) -> None:
    made = [str(await keep(shop, clock, f"k{n}", ExportMode.SHEETS)) for n in range(3)]
    seen, cursor = [], None
    while True:
        query = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = (await shop.staff("GET", EVENTS, "admin", params=query)).json()
        seen += [item["event_id"] for item in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert seen == sorted(made, reverse=True)
    for query, field in (({"mode": "fax"}, "mode"), ({"status": "x"}, "status"), ({"kind": "x"}, "kind")):
        answer = await shop.staff("GET", EVENTS, "admin", params=query)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
