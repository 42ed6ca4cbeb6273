"""A mail as bytes: what mail programs read off the wire, before anybody has decoded it."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.utils import getaddresses
from random import Random
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


SIGNS = (
    *("abc de", "ÄÖüß ", "日本語", '()<>@,;:\\".[]', "=?utf-8?q?", "?=", "\u202e\u200f\u200b\ufeff"),
    *("👩‍👩‍👧", "שלום", "'`", " ", "eve@example.com, "),
)
LONG = (
    "x" * 59 + ", " + "y" * 19,
    "support@bank.example, " + "a" * 55,
    "a, " * 25 + "b",
    '"' * 40,
    "\\" * 40,
    "=?utf-8?q?x?=",
    "Müller, Söhne & Co. KG – Gebäudereinigung und Fensterputz in ganz Süddeutschland",
    "Ä" * 80,
    "two  blanks  " * 9 + "x",
)


def _read(mail: Mail) -> tuple[dict[str, str], list[bytes]]:
    """Headers as they stand but unfolded, and their lines."""
    content = as_bytes(mail)
    headers = message_from_bytes(content).items()
    lines = content.partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert len({name for name, _ in headers}) == len(headers)
    return {name: value.replace("\r\n", "") for name, value in headers}, lines


def _decoded(written: str) -> str:
    """By the older half of the library: the newer one puts blanks between the encoded words of a name."""
    if written.startswith('"'):
        return written[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    return str(make_header(decode_header(written))) if "=?" in written else written


def test_a_subject_can_be_searched_as_it_is_read_but_for_what_is_not_ascii() -> None:
    subject = "Confirmed: Sat 5 Dec, 14:30 – Müller & Pine Cleaning"
    headers, _ = _read(replace(a_mail(), subject=subject))
    assert headers["Subject"].startswith("Confirmed: Sat 5 Dec, 14:30 =?utf-8?")
    assert headers["Subject"].endswith("?= & Pine Cleaning")
    assert _decoded(headers["Subject"]) == subject


@pytest.mark.parametrize("cases", [60, pytest.param(1000, marks=pytest.mark.slow)])
def test_a_name_of_whatever_length_and_signs_is_one_name_and_a_subject_one_subject(cases: int) -> None:
    random = Random(cases)
    texts = [*LONG, *("".join(random.choice(random.choice(SIGNS)) for _ in range(78)) for _ in range(cases))]
    for text in (text.strip() for text in texts):
        mail = replace(
            a_mail(), sender=Mailbox(name=text, address="no-reply@example.com"), subject=f"New – {text}"
        )
        headers, lines = _read(mail)
        name, address = headers["From"].rsplit(" ", 1)
        assert address == "<no-reply@example.com>"
        assert _decoded(name) == text
        assert name.startswith('"') or not set(name) & set('@,;:<>()[]"')
        assert _decoded(headers["Subject"]) == f"New – {text}"
        assert max(map(len, lines)) < 300
        assert all(line.strip() for line in lines)
        addresses = getaddresses([headers["From"]], strict=True)
        assert [found for _, found in addresses] == ["no-reply@example.com"]
