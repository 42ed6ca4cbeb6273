from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from adapters.mime.message import as_bytes
from application.delivery.compose import Sender, compose
from application.ports.mailer import Mail
from application.ports.templates import Rendered
from domain.delivery.faults import DeliveryFailed
from domain.delivery.outbox_event import OutboxEvent
from domain.shared.ids import EventId, OrgId
from domain.tenancy.org import Branding, OrgProfile

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
EVENT = EventId(UUID(int=7))
EVIL = ["\r\nBcc: all@example.com", "\n", "\r", "\0", "\x1b[31m", "\u2028", "\x7f", "\x85"]


def composed(
    to: object = "jane@example.com",
    subject: str = "Confirmed – Acme",
    sender: Sender | None = None,
    **branding: Any,
) -> Mail:
    event = OutboxEvent(
        id=EVENT,
        kind="email",
        event_type="booking_confirmed",
        dedupe_key="k",
        payload={"to": to},
        next_attempt_at=NOON,
        created_at=NOON,
    )
    profile = OrgProfile(
        name="Acme Cleaning", timezone="UTC", currency="USD", created_at=NOON, updated_at=NOON
    )
    object.__setattr__(profile, "branding", a_branding(**branding))
    rendered = Rendered(version=1, subject=subject, text="text", html="<p>text</p>")
    sender = sender or Sender(address="no-reply@example.org")
    return compose(OrgId(UUID(int=1)), event, rendered, profile, sender, NOON)


def a_branding(**fields: Any) -> Branding:
    """Also one that its own rules would refuse: the composing must not rely on them."""
    branding = Branding()
    for name, value in fields.items():
        object.__setattr__(branding, name, value)
    return branding


def code_of(**fields: Any) -> str:
    with pytest.raises(DeliveryFailed) as caught:
        composed(**fields)
    assert caught.value.fault.permanent
    return caught.value.fault.code


def test_the_message_id_is_the_events_at_the_domain_of_the_sender() -> None:
    assert composed().message_id == f"<{EVENT}@example.org>"


@pytest.mark.parametrize(
    ("branding", "sender_name", "expected"),
    [
        ({"email_from_name": "Acme Mail", "display_name": "Acme"}, "Sweepline", "Acme Mail"),
        ({"display_name": "Acme"}, "Sweepline", "Sweepline"),
        ({"display_name": "Acme"}, "", "Acme"),
        ({}, "", "Acme Cleaning"),
    ],
)
def test_the_name_of_the_sender(branding: dict[str, str], sender_name: str, expected: str) -> None:
    mail = composed(sender=Sender(address="no-reply@example.org", name=sender_name), **branding)
    assert mail.sender.name == expected


def test_answers_go_to_the_organisation() -> None:
    mail = composed(reply_to="office@acme.example")
    assert mail.reply_to is not None
    assert mail.reply_to.address == "office@acme.example"
    assert composed().reply_to is None


@pytest.mark.parametrize("evil", EVIL)
def test_a_control_character_reaches_no_header(evil: str) -> None:
    assert code_of(subject=f"Hello{evil}") == "header_invalid"
    assert code_of(email_from_name=f"Acme{evil}") == "header_invalid"
    assert code_of(reply_to=f"office@acme.example{evil}") == "header_invalid"
    assert code_of(to=f"jane{evil}@example.com") == "header_invalid"
    assert code_of(sender=Sender(address=f"no-reply@example.org{evil}")) == "header_invalid"


@pytest.mark.parametrize(
    "address",
    [
        "jane@example.com, bob@example.com",
        "<jane@example.com>",
        "jane",
        "@example.com",
        "jane@",
        "jane doe@example.com",
        "jäne@example.com",
        f"{'x' * 250}@example.com",
        "jane@exa..mple\u3002",
        "jane..doe@example.com",
        ".jane@example.com",
        "jane.@example.com",
        "jane@example.com.",
        "jane@example..com",
        "jane@doe@example.com",
        "=?utf-8?q?jane?=@example.com",
        "jane@=?utf-8?q?example?=.com",
        "jane@[192.0.2.1]",
        f"{'x' * 65}@example.com",
        "jane@\u00ad.com",
    ],
)
def test_one_plain_recipient_or_none(address: str) -> None:
    assert code_of(to=address) == "header_invalid"


@pytest.mark.parametrize("nobody", [None, "", 7, ["jane@example.com"]])
def test_a_mail_to_nobody_is_no_mail(nobody: object) -> None:
    assert code_of(to=nobody) == "payload_invalid"


def test_a_foreign_domain_is_written_in_a_labels() -> None:
    assert composed(to="jane@Bücher.example").recipient.address == "jane@xn--bcher-kva.example"


def test_the_same_mail_gives_the_same_bytes_and_they_are_plain() -> None:
    content = as_bytes(composed(subject="Bestätigt – Söhne"))
    assert content == as_bytes(composed(subject="Bestätigt – Söhne"))
    assert content.isascii()
    assert b"Auto-Submitted: auto-generated\r\n" in content
    head, _, _ = content.partition(b"\r\n\r\n")
    assert head.count(b"\r\nTo: ") == 1
