"""A mail as bytes: what mail programs read off the wire, before anybody has decoded it."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from adapters.mime.message import as_bytes
from application.ports.mailer import Mail, Mailbox
from domain.shared.ids import EventId, OrgId

LINK = f"<https://app.example.com/unsubscribe?token={'a' * 130}.{'b' * 43}>"


def a_mail(**headers: str) -> Mail:
    return Mail(
        org_id=OrgId(UUID(int=1)),
        event_id=EventId(UUID(int=2)),
        message_id=f"<{UUID(int=2)}@mail.a-rather-long-name-of-a-company.example.com>",
        sender=Mailbox(name="Acme", address="no-reply@example.com"),
        recipient=Mailbox(name="", address="jane@example.com"),
        reply_to=None,
        subject="Thank you",
        text="Thanks",
        html="<p>Thanks</p>",
        written_at=datetime(2026, 3, 2, tzinfo=UTC),
        headers=headers,
    )


def test_the_link_for_mail_programs_is_written_as_it_is() -> None:
    """Encoded words are none in a URI (RFC 2369): whoever takes them literally has no link."""
    lines = as_bytes(a_mail(**{"List-Unsubscribe": LINK})).decode("ascii").split("\r\n")
    assert f"List-Unsubscribe: {LINK}" in lines
    assert f"Message-ID: <{UUID(int=2)}@mail.a-rather-long-name-of-a-company.example.com>" in lines


@pytest.mark.parametrize("ending", ["\r\n", "\n", "\r"])
def test_a_header_of_two_lines_is_refused(ending: str) -> None:
    with pytest.raises(ValueError, match="linefeed"):
        as_bytes(a_mail(**{"List-Unsubscribe": f"<https://a.example>{ending}Bcc: eve@example.com"}))
