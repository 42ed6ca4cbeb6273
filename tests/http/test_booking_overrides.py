"""Overrides over HTTP, on both databases: who, what, and what is written down."""

from typing import Any

import httpx
import pytest

from tests.support.salon import NORTH, Salon
from tests.support.scheduling import at

TEN = at("2026-03-11 10:00")


async def override(salon: Salon, booking_id: str, kind: str, value: object, **fields: Any) -> httpx.Response:
    body = {"kind": kind, "value": value, "reason": "A client of many years", **fields}
    return await salon.shop.staff("POST", f"/bookings/{booking_id}/override", "admin", json=body)


async def test_each_decision_is_kept_beside_terms_that_stay(salon: Salon) -> None:
    made = await salon.created(TEN, team_id=NORTH, confirm=False)
    booking_id = made["booking_id"]
    asked = (await override(salon, booking_id, "deposit_required", True)).json()
    assert (asked["deposit_required"], asked["deposit_status"], asked["deposit_cents"]) == (True, "due", 5000)
    assert (asked["version"], asked["policy_snapshot"]) == (2, made["policy_snapshot"])
    refused = await salon.verb(booking_id, "confirm")
    assert refused.json()["type"] == "deposit_unpaid"
    await override(salon, booking_id, "deposit_cents", 7000)
    written = await salon.ledger()
    again = await override(salon, booking_id, "deposit_cents", 7000, reason="Once more")
    assert (again.status_code, again.json()["version"], await salon.ledger()) == (200, 3, written)
    waived = (await override(salon, booking_id, "deposit_required", False)).json()
    assert (waived["deposit_required"], waived["deposit_status"]) == (False, "waived")
    assert (await salon.verb(booking_id, "confirm")).json()["status"] == "CONFIRMED"
    banded = (await override(salon, booking_id, "risk_band", "HIGH")).json()
    assert (banded["risk_band"], banded["risk_score"]) == ("HIGH", made["risk_score"])
    listed = (await salon.get(f"/bookings/{booking_id}/overrides", "admin", limit=3)).json()
    assert [(row["kind"], row["before"], row["value"]) for row in listed["items"]] == [
        ("deposit_required", False, True),
        ("deposit_cents", 5000, 7000),
        ("deposit_required", True, False),
    ]
    path = f"/bookings/{booking_id}/overrides"
    rest = (await salon.get(path, "admin", cursor=listed["next_cursor"])).json()
    assert ([row["kind"] for row in rest["items"]], rest["next_cursor"]) == (["risk_band"], None)
    assert rest["items"][0]["reason"] == "A client of many years"
    audit = [row for row in (await salon.ledger())["audit"] if row[0] == "booking_override"]
    assert len(audit) == 4
    assert {"deposit_cents": 5000, "version": 2} in [row[2] for row in audit]
    assert {"deposit_cents": 7000, "version": 3} in [row[3] for row in audit]


async def test_of_a_cancelled_visit_only_an_exception_is_made(salon: Salon) -> None:
    made = await salon.created(TEN, team_id=NORTH)
    booking_id = made["booking_id"]
    await salon.verb(booking_id, "cancel", reason_code="client_request", by="client")
    for kind, value in (("deposit_required", True), ("deposit_cents", 1), ("risk_band", "HIGH")):
        refused = await override(salon, booking_id, kind, value)
        assert (refused.status_code, refused.json()["type"]) == (409, "booking_move_refused")
    excepted = (await override(salon, booking_id, "cancellation_exception", True)).json()
    assert (excepted["cancellation_exception"], excepted["cancellation_exception_note"]) == (
        True,
        "A client of many years",
    )
    assert excepted["cancellation"]["refund_percent"] == 100


@pytest.mark.parametrize(
    ("fields", "at_fault"),
    [
        ({"kind": "risk_band", "value": "low"}, ["value"]),
        ({"kind": "deposit_cents", "value": -1}, ["value"]),
        ({"kind": "deposit_cents", "value": 2**62}, ["value"]),
        ({"kind": "deposit_cents", "value": 1.5}, ["value"]),
        ({"kind": "deposit_required", "value": None}, ["value"]),
        ({"kind": "deposit_required", "value": [True]}, ["value"]),
        ({"kind": "price", "value": 1, "reason": ""}, ["kind", "reason"]),
        ({"kind": "deposit_required", "value": True, "reason": "x" * 501}, ["reason"]),
    ],
)
async def test_what_makes_no_sense_is_refused_by_its_field(
    salon: Salon, fields: dict[str, Any], at_fault: list[str]
) -> None:
    booking_id = (await salon.created(TEN, team_id=NORTH))["booking_id"]
    answer = await override(salon, booking_id, **fields)
    assert answer.status_code == 422, answer.text
    assert [fault["field"] for fault in answer.json()["errors"]] == at_fault


async def test_only_administrators_decide_and_read(salon: Salon) -> None:
    booking_id = (await salon.created(TEN, team_id=NORTH))["booking_id"]
    body: dict[str, Any] = {"kind": "risk_band", "value": "HIGH", "reason": "x"}
    refused = await salon.verb(booking_id, "override", **body)
    assert refused.status_code == 403
    assert (await salon.get(f"/bookings/{booking_id}/overrides")).status_code == 403
    stale = await salon.verb(booking_id, "override", "admin", headers={"if-match": '"9"'}, **body)
    assert stale.json()["type"] == "version_conflict"
