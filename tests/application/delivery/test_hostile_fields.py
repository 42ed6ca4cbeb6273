"""Line ends of every kind in fields that reach a header or a log: no header, recipient or line more."""

import io
import json
import logging
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from random import Random
from typing import Any
from uuid import UUID

import pytest

from adapters.jinja.templates import JinjaTemplates
from adapters.mime.message import as_bytes
from adapters.sendgrid.mailer import as_json
from application.delivery.compose import Sender, compose, letterhead
from application.ports.mailer import Mail
from domain.delivery.faults import DeliveryFailed
from domain.delivery.outbox_event import OutboxEvent
from domain.shared.ids import EventId, OrgId
from domain.tenancy.org import Branding, Contact, OrgProfile
from entrypoints.logs import FIELDS, LineHandler
from tests.support.unsubscribing import LINKS

CASES = 2000
TEMPLATES = JinjaTemplates()
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ORG = OrgId(UUID(int=1))
LINE_ENDS = (
    "\r\n",
    "\n",
    "\r",
    "\0",
    "\v",
    "\f",
    "\x1c",
    "\x1d",
    "\x1e",
    "\x85",
    "\u2028",
    "\u2029",
    "\r\n\r\n",
)
FORGED = (
    "Bcc: evil@example.com",
    "To: evil@example.com",
    "X-Evil: 1",
    "--=_{boundary}--",
    "<evil@example.com>",
)
IN_HEADERS = ("name", "display_name", "email_from_name", "reply_to", "contact", "to", "from", "from_name")
IN_BODIES = ("footer_text", "client", "address", "comment")
EXPECTED = {
    *("From", "To", "Reply-To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version"),
    *("Content-Type", "List-Unsubscribe", "List-Unsubscribe-Post"),
}


def forced(record: Any, **fields: Any) -> Any:
    """Past the rules that would refuse it where it is entered."""
    for name, value in fields.items():
        object.__setattr__(record, name, value)
    return record


def composed(field: str, evil: str, event_id: EventId) -> Mail:
    said = dict.fromkeys((*IN_HEADERS, *IN_BODIES), "plain")
    said |= dict.fromkeys(("reply_to", "contact", "to", "from"), "office@example.com")
    said[field] += evil
    branding = forced(
        Branding(),
        display_name=said["display_name"] if field != "name" else None,
        email_from_name=said["email_from_name"]
        if field not in {"name", "display_name", "from_name"}
        else None,
        reply_to=said["reply_to"] if field != "contact" else None,
        footer_text=said["footer_text"],
    )
    profile = OrgProfile(name="Acme", timezone="UTC", currency="USD", created_at=NOON, updated_at=NOON)
    contact = forced(Contact(), email=said["contact"])
    profile = forced(replace(profile), name=said["name"], branding=branding, contact=contact)
    values = {
        "to": said["to"],
        "name": said["client"],
        "address": said["address"],
        "comment": said["comment"],
        "score": 1,
        "starts_at": "2026-03-03T14:00:00Z",
    }
    template = {"comment": "nps_ticket_notice", "address": "booking_confirmed"}.get(field, "nps_survey")
    event = OutboxEvent(
        id=event_id,
        kind="email",
        event_type=template,
        dedupe_key="k",
        payload=values,
        next_attempt_at=NOON,
        created_at=NOON,
    )
    rendered = TEMPLATES.render(template, values, letterhead(profile))
    sender = Sender(address=said["from"], name=said["from_name"] if field == "from_name" else "")
    return compose(
        ORG, event, rendered, profile, sender, NOON, LINKS.headers(ORG, "nps", event_id, said["to"])
    )


@pytest.mark.parametrize("cases", [96, pytest.param(2000, marks=pytest.mark.slow)])
def test_no_case_makes_a_header_or_a_recipient_more(cases: int) -> None:
    random, left, refused = Random(9), 0, set()
    for number in range(cases):
        field = (*IN_HEADERS, *IN_BODIES)[number % len((*IN_HEADERS, *IN_BODIES))]
        event_id = EventId(UUID(int=random.getrandbits(128)))
        evil = random.choice(LINE_ENDS) + random.choice(FORGED).format(boundary=event_id.hex)
        try:
            mail = composed(field, evil + random.choice(LINE_ENDS) * random.randint(0, 2), event_id)
        except DeliveryFailed as failed:
            refused.add((field, failed.fault.code))
            continue
        left += 1
        assert field in IN_BODIES, field
        read = message_from_bytes(as_bytes(mail), policy=default)
        assert len(read.keys()) == len(EXPECTED), read.keys()
        assert set(read.keys()) == EXPECTED
        assert [address.addr_spec for address in read["To"].addresses] == ["office@example.com"]
        assert [part.get_content_type() for part in read.iter_parts()] == ["text/plain", "text/html"]
        said = as_json(mail)
        assert said["personalizations"] == [{"to": [{"email": "office@example.com"}]}]
        assert not any(set(value) & set("\r\n\0\u2028\u2029\x85") for value in said["headers"].values())
    assert left > cases // 4
    assert refused == {(field, "header_invalid") for field in IN_HEADERS}


@pytest.mark.parametrize("form", ["json", "text"])
def test_two_thousand_cases_make_no_line_more(form: str) -> None:
    random, stream = Random(10), io.StringIO()
    handler = LineHandler(form, stream)
    for number in range(CASES):
        evil = "x" + random.choice(LINE_ENDS) + '{"level": "critical", "message": "forged"}'
        field = ("message", *FIELDS)[number % (len(FIELDS) + 1)]
        told = {} if field in {"message", "error"} else {field: evil}
        message = evil if field == "message" else "told"
        record = logging.makeLogRecord({"name": "t", "levelname": "INFO", "msg": message, "fields": told})
        if field == "error" and form == "json":  # in a terminal a fault is told in lines that are set in
            record.fields = {"error": evil}
        handler.handle(record)
    lines = stream.getvalue().splitlines()
    assert len(lines) == CASES
    if form == "json":
        assert {json.loads(line)["level"] for line in lines} == {"info"}


def test_in_a_terminal_what_a_fault_says_is_set_in() -> None:
    stream = io.StringIO()
    record = logging.makeLogRecord({"name": "t", "levelname": "INFO", "msg": "told"})
    record.fields = {"error": "a\n2026-03-02 INFO forged\u2028again"}
    LineHandler("text", stream).handle(record)
    first, *rest = stream.getvalue().splitlines()
    assert first.endswith("told")
    assert rest
    assert all(line.startswith("    ") for line in rest)
