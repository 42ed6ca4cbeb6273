"""Bookings of the office over HTTP, on both databases: made, read, edited."""

from datetime import timedelta
from typing import Any

from tests.support.clock import FixedClock
from tests.support.salon import ANN, BOB, NORTH, SOUTH, Salon
from tests.support.scheduling import at

TEN = at("2026-03-11 10:00")  # nine days ahead
HOUR = timedelta(hours=1)


async def test_staff_book_for_a_lead(salon: Salon) -> None:
    lead = await salon.shop.lead(
        email="jane@example.com",
        address="1 Main St",
        access_notes="code 7",
        home={"beds": 3, "baths": 2, "service_type": "deep", "add_ons": {"oven": 2}},
    )
    answer = await salon.create(TEN, lead_id=lead["lead_id"], duration_minutes=None, worker_ids=[ANN])
    made = answer.json()
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/v1/admin/bookings/{made['booking_id']}"
    assert answer.headers["etag"] == '"1"'
    expected = {
        "status": "CONFIRMED",
        "source": "office",
        "lead_name": "Jane Doe",
        "service_type": "deep",
        "address": "1 Main St",
        "access_notes": "code 7",
        "duration_minutes": lead["estimate"]["duration_minutes"],
        "crew_needed": 2,
        "crew": [{"worker_id": str(ANN), "name": "Ann"}],
        "deposit_status": "none",
        "deposit_required": False,
        "local_date": "2026-03-11",
        "warnings": [],
    }
    assert {name: made[name] for name in expected} == expected
    assert [(line["code"], line["qty"], line["minutes"]) for line in made["add_ons"]] == [("oven", 2, 60)]
    assert made["planned_minutes"] == lead["estimate"]["on_site_minutes"] + 30
    assert made["policy_snapshot"]["deposit"]["basis"] == "waived"
    assert set(await salon.mails(made["booking_id"])) == {"confirmed"}
    assert await salon.lead_status(lead["lead_id"]) == "BOOKED"


async def test_staff_may_ask_for_the_deposit_of_the_policy(paying_salon: Salon) -> None:
    salon = paying_salon
    made = await salon.created(TEN, deposit="policy")
    assert (made["status"], made["deposit_status"], made["deposit_cents"]) == ("PENDING", "due", 5000)
    assert made["expires_at"] is None
    assert made["policy_snapshot"]["deposit"]["basis"] == "fixed_minimum"


async def test_staff_may_book_odd_times_and_are_warned(salon: Salon) -> None:
    odd = await salon.created(at("2026-03-11 07:10"))
    assert odd["warnings"] == ["off_grid", "outside_working_hours"]
    assert (await salon.read(odd["booking_id"]))["warnings"] == odd["warnings"]
    moved = await salon.verb(odd["booking_id"], "reschedule", starts_at=TEN.isoformat())
    assert moved.json()["warnings"] == []


async def test_an_unnamed_team_is_one_in_hours_with_least_to_do(salon: Salon) -> None:
    busy = await salon.created(TEN - 24 * HOUR, team_id=NORTH)
    assert busy["team_id"] == str(NORTH)
    first = await salon.created(TEN)
    second = await salon.created(TEN + 5 * HOUR)
    assert (first["team_id"], second["team_id"]) == (str(NORTH), str(SOUTH))


async def test_a_taken_time_names_what_is_in_the_way_and_what_is_free(salon: Salon) -> None:
    made = await salon.created(TEN, team_id=NORTH)
    answer = await salon.create(TEN + HOUR, team_id=NORTH)
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (409, "slot_taken")
    assert [conflict["reference"] for conflict in problem["conflicts"]] == [made["booking_id"]]
    assert [a["starts_at"] for a in problem["alternatives"]] == [
        "2026-03-11T16:30:00Z",
        "2026-03-11T17:00:00Z",
        "2026-03-11T17:30:00Z",
    ]
    assert {a["team_id"] for a in problem["alternatives"]} == {str(NORTH)}


async def test_details_can_be_edited_and_cleared(salon: Salon) -> None:
    made = await salon.created(TEN, address="1 Main St", notes="Ring twice", service_type="standard")
    path = f"/bookings/{made['booking_id']}"
    edited = await salon.shop.staff("PATCH", path, json={"notes": None, "access_notes": "code 7"})
    assert edited.status_code == 200, edited.text
    fields = {"address": "1 Main St", "notes": None, "access_notes": "code 7", "version": 2}
    assert {name: edited.json()[name] for name in fields} == fields
    written = await salon.ledger()
    assert (await salon.shop.staff("PATCH", path, json={"access_notes": "code 7"})).json()["version"] == 2
    assert (await salon.shop.staff("PATCH", path, json={})).json()["version"] == 2
    assert await salon.ledger() == written
    assert "code 7" not in str(written["audit"])


async def test_lists_show_local_days_in_order(salon: Salon) -> None:
    night = await salon.created(at("2026-03-10 22:00"), team_id=SOUTH, duration_minutes=240)
    late = await salon.created(TEN + 2 * HOUR, team_id=SOUTH, worker_ids=[BOB])
    early = await salon.created(TEN, team_id=NORTH)
    await salon.created(at("2026-03-12 00:00"), team_id=NORTH)
    day = "/bookings?from=2026-03-11&to=2026-03-11"
    found = (await salon.shop.staff("GET", day)).json()
    ids = [item["booking_id"] for item in found["items"]]
    assert ids == [night["booking_id"], early["booking_id"], late["booking_id"]]
    assert not {"policy_snapshot", "estimate", "add_ons"} & set(found["items"][0])
    assert {**early, **found["items"][1]} == early
    first = (await salon.shop.staff("GET", f"{day}&limit=2")).json()
    rest = (await salon.shop.staff("GET", f"{day}&limit=2&cursor={first['next_cursor']}")).json()
    assert [item["booking_id"] for item in first["items"] + rest["items"]] == ids
    assert rest["next_cursor"] is None
    for narrowed, expected in [
        (f"team_id={NORTH}", [early]),
        (f"worker_id={BOB}", [late]),
        ("unassigned=true", [night, early]),
        ("status=CONFIRMED&status=DONE", [night, early, late]),
        ("status=PENDING", []),
    ]:
        page = (await salon.shop.staff("GET", f"{day}&{narrowed}")).json()
        assert [i["booking_id"] for i in page["items"]] == [b["booking_id"] for b in expected], narrowed


async def test_roles_see_what_is_theirs(salon: Salon) -> None:
    lead = await salon.shop.lead(
        email="jane@example.com", address="1 Main St", access_notes="code 7", notes="allergic dog"
    )
    made = await salon.created(TEN, lead_id=lead["lead_id"])
    viewer = await salon.read(made["booking_id"], "viewer")
    masked: dict[str, Any] = {"lead_name": "J***", "lead_email": "j***@example.com", "lead_phone": "***-0134"}
    masked |= {"address": None, "notes": None, "access_notes": None}
    assert {name: viewer[name] for name in masked} == masked
    assert viewer["actions"] == []
    finance = await salon.read(made["booking_id"], "finance")
    assert (finance["lead_name"], finance["address"], finance["access_notes"]) == (
        "Jane Doe",
        "1 Main St",
        None,
    )
    listed = (await salon.shop.staff("GET", "/bookings?from=2026-03-11", "viewer")).json()["items"][0]
    assert {name: listed[name] for name in masked} == masked
    for role in ("viewer", "finance", "worker"):
        assert (await salon.create(TEN, role)).status_code == 403


async def test_a_viewer_sees_the_crew_as_masked_as_the_workers(salon: Salon) -> None:
    made = await salon.created(TEN, worker_ids=[str(BOB)])
    name = made["crew"][0]["name"]
    for role, seen in (("viewer", f"{name[:1]}***"), ("finance", name)):
        crew = (await salon.read(made["booking_id"], role))["crew"]
        assert crew == [{"worker_id": str(BOB), "name": seen}]
        listed = (await salon.shop.staff("GET", "/bookings?from=2026-03-11", role)).json()["items"][0]
        assert listed["crew"] == crew
    assert (await salon.shop.staff("GET", f"/bookings/{made['booking_id']}", "worker")).status_code == 403


async def test_what_was_agreed_stays_agreed(salon: Salon, clock: FixedClock) -> None:
    """F12: neither prices nor settings nor the lead change what a booking says of its terms."""
    visitor = await salon.visitor()
    booking_id = (await salon.book(visitor, TEN)).json()["booking_id"]
    before = await salon.read(booking_id)
    settings = {"deposit_bps": 9000, "high_value_cents": 1, "slot_step_minutes": 60}
    assert (await salon.shop.staff("PATCH", "/booking-settings", "admin", json=settings)).status_code == 200
    home = {"beds": 5, "baths": 3, "service_type": "deep"}
    changed = await salon.shop.staff(
        "PATCH", f"/leads/{visitor['lead_id']}", json={"home": home, "name": "Eve"}
    )
    assert changed.status_code == 200
    after = await salon.read(booking_id)
    kept = ("estimate", "policy_snapshot", "risk_score", "deposit_policy", "duration_minutes", "version")
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert after["lead_name"] == "Eve"
