"""Mails read before they are sent, on both databases."""

from typing import Any
from uuid import uuid4

import pytest

from adapters.jinja.catalogue import TEMPLATES
from tests.support.salon import ANN, TEN, Salon

PREVIEW = "/messaging/templates/preview"


async def preview(salon: Salon, template: str, **record: Any) -> Any:
    body = {"template": template, **{name: str(value) for name, value in record.items()}}
    return await salon.shop.staff("POST", PREVIEW, json=body)


async def test_every_template_reads_well_with_made_up_values(salon: Salon) -> None:
    answer = (await salon.get("/messaging/templates")).json()
    assert [item["template"] for item in answer["items"]] == sorted(TEMPLATES)
    assert answer["next_cursor"] is None
    for item in answer["items"]:
        assert set(item) == {"template", "version", "scope", "subject", "text", "html"}
        assert item["scope"] in {"transactional", "staff", "marketing", "nps"}
        assert "None" not in item["text"]
        shown = (await preview(salon, item["template"])).json()
        assert shown["source"] == "sample"
        assert {name: shown[name] for name in ("subject", "text", "html")} == {
            name: item[name] for name in ("subject", "text", "html")
        }
    assert (await salon.get("/messaging/templates", "viewer")).status_code == 403


async def test_a_preview_of_a_visit_is_the_mail_that_was_queued_and_queues_none(salon: Salon) -> None:
    booking_id = (await salon.book(await salon.visitor(), TEN)).json()["booking_id"]
    await salon.verb(booking_id, "confirm")
    written = await salon.ledger()
    answer = await preview(salon, "booking_confirmed", booking_id=booking_id)
    shown = answer.json()
    assert set(shown) == {"template", "version", "from", "subject", "text", "html", "source"}
    assert (shown["source"], shown["from"]) == ("record", "Acme Cleaning <no-reply@sweepline.localhost>")
    assert shown["subject"].startswith("Confirmed: Tue 3 Mar 2026, 10:00 EST")
    for part in (shown["text"], shown["html"]):
        assert "Visitor 1" in part
        assert "Tuesday 3 March 2026, 10:00 to 13:00 EST" in part
    assert await salon.ledger() == written


async def test_a_preview_of_a_request_and_of_a_crew(salon: Salon) -> None:
    visitor = await salon.visitor()
    shown = (await preview(salon, "lead_office_notice", lead_id=visitor["lead_id"])).json()
    assert "visitor1@example.com" in shown["text"]
    made = await salon.created(TEN, worker_ids=[str(ANN)])
    assert "Hello Ann" in (await preview(salon, "booking_crew", booking_id=made["booking_id"])).json()["text"]


async def test_what_follows_a_visit_can_be_read_of_one(salon: Salon) -> None:
    booking_id = (await salon.book(await salon.visitor(), TEN)).json()["booking_id"]
    for template in ("booking_completed", "nps_survey"):
        shown = (await preview(salon, template, booking_id=booking_id)).json()
        assert shown["source"] == "record"
        assert "Hello Visitor 1," in shown["text"]
    unanswered = await preview(salon, "nps_ticket_notice", booking_id=booking_id)
    assert unanswered.json()["type"] == "template_context_missing"


async def test_a_record_that_does_not_fit_is_told_from_one_that_is_not_there(salon: Salon) -> None:
    visitor = await salon.visitor()
    lead_id, booking_id = visitor["lead_id"], (await salon.book(visitor, TEN)).json()["booking_id"]
    misfits: list[tuple[str, dict[str, Any]]] = [
        ("booking_confirmed", {"lead_id": lead_id}),
        ("request_received", {"booking_id": booking_id}),
        ("invitation", {"booking_id": booking_id}),
        ("booking_crew", {"booking_id": booking_id}),
    ]
    for template, record in misfits:
        answer = await preview(salon, template, **record)
        assert (answer.status_code, answer.json()["type"]) == (422, "template_context_missing"), template
    for name in ("lead_id", "booking_id", "invoice_id"):
        answer = await preview(salon, "booking_confirmed", **{name: uuid4()})
        assert (answer.status_code, answer.json()["type"]) == (404, "not_found"), name


@pytest.mark.parametrize("template", ["unheard_of", "", "x" * 65])
async def test_an_unknown_template_is_a_fault_of_the_field(office: Salon, template: str) -> None:
    answer = await preview(office, template)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "template")
