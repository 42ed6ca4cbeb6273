"""A visit that is done, on both databases: what is written, who is told, what its lead becomes (F9, F16)."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from tests.support.clock import FixedClock
from tests.support.salon import NORTH, SOUTH, Salon
from tests.support.scheduling import at

TEN = at("2026-03-11 10:00")


async def a_visit(salon: Salon, lead_id: str | None = None, **fields: Any) -> str:
    made = await salon.created(TEN, team_id=NORTH, **({"lead_id": lead_id} if lead_id else {}), **fields)
    return str(made["booking_id"])


async def test_a_visit_that_is_done_thanks_the_client_asks_once_and_finishes_the_lead(
    salon: Salon, clock: FixedClock
) -> None:
    lead_id = (await salon.visitor())["lead_id"]
    booking_id = await a_visit(salon, lead_id)
    clock.advance(minutes=60)
    answer = await salon.verb(booking_id, "complete", actual_duration_minutes=100)
    done = answer.json()
    assert (answer.status_code, done["status"], done["version"]) == (200, "DONE", 2), answer.text
    assert (done["actual_duration_minutes"], done["work_state"]) == (100, "not_started")
    assert done["completed_at"] == clock.now().isoformat().replace("+00:00", "Z")
    assert answer.headers["etag"] == '"2"'
    mails = await salon.mails(booking_id)
    assert (mails["completed"]["template"], mails["completed"]["outcome"]) == ("booking_completed", None)
    assert (mails["nps"]["template"], mails["nps"]["outcome"]) == ("nps_survey", None)
    assert mails["confirmed"]["outcome"] == "withdrawn"
    assert await salon.actions(booking_id) == ["booking_complete", "booking_create"]
    assert await salon.lead_status(lead_id) == "DONE"
    written = await salon.ledger()
    again = await salon.verb(booking_id, "complete", actual_duration_minutes=50)
    assert (again.status_code, again.json()) == (200, done)
    assert (await salon.verb(booking_id, "complete")).json() == done
    assert await salon.ledger() == written
    refused = await salon.verb(booking_id, "cancel", reason_code="other")
    assert refused.json()["type"] == "booking_move_refused"


async def test_a_lead_with_another_visit_to_come_is_not_done(salon: Salon) -> None:
    lead_id = (await salon.visitor())["lead_id"]
    first = await a_visit(salon, lead_id)
    other = await salon.created(TEN + timedelta(days=1), team_id=SOUTH, lead_id=lead_id)
    await salon.verb(first, "complete", actual_duration_minutes=1)
    assert await salon.lead_status(lead_id) == "BOOKED"
    await salon.verb(other["booking_id"], "cancel", reason_code="other")
    assert await salon.lead_status(lead_id) == "DONE"


async def test_how_long_it_took_must_be_said_where_no_clock_ran(salon: Salon) -> None:
    booking_id = await a_visit(salon)
    written = await salon.ledger()
    bodies: tuple[dict[str, Any], ...] = ({}, {"actual_duration_minutes": None})
    for body in bodies:
        refused = await salon.verb(booking_id, "complete", **body)
        assert (refused.status_code, refused.json()["type"]) == (422, "validation_error")
        assert [fault["field"] for fault in refused.json()["errors"]] == ["actual_duration_minutes"]
    assert await salon.ledger() == written


@pytest.mark.parametrize("minutes", [0, -1, 2881, 1.5, "90", True])
async def test_a_length_is_one_to_2880_whole_minutes(office: Salon, minutes: Any) -> None:
    booking_id = await a_visit(office)
    refused = await office.verb(booking_id, "complete", actual_duration_minutes=minutes)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "actual_duration_minutes")


async def test_only_what_is_confirmed_can_be_done(salon: Salon) -> None:
    waiting = await a_visit(salon, confirm=False)
    refused = await salon.verb(waiting, "complete", actual_duration_minutes=60)
    assert (refused.status_code, refused.json()["type"]) == (409, "booking_move_refused")
    stale = await salon.verb(waiting, "complete", headers={"if-match": '"7"'}, actual_duration_minutes=60)
    assert (stale.status_code, stale.json()["type"]) == (412, "version_conflict")


async def test_two_at_once_complete_it_once(salon: Salon) -> None:
    lead_id = (await salon.visitor())["lead_id"]
    booking_id = await a_visit(salon, lead_id)
    answers = await asyncio.gather(
        *(salon.verb(booking_id, "complete", actual_duration_minutes=60 + n) for n in range(5))
    )
    assert [answer.status_code for answer in answers] == [200] * 5
    assert len({answer.text for answer in answers}) == 1
    assert await salon.actions(booking_id) == ["booking_complete", "booking_create"]
    assert {"completed", "nps"} <= set(await salon.mails(booking_id))
