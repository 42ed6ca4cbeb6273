"""Reminders over HTTP, on both databases: queued once, withdrawn with their cause, in the company's zone."""

from datetime import UTC, datetime

from adapters.jinja.templates import JinjaTemplates
from application.ports.templates import Letterhead
from tests.support.clock import FixedClock
from tests.support.salon import Salon
from tests.support.scheduling import at

START = at("2026-03-07 10:00")  # a Saturday; the clocks of New York change in the night after it
MOVED = at("2026-03-08 10:00")


async def a_confirmed_visit(salon: Salon) -> str:
    booking_id = str((await salon.book(await salon.visitor(), START)).json()["booking_id"])
    await salon.verb(booking_id, "confirm")
    return booking_id


async def scan(salon: Salon) -> dict[str, object]:
    answer = await salon.shop.staff("POST", "/email-scan")
    assert answer.status_code == 202, answer.text
    counts: dict[str, object] = answer.json()
    assert counts["by_job"] == {
        "booking-reminders": {"queued": counts["queued"], "skipped": counts["skipped"]}
    }
    return {name: counts[name] for name in ("status", "queued", "skipped")}


def key_of(start: datetime) -> str:
    return f"reminder_24h:{int(start.timestamp())}"


async def test_a_client_is_reminded_once_a_day_before(salon: Salon, clock: FixedClock) -> None:
    booking_id = await a_confirmed_visit(salon)
    clock.set(START)
    clock.advance(hours=-24, seconds=-1)
    assert await scan(salon) == {"status": "done", "queued": 0, "skipped": 0}
    clock.advance(seconds=1)
    assert await scan(salon) == {"status": "done", "queued": 1, "skipped": 0}
    assert await scan(salon) == {"status": "done", "queued": 0, "skipped": 0}
    mail = (await salon.mails(booking_id))[key_of(START)]
    assert (mail["template"], mail["outcome"]) == ("booking_reminder_24h", None)


async def test_a_new_start_earns_a_new_reminder_and_the_old_one_is_withdrawn(
    salon: Salon, clock: FixedClock
) -> None:
    booking_id = await a_confirmed_visit(salon)
    clock.set(START)
    clock.advance(hours=-23)
    await scan(salon)
    assert (await salon.verb(booking_id, "reschedule", starts_at=MOVED.isoformat())).status_code == 200
    assert (await salon.mails(booking_id))[key_of(START)]["outcome"] == "withdrawn"
    assert (await scan(salon))["queued"] == 0
    clock.set(MOVED)
    clock.advance(hours=-24)
    assert (await scan(salon))["queued"] == 1
    mail = (await salon.mails(booking_id))[key_of(MOVED)]
    assert mail["outcome"] is None
    letterhead = Letterhead(org_name="Acme", timezone="UTC", primary_color="#112233", footer_text="")
    rendered = JinjaTemplates().render(mail["template"], mail, letterhead)
    assert rendered.subject == "Reminder: Sun 8 Mar 2026, 10:00 EDT – Acme"
    for part in (rendered.text, rendered.html):
        assert "Sunday 8 March 2026, 10:00 to 13:00 EDT (America/New_York)" in part


async def test_cancelling_withdraws_the_reminder(salon: Salon, clock: FixedClock) -> None:
    booking_id = await a_confirmed_visit(salon)
    clock.set(START)
    clock.advance(hours=-3)
    await scan(salon)
    await salon.verb(booking_id, "cancel", reason_code="weather")
    assert (await salon.mails(booking_id))[key_of(START)]["outcome"] == "withdrawn"
    assert (await scan(salon))["queued"] == 0


async def test_another_length_or_crew_leaves_the_reminder_alone(salon: Salon, clock: FixedClock) -> None:
    booking_id = await a_confirmed_visit(salon)
    clock.set(START)
    clock.advance(hours=-20)
    await scan(salon)
    longer = await salon.verb(booking_id, "reschedule", starts_at=START.isoformat(), duration_minutes=240)
    assert longer.status_code == 200
    assert (await salon.mails(booking_id))[key_of(START)]["outcome"] is None


async def test_visits_that_nobody_can_be_reminded_of_are_counted(salon: Salon, clock: FixedClock) -> None:
    made = await salon.created(START)
    await salon.verb(made["booking_id"], "confirm")
    clock.set(START.astimezone(UTC))
    clock.advance(hours=-2)
    assert await scan(salon) == {"status": "done", "queued": 0, "skipped": 1}


async def test_only_who_may_dispatch_may_scan(salon: Salon) -> None:
    assert (await salon.shop.staff("POST", "/email-scan", "viewer")).status_code == 403
    assert (await salon.shop.staff("POST", "/email-scan", "finance")).status_code == 403
