"""What cannot be booked: each its own clear problem, and nothing written."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from application.ports.entitlements import Entitlements
from application.ports.unit_of_work import UnitOfWork
from domain.shared.ids import OrgId
from tests.support.clock import FixedClock
from tests.support.salon import ANN, NORTH, SOUTH, Salon, open_salon
from tests.support.scheduling import a_team, a_worker, at

TEN = at("2026-03-11 10:00")
NOBODY = str(UUID(int=999))
TEXT = TEN.isoformat()
HOUR = timedelta(hours=1)


async def refused(salon: Salon, answer: httpx.Response, before: dict[str, Any]) -> dict[str, Any]:
    """The problem, after a look at whether anything was written."""
    assert answer.headers["content-type"] == "application/problem+json"
    assert 400 <= answer.status_code < 500, answer.text
    assert await salon.ledger() == before
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == answer.status_code
    assert (await salon.shop.client.get(f"/problems/{problem['type']}")).status_code == 200
    return problem


def fields(problem: dict[str, Any]) -> list[str]:
    return [fault["field"] for fault in problem["errors"]]


@pytest.mark.parametrize(
    ("wall_time", "reason"),
    [
        ("2026-03-11 10:07", "off_grid"),
        ("2026-03-11 10:10", "off_grid"),
        ("2026-03-11 08:30", "outside_hours"),
        ("2026-03-11 15:30", "outside_hours"),
        ("2026-03-02 10:30", "too_soon"),
        ("2026-02-27 10:00", "too_soon"),
        ("2026-05-02 10:00", "beyond_horizon"),
    ],
)
async def test_the_public_is_told_why_a_start_is_not_offered(
    salon: Salon, wall_time: str, reason: str
) -> None:
    visitor = await salon.visitor()
    before = await salon.ledger()
    problem = await refused(salon, await salon.book(visitor, at(wall_time)), before)
    assert (problem["type"], problem["status"], problem["reason"]) == ("slot_not_offered", 422, reason)
    assert fields(problem) == ["starts_at"]


async def test_a_wall_time_that_never_came_is_no_start(salon: Salon) -> None:
    """In the spring gap of 8 March 02:30 is read with its offset: an instant of the night, nothing else."""
    visitor = await salon.visitor()
    before = await salon.ledger()
    problem = await refused(salon, await salon.book(visitor, "2026-03-08T02:30:00-05:00"), before)
    assert (problem["type"], problem["reason"]) == ("slot_not_offered", "outside_hours")


async def test_a_busy_or_closed_time_is_taken_for_the_public(salon: Salon) -> None:
    for team in (NORTH, SOUTH):
        await salon.created(TEN, team_id=team)
    closing = {"starts_at": (TEN + 24 * HOUR).isoformat(), "ends_at": (TEN + 48 * HOUR).isoformat()}
    assert (await salon.shop.staff("POST", "/blackouts", json=closing)).status_code == 201
    visitor = await salon.visitor()
    before = await salon.ledger()
    for start in (TEN, TEN + 24 * HOUR):
        problem = await refused(salon, await salon.book(visitor, start), before)
        assert (problem["type"], problem["status"], len(problem["alternatives"])) == ("slot_taken", 409, 3)
        assert "conflicts" not in problem
        assert set(problem["alternatives"][0]) == {"starts_at", "ends_at"}


async def test_only_the_leads_own_token_books(salon: Salon, clock: FixedClock) -> None:
    visitor, other = await salon.visitor(), await salon.visitor()
    before = await salon.ledger()
    for token in ("wrong", other["lead_token"], "ümlaut"):
        stranger = {**visitor, "lead_token": token}
        problem = await refused(salon, await salon.book(stranger, TEN), before)
        assert (problem["type"], problem["status"]) == ("lead_token_invalid", 401)
    unknown = await refused(salon, await salon.book({**visitor, "lead_id": NOBODY}, TEN), before)
    assert (unknown["type"], unknown["status"], fields(unknown)) == ("not_found", 404, ["lead_id"])
    clock.advance(hours=25)
    late = await refused(salon, await salon.book(visitor, TEN), before)
    assert late["type"] == "lead_token_invalid"


async def test_another_organisations_rows_do_not_exist(
    salon: Salon, uow: UnitOfWork, clock: FixedClock
) -> None:
    async with open_salon(uow, clock) as rival:
        async with uow.begin(rival.shop.org_id) as unit:
            await unit.teams.save(a_team(77, name="Theirs"))
            await unit.workers.save(a_worker(177, team=77))
        theirs = await rival.visitor()
        booked = (await rival.created(TEN))["booking_id"]
    before = await salon.ledger()
    for foreign, made_up in ((theirs["lead_id"], NOBODY),):
        answers = [await salon.book({**theirs, "lead_id": lead}, TEN) for lead in (foreign, made_up)]
        problems = [await refused(salon, answer, before) for answer in answers]
        assert _alike(problems)
    bodies: list[dict[str, Any]] = [
        {"team_id": str(UUID(int=77))},
        {"team_id": NOBODY},
        {"worker_ids": [str(ANN), str(UUID(int=177))]},
        {"worker_ids": [str(ANN), NOBODY]},
        {"lead_id": theirs["lead_id"]},
        {"lead_id": NOBODY},
    ]
    named = ["team_id", "team_id", "worker_ids/1", "worker_ids/1", "lead_id", "lead_id"]
    for body, field in zip(bodies, named, strict=True):
        problem = await refused(salon, await salon.create(TEN, **body), before)
        assert (problem["type"], problem["status"], fields(problem)) == ("not_found", 404, [field])
    for booking_id in (booked, NOBODY):
        for verb, body in VERBS.items():
            problem = await refused(salon, await salon.verb(booking_id, verb, **body), before)
            assert (problem["type"], problem["status"], fields(problem)) == ("not_found", 404, ["booking_id"])
        read = await refused(salon, await salon.shop.staff("GET", f"/bookings/{booking_id}"), before)
        assert read["type"] == "not_found"
    for verb in ("assign", "unassign"):
        problem = await refused(salon, await salon.verb(str(NOBODY), verb, worker_ids=[NOBODY]), before)
        assert fields(problem) == ["booking_id"], verb
    for query in ("team_id", "worker_id", "lead_id"):
        problem = await refused(salon, await salon.shop.staff("GET", f"/bookings?{query}={NOBODY}"), before)
        assert (problem["type"], fields(problem)) == ("not_found", [query])


VERBS: dict[str, dict[str, Any]] = {
    "confirm": {},
    "cancel": {"reason_code": "weather"},
    "reschedule": {"starts_at": TEXT},
    "assign": {"worker_ids": [str(ANN)]},
    "unassign": {"worker_ids": [str(ANN)]},
}


def _alike(problems: list[dict[str, Any]]) -> bool:
    """Byte for byte the same, but for what names the request."""
    plain = [{k: v for k, v in p.items() if k not in {"request_id", "instance"}} for p in problems]
    return all(problem == plain[0] for problem in plain)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"starts_at": "2026-03-11T10:00:00"}, "starts_at"),
        ({"starts_at": "2026-02-30T10:00:00Z"}, "starts_at"),
        ({"starts_at": "tomorrow"}, "starts_at"),
        ({"starts_at": 1773237600}, "starts_at"),
        ({"starts_at": None}, "starts_at"),
        ({}, "starts_at"),
        ({"starts_at": TEXT}, "duration_minutes"),
        ({"starts_at": TEXT, "duration_minutes": "120"}, "duration_minutes"),
        ({"starts_at": TEXT, "duration_minutes": 121}, "duration_minutes"),
        ({"starts_at": TEXT, "duration_minutes": 10}, "duration_minutes"),
        ({"starts_at": TEXT, "duration_minutes": 1445}, "duration_minutes"),
        ({"starts_at": TEXT, "duration_minutes": 120.5}, "duration_minutes"),
        ({"starts_at": TEXT, "duration_minutes": 120, "colour": "red"}, "colour"),
        ({"starts_at": TEXT, "duration_minutes": 120, "notes": "a\u0000b"}, "notes"),
        ({"starts_at": TEXT, "duration_minutes": 120, "notes": "x" * 2001}, "notes"),
        ({"starts_at": TEXT, "duration_minutes": 120, "address": "x" * 256}, "address"),
        ({"starts_at": TEXT, "duration_minutes": 120, "team_id": "north"}, "team_id"),
        ({"starts_at": TEXT, "duration_minutes": 120, "worker_ids": [NOBODY] * 21}, "worker_ids"),
        ({"starts_at": TEXT, "duration_minutes": 120, "service_type": "laundry"}, "service_type"),
        ({"starts_at": TEXT, "duration_minutes": 120, "add_ons": {"piano": 1}}, "add_ons/piano"),
        ({"starts_at": TEXT, "duration_minutes": 120, "add_ons": {"oven": 51}}, "add_ons/oven"),
        ({"starts_at": TEXT, "duration_minutes": 120, "deposit": "double"}, "deposit"),
        ({"starts_at": TEXT, "duration_minutes": 120, "confirm": "yes"}, "confirm"),
    ],
)
async def test_malformed_bookings_are_refused_by_field(
    salon: Salon, body: dict[str, Any], field: str
) -> None:
    before = await salon.ledger()
    answer = await salon.shop.staff("POST", "/bookings", json=body)
    problem = await refused(salon, answer, before)
    assert (problem["type"], problem["status"], fields(problem)) == ("validation_error", 422, [field])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"starts_at": "2026-03-11T10:00:00"}, "starts_at"),
        ({"starts_at": TEXT, "team_id": str(NORTH)}, "team_id"),
        ({"starts_at": TEXT, "lead_token": 7}, "lead_token"),
        ({"starts_at": TEXT, "lead_token": "a\u0000b"}, "lead_token"),
        ({"starts_at": TEXT, "lead_id": "x"}, "lead_id"),
    ],
)
async def test_malformed_public_bookings_are_refused_by_field(
    salon: Salon, body: dict[str, Any], field: str
) -> None:
    visitor = await salon.visitor()
    before = await salon.ledger()
    answer = await salon.shop.public("POST", "/bookings", json={**visitor, **body})
    problem = await refused(salon, answer, before)
    assert (problem["type"], problem["status"], fields(problem)) == ("validation_error", 422, [field])


async def test_malformed_verbs_are_refused_by_field(salon: Salon) -> None:
    booking_id = (await salon.created(TEN))["booking_id"]
    before = await salon.ledger()
    cases: list[tuple[str, dict[str, Any], str]] = [
        ("cancel", {}, "reason_code"),
        ("cancel", {"reason_code": "bored"}, "reason_code"),
        ("cancel", {"reason_code": "weather", "by": "system"}, "by"),
        ("confirm", {"waive_deposit_reason": ""}, "waive_deposit_reason"),
        ("reschedule", {"starts_at": "2026-03-11"}, "starts_at"),
        ("reschedule", {"starts_at": TEXT, "duration_minutes": 0}, "duration_minutes"),
        ("assign", {"worker_ids": []}, "worker_ids"),
        ("unassign", {}, "worker_ids"),
        ("unassign", {"worker_ids": [str(ANN)], "replace": True}, "replace"),
        ("assign", {"worker_ids": ["ann"]}, "worker_ids/0"),
    ]
    for verb, body, field in cases:
        problem = await refused(salon, await salon.verb(booking_id, verb, **body), before)
        assert (problem["type"], fields(problem)) == ("validation_error", [field]), (verb, body)


async def test_staff_book_from_a_month_ago_to_two_years_ahead(salon: Salon, clock: FixedClock) -> None:
    now = clock.now()
    before = await salon.ledger()
    for start in (now - timedelta(days=30, seconds=1), now + timedelta(days=730, seconds=1)):
        problem = await refused(salon, await salon.create(start), before)
        expected = ("start_out_of_range", 422, ["starts_at"])
        assert (problem["type"], problem["status"], fields(problem)) == expected
    for start in (now - timedelta(days=30), now + timedelta(days=730)):
        assert (await salon.create(start)).status_code == 201
    for far in ("1900-01-01T00:00:00Z", "8999-12-31T23:59:59Z"):
        assert (await salon.create(far)).json()["type"] == "start_out_of_range"
        visitor = await salon.visitor()
        assert (await salon.book(visitor, far)).json()["type"] == "slot_not_offered"


async def test_who_is_switched_off_is_not_booked(salon: Salon) -> None:
    async with salon.uow.begin(salon.shop.org_id) as unit:
        await unit.teams.save(a_team(2, name="South", is_active=False))
        await unit.workers.save(a_worker(100, team=1, name="Ann", is_active=False))
    made = await salon.created(TEN - 24 * HOUR)
    before = await salon.ledger()
    cases = [
        (await salon.create(TEN, team_id=SOUTH), "team_inactive"),
        (await salon.create(TEN, worker_ids=[ANN]), "worker_inactive"),
        (await salon.verb(made["booking_id"], "assign", worker_ids=[str(ANN)]), "worker_inactive"),
        (
            await salon.verb(made["booking_id"], "reschedule", starts_at=TEXT, team_id=str(SOUTH)),
            "team_inactive",
        ),
    ]
    for answer, code in cases:
        problem = await refused(salon, answer, before)
        assert (problem["type"], problem["status"]) == (code, 409)


async def test_a_visit_without_a_fitting_price_needs_a_quote(salon: Salon) -> None:
    visitor = await salon.visitor(home={"beds": 12, "baths": 9})
    before = await salon.ledger()
    problem = await refused(salon, await salon.book(visitor, TEN), before)
    assert (problem["type"], problem["status"]) == ("needs_quote", 409)


async def test_a_closed_shop_takes_no_public_bookings(salon: Salon) -> None:
    visitor = await salon.visitor()
    answer = await salon.shop.staff("PATCH", "/booking-settings", "admin", json={"online_booking": False})
    assert answer.status_code == 200
    before = await salon.ledger()
    problem = await refused(salon, await salon.book(visitor, TEN), before)
    assert (problem["type"], problem["status"]) == ("online_booking_closed", 409)
    assert (await salon.create(TEN)).status_code == 201


class NoneLeft:
    async def allows(self, _org_id: OrgId, metric: str) -> bool:
        return metric != "booking_created"


async def test_a_plan_that_is_used_up_takes_no_bookings(uow: UnitOfWork, clock: FixedClock) -> None:
    async with open_salon(uow, clock, given={Entitlements: NoneLeft()}) as salon:
        visitor = await salon.visitor()
        before = await salon.ledger()
        public = await refused(salon, await salon.book(visitor, TEN), before)
        assert public["type"] == "online_booking_closed"
        office = await refused(salon, await salon.create(TEN), before)
        assert (office["type"], office["status"], office["metric"]) == ("plan_limit_reached", 402, "bookings")


async def test_a_contact_has_few_open_bookings(salon: Salon) -> None:
    contacts = [
        {"phone": "+1 555 777 0000", "email": "a@example.com"},
        {"phone": "(555) 777-0000", "email": "b@example.com"},
        {"phone": "+1 555 777 0001", "email": "A@Example.com"},
        {"phone": "5557770000", "email": "a@example.com"},
    ]
    visitors = [await salon.visitor(**contact) for contact in contacts]
    days = [TEN + 24 * day * HOUR for day in range(4)]
    answers = [await salon.book(visitor, day) for visitor, day in zip(visitors[:3], days, strict=False)]
    assert [answer.status_code for answer in answers] == [201, 201, 201]
    before = await salon.ledger()
    answer = await salon.book(visitors[3], days[3])
    problem = await refused(salon, answer, before)
    assert (problem["type"], problem["status"]) == ("rate_limited", 429)
    assert int(answer.headers["retry-after"]) > 0
    await salon.verb(answers[0].json()["booking_id"], "cancel", reason_code="other")
    assert (await salon.book(visitors[3], days[3])).status_code == 201


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ("from=2026-03-11&to=2026-03-10", "invalid_window", "to"),
        ("from=2026-03-11&to=2027-03-13", "invalid_window", "to"),
        ("from=2026-02-30", "validation_error", "from"),
        ("status=LOST", "validation_error", "status"),
        ("limit=201", "validation_error", "limit"),
        ("cursor=nonsense", "validation_error", "cursor"),
        ("sort=asc", "validation_error", "sort"),
        ("team_id=north", "validation_error", "team_id"),
        ("from=0001-01-01", "validation_error", "from"),
        ("from=9999-12-31", "validation_error", "from"),
        ("to=9999-12-31", "validation_error", "to"),
    ],
)
async def test_malformed_lists_are_refused(salon: Salon, query: str, code: str, field: str) -> None:
    answer = await salon.shop.staff("GET", f"/bookings?{query}")
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (422, code), answer.text
    assert fields(problem)[0].startswith(field)


async def test_a_body_that_is_no_json_is_its_own_problem(salon: Salon) -> None:
    before = await salon.ledger()
    answer = await salon.shop.staff(
        "POST", "/bookings", content=b"{", headers={"content-type": "application/json"}
    )
    problem = await refused(salon, answer, before)
    assert (problem["type"], problem["status"]) == ("malformed_body", 400)
