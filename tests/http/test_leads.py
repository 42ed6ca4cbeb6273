"""The office's leads, on both databases."""

from typing import Any
from uuid import UUID, uuid4

import anyio
import pytest

from application.leads.crediting import lead_was_booked
from domain.shared.ids import LeadId
from entrypoints.http.paging import write_cursor
from tests.support.clock import FixedClock
from tests.support.outgoing import audited, queued
from tests.support.shop import Shop, open_org

HOME = {"beds": 2, "baths": 1}


async def audit_of(shop: Shop) -> list[str]:
    return [row["action"] for row in await audited(shop.uow, shop.org_id)]


async def test_the_office_records_a_request_with_or_without_a_home(shop: Shop) -> None:
    bare = await shop.staff("POST", "/leads", json={"name": "Bob", "phone": "5550100"})
    assert bare.status_code == 201
    lead = bare.json()
    assert bare.headers["location"] == f"/v1/admin/leads/{lead['lead_id']}"
    assert bare.headers["etag"] == '"1"'
    assert (lead["source"], lead["estimate"], lead["home"]) == ("office", None, None)
    priced = await shop.lead(home=HOME, email="bob@example.com", referral_code=lead["referral_code"])
    assert priced["estimate"]["total_before_tax_cents"] == 10500
    assert priced["home"]["beds"] == 2
    assert priced["referred_by_code"] == lead["referral_code"]
    assert set(await queued(shop.uow, shop.org_id)) == {f"lead:{priced['lead_id']}:request_received"}
    assert await audit_of(shop) == ["lead_create", "lead_create"]


async def test_a_total_needs_a_home(shop: Shop) -> None:
    body = {"name": "Bob", "phone": "5550100", "expected_total_cents": 1}
    assert (await shop.staff("POST", "/leads", json=body)).status_code == 422
    changed = await shop.staff("POST", "/leads", json={**body, "home": HOME})
    assert changed.json()["type"] == "estimate_changed"


async def test_pages_are_newest_first_and_hold_each_lead_once(shop: Shop, clock: FixedClock) -> None:
    made = []
    for number in range(7):
        made.append((await shop.lead(name=f"Lead {number}"))["lead_id"])
        if number % 2:
            clock.advance(minutes=1)
    walked: list[dict[str, Any]] = []
    params: dict[str, Any] = {"limit": 3}
    while True:
        page = (await shop.staff("GET", "/leads", params=params)).json()
        walked += page["items"]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    assert {lead["lead_id"] for lead in walked} == set(made)
    assert len(walked) == 7
    order = [(lead["created_at"], lead["lead_id"]) for lead in walked]
    assert order == sorted(
        sorted(order, key=lambda place: place[1]), key=lambda place: place[0], reverse=True
    )


async def test_days_are_read_in_the_organisations_zone(shop: Shop, clock: FixedClock) -> None:
    # The clock starts at 09:00 in New York on 2 March; 05:00 UTC is midnight there.
    clock.set(clock.now().replace(day=3, hour=4, minute=59))
    late = await shop.lead(name="Late on the 2nd")
    clock.advance(minutes=1)
    early = await shop.lead(name="Early on the 3rd")

    async def named(**params: str) -> list[str]:
        answer = await shop.staff("GET", "/leads", params=params)
        return [lead["lead_id"] for lead in answer.json()["items"]]

    assert await named(created_from="2026-03-03") == [early["lead_id"]]
    assert await named(created_to="2026-03-02") == [late["lead_id"]]
    assert await named(created_from="2026-03-03", created_to="2026-03-03") == [early["lead_id"]]
    assert await named(created_from="2026-03-04", created_to="2026-03-01") == []


async def test_filters_by_status_and_text(shop: Shop) -> None:
    ann = await shop.lead(name="Ann Lee", email="ann@example.com", phone="+1 (555) 222-3333")
    bob = await shop.lead(name="Bob", email=None, phone="5559990000")
    await shop.staff("POST", f"/leads/{bob['lead_id']}/status", json={"status": "CONTACTED"})

    async def found(**params: Any) -> list[str]:
        answer = await shop.staff("GET", "/leads", params=params)
        assert answer.status_code == 200, answer.text
        return [lead["name"] for lead in answer.json()["items"]]

    assert await found(status="CONTACTED") == ["Bob"]
    assert sorted(await found(status=["NEW", "CONTACTED"])) == ["Ann Lee", "Bob"]
    assert await found(status="DONE") == []
    assert await found(q="ann l") == [ann["name"]]
    assert await found(q="222-33") == ["Ann Lee"]
    assert await found(q="%") == []
    assert await found(q="\\") == []


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"status": "new"}, "status"),
        ({"created_from": "2026-02-30"}, "created_from"),
        ({"created_from": "yesterday"}, "created_from"),
        ({"created_to": "0001-01-01"}, "created_to"),
        ({"created_to": "9999-12-31"}, "created_to"),
        ({"limit": "0"}, "limit"),
        ({"limit": "201"}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"q": "x" * 101}, "q"),
        ({"q": "a\u0000b"}, "q"),
        ({"offset": "3"}, "offset"),
        ({"cursor": "WzEsIngiXQ"}, "cursor"),
        ({"cursor": "x" * 501}, "cursor"),
        ({"cursor": write_cursor(-1, "019e0000-0000-7000-8000-000000000000", of="leads")}, "cursor"),
    ],
)
async def test_malformed_filters_are_refused_by_name(shop: Shop, params: dict[str, str], field: str) -> None:
    answer = await shop.staff("GET", "/leads", params=params)
    assert answer.status_code == 422, answer.text
    assert [fault["field"] for fault in answer.json()["errors"]] == [field]


async def test_a_viewer_sees_masks_and_may_not_search(shop: Shop) -> None:
    secret = {
        "email": "jane@example.com",
        "address": "1 Main St",
        "notes": "n",
        "pets": "p",
        "allergies": "a",
        "access_notes": "k",
    }
    lead = await shop.lead(**secret)
    path = f"/leads/{lead['lead_id']}"
    masked = (await shop.staff("GET", path, role="viewer")).json()
    assert (masked["name"], masked["email"], masked["phone"]) == ("J***", "j***@example.com", "***-0134")
    for name in ("address", "notes", "pets", "allergies", "access_notes"):
        assert masked[name] is None
    assert masked["actions"] == []
    (listed,) = (await shop.staff("GET", "/leads", role="viewer")).json()["items"]
    assert listed == masked
    refused = await shop.staff("GET", "/leads", role="viewer", params={"q": "jane"})
    assert (refused.status_code, refused.json()["type"]) == (403, "forbidden")
    books = (await shop.staff("GET", path, role="finance")).json()
    assert (books["email"], books["address"], books["access_notes"]) == (
        "jane@example.com",
        "1 Main St",
        None,
    )
    office = (await shop.staff("GET", path)).json()
    assert office["access_notes"] == "k"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "", {"name": "X", "phone": "555"}),
        ("PATCH", "/{id}", {"name": "X"}),
        ("POST", "/{id}/estimate", None),
        ("POST", "/{id}/status", {"status": "CONTACTED"}),
    ],
)
@pytest.mark.parametrize("role", ["viewer", "finance", "worker"])
async def test_only_dispatch_writes(shop: Shop, method: str, path: str, body: Any, role: str) -> None:
    lead = await shop.lead()
    answer = await shop.staff(method, f"/leads{path.format(id=lead['lead_id'])}", role=role, json=body)
    assert (answer.status_code, answer.json()["type"]) == (403, "forbidden")


async def test_a_worker_and_the_public_see_no_leads(shop: Shop) -> None:
    assert (await shop.staff("GET", "/leads", role="worker")).status_code == 403
    assert (await shop.client.get("/v1/admin/leads")).status_code == 401


async def test_a_change_touches_what_it_names(shop: Shop) -> None:
    lead = await shop.lead(home=HOME, notes="old", pets="A cat", utm={"source": "search"})
    path = f"/leads/{lead['lead_id']}"
    answer = await shop.staff("PATCH", path, json={"notes": "new", "pets": None, "email": "j@example.com"})
    changed = answer.json()
    assert (changed["notes"], changed["pets"], changed["email"]) == ("new", None, "j@example.com")
    assert (changed["utm"]["source"], changed["version"], answer.headers["etag"]) == ("search", 2, '"2"')
    assert changed["estimate"] == lead["estimate"]
    nothing = await shop.staff("PATCH", path, json={"notes": "new"})
    assert nothing.json()["version"] == 2
    empty = await shop.staff("PATCH", path, json={})
    assert empty.json()["version"] == 2
    bigger = (await shop.staff("PATCH", path, json={"home": {"beds": 3, "baths": 3}})).json()
    assert bigger["estimate"]["total_before_tax_cents"] == 15750
    gone = (await shop.staff("PATCH", path, json={"home": None})).json()
    assert (gone["home"], gone["estimate"]) == (None, None)
    rows = await audited(shop.uow, shop.org_id)
    assert [row["action"] for row in rows] == ["lead_create"] + ["lead_update"] * 3
    assert sorted(rows[1]["after"]["changed"]) == ["email", "notes", "pets"]
    assert "example.com" not in str(rows)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": None}, "name"),
        ({"phone": None}, "phone"),
        ({"email": "nope"}, "email"),
        ({"home": {"beds": 1, "baths": 1, "service_type": "x"}}, "home/service_type"),
        ({"status": "BOOKED"}, "status"),
        ({"referral_code": "ABCDEFGH"}, "referral_code"),
        ({"preferred_dates": None}, "preferred_dates"),
    ],
)
async def test_a_change_that_makes_no_sense_is_refused(shop: Shop, body: dict[str, Any], field: str) -> None:
    lead = await shop.lead()
    answer = await shop.staff("PATCH", f"/leads/{lead['lead_id']}", json=body)
    assert answer.status_code == 422, answer.text
    assert [fault["field"] for fault in answer.json()["errors"]] == [field]


async def test_of_writers_with_one_if_match_one_wins(shop: Shop) -> None:
    lead = await shop.lead()
    statuses: list[int] = []

    async def rename(number: int) -> None:
        answer = await shop.staff(
            "PATCH", f"/leads/{lead['lead_id']}", json={"name": f"N{number}"}, headers={"if-match": '"1"'}
        )
        statuses.append(answer.status_code)

    async with anyio.create_task_group() as tasks:
        for number in range(4):
            tasks.start_soon(rename, number)
    assert sorted(statuses) == [200, 412, 412, 412]


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ('"9", "1"', 200), ('"1","9"', 200), ('"a,b", "1"', 200), ("*", 200),
        ('"8", "9"', 412), ('W/"1"', 412), ('"01"', 412), ("1", 412), ("", 412),
    ],
)  # fmt: skip
async def test_if_match_takes_a_list_of_strong_tags(memory_shop: Shop, given: str, status: int) -> None:
    lead = await memory_shop.lead()
    answer = await memory_shop.staff(
        "PATCH", f"/leads/{lead['lead_id']}", json={"name": "New"}, headers={"if-match": given}
    )
    assert answer.status_code == status


async def test_reading_twice_saves_a_transfer(shop: Shop) -> None:
    lead = await shop.lead()
    path = f"/leads/{lead['lead_id']}"
    assert (await shop.staff("GET", path, headers={"if-none-match": '"1"'})).status_code == 304
    assert (await shop.staff("GET", path, headers={"if-none-match": '"2"'})).status_code == 200


async def test_moves_by_hand(shop: Shop) -> None:
    lead = await shop.lead()
    path = f"/leads/{lead['lead_id']}/status"
    for status, version in (("NEW", 1), ("CONTACTED", 2), ("CONTACTED", 2), ("BOOKED", 3), ("DONE", 4)):
        answer = await shop.staff("POST", path, json={"status": status})
        assert (answer.status_code, answer.json()["status"], answer.json()["version"]) == (
            200,
            status,
            version,
        )
    refused = await shop.staff("POST", path, json={"status": "NEW"})
    assert (refused.status_code, refused.json()["type"]) == (409, "lead_move_refused")
    unknown = await shop.staff("POST", path, json={"status": "LOST"})
    assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (422, "status")
    rows = await audited(shop.uow, shop.org_id)
    assert [row["action"] for row in rows] == ["lead_create"] + ["lead_status_update"] * 3
    assert (rows[1]["before"], rows[1]["after"]) == ({"status": "NEW"}, {"status": "CONTACTED"})


async def test_every_action_leads_to_a_route_that_works(shop: Shop) -> None:
    lead = await shop.lead(home=HOME)
    bodies = {"update": {"notes": "x"}, "estimate": None, "status": {"status": "CONTACTED"}}
    assert {action["rel"] for action in lead["actions"]} == set(bodies)
    for action in lead["actions"]:
        path = action["href"].removeprefix("/v1/admin")
        answer = await shop.staff(action["method"], path, json=bodies[action["rel"]])
        assert answer.status_code == 200, action
    done = await shop.lead()
    for status in ("CANCELLED",):
        await shop.staff("POST", f"/leads/{done['lead_id']}/status", json={"status": status})
    final = (await shop.staff("GET", f"/leads/{done['lead_id']}")).json()
    assert {action["rel"] for action in final["actions"]} == {"update"}


async def test_a_lead_is_estimated_anew_by_todays_prices(shop: Shop) -> None:
    lead = await shop.lead(home=HOME)
    path = f"/leads/{lead['lead_id']}"
    same = (await shop.staff("POST", f"{path}/estimate")).json()
    assert same["version"] == 1, "the prices are the same"
    book = (await shop.staff("GET", "/price-book")).json()
    terms = {
        name: value for name, value in book.items() if name not in {"version", "created_at", "created_by"}
    }
    await shop.staff("PUT", "/price-book", role="admin", json={**terms, "rate_cents_per_cleaner_hour": 7000})
    kept = (await shop.staff("GET", path)).json()
    assert kept["estimate"] == lead["estimate"], "a given estimate stays"
    anew = (await shop.staff("POST", f"{path}/estimate")).json()
    assert (anew["estimate"]["total_before_tax_cents"], anew["estimate"]["price_book_version"]) == (21000, 2)
    assert anew["version"] == 2
    assert "lead_estimate" in await audit_of(shop)


async def test_without_a_home_or_its_service_there_is_no_estimate(shop: Shop) -> None:
    bare = await shop.lead()
    answer = await shop.staff("POST", f"/leads/{bare['lead_id']}/estimate")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "home")
    lead = await shop.lead(home={**HOME, "add_ons": {"oven": 1}})
    rows = (await shop.staff("GET", "/addons")).json()["items"]
    oven = next(row for row in rows if row["code"] == "oven")
    await shop.staff("PATCH", f"/addons/{oven['add_on_id']}", role="admin", json={"is_active": False})
    answer = await shop.staff("POST", f"/leads/{lead['lead_id']}/estimate")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "home/add_ons/oven")


@pytest.mark.parametrize(
    ("method", "suffix", "body"),
    [
        ("GET", "", None),
        ("PATCH", "", {"name": "Mine"}),
        ("POST", "/estimate", None),
        ("POST", "/status", {"status": "CANCELLED"}),
    ],
)
async def test_anothers_lead_is_as_good_as_none(
    shop: Shop, clock: FixedClock, method: str, suffix: str, body: Any
) -> None:
    rival, _ = await open_org(shop.uow, clock)
    theirs = await Shop(shop.client, shop.uow, rival, "").lead()
    answers = [
        (await shop.staff(method, f"/leads/{lead_id}{suffix}", json=body)).json()
        for lead_id in (theirs["lead_id"], str(uuid4()))
    ]
    same = [{**answer, "request_id": "", "instance": ""} for answer in answers]
    assert same[0] == same[1]
    assert (same[0]["status"], same[0]["type"], same[0]["errors"][0]["field"]) == (
        404,
        "not_found",
        "lead_id",
    )
    assert (await shop.staff("GET", "/leads")).json()["items"] == []


@pytest.mark.parametrize("lead_id", ["x", "1", "%00", "00000000-0000-0000-0000-00000000000g"])
async def test_an_id_that_is_none_is_not_found(shop: Shop, lead_id: str) -> None:
    assert (await shop.staff("GET", f"/leads/{lead_id}")).status_code in {400, 404}


async def booked(shop: Shop, clock: FixedClock, lead_id: str) -> None:
    async with shop.uow.begin(shop.org_id) as unit:
        await lead_was_booked(unit, LeadId(UUID(lead_id)), clock.now())


async def credits_of(shop: Shop, lead_id: str) -> int:
    earned: int = (await shop.staff("GET", f"/leads/{lead_id}")).json()["referral_credits"]
    return earned


async def test_a_referrer_gets_one_credit_at_most(shop: Shop, clock: FixedClock) -> None:
    referrer = await shop.lead(email="ref@example.com", phone="5550001111")
    friend = await shop.lead(
        email="friend@example.com", phone="5550002222", referral_code=referrer["referral_code"]
    )
    for _ in range(3):
        await booked(shop, clock, friend["lead_id"])
    assert await credits_of(shop, referrer["lead_id"]) == 1
    assert (await shop.staff("GET", f"/leads/{friend['lead_id']}")).json()["status"] == "BOOKED"
    other = await shop.lead(email=None, phone="5550003333", referral_code=referrer["referral_code"])
    await booked(shop, clock, other["lead_id"])
    assert await credits_of(shop, referrer["lead_id"]) == 2


@pytest.mark.parametrize(
    "own", [{"email": "REF@example.com", "phone": "1"}, {"email": None, "phone": "+1 555 000 1111"}]
)
async def test_nobody_refers_themselves(shop: Shop, clock: FixedClock, own: dict[str, Any]) -> None:
    referrer = await shop.lead(email="ref@example.com", phone="5550001111")
    if own["phone"] == "1":
        own = {**own, "phone": "5550009999"}
    again = await shop.lead(**own, referral_code=referrer["referral_code"])
    await booked(shop, clock, again["lead_id"])
    assert await credits_of(shop, referrer["lead_id"]) == 0
