import time

import pytest

from domain.shared.redaction import REDACTED, redact, redact_text

LISTED = [
    "password",
    "new_password",
    "passwd",
    "secret",
    "client_secret",
    "token",
    "refresh_token",
    "api_key",
    "sendgrid_api_key",
    "authorization",
    "cookie",
    "set-cookie",
    "mfa_code",
    "recovery_code",
    "recovery_codes",
    "otpauth_uri",
    "signature",
    "sig",
    "signed_url",
    "stripe-signature",
    "idempotency-key",
    "email",
    "office_email",
    "recipient",
    "phone",
    "mobile_phone",
    "address",
    "card",
]
"""The keys of the page, one for each pattern."""


def spellings(key: str) -> set[str]:
    return {key, key.upper(), key.title(), key.replace("_", "-"), key.replace("-", "_")}


@pytest.mark.parametrize("listed", LISTED)
def test_values_under_secret_keys_are_masked_at_any_depth(listed: str) -> None:
    for key in spellings(listed):
        for value in ("canary", ["canary"], {"a": "canary"}, 7):
            assert redact({"a": [{key: value}]}) == {"a": [{key: REDACTED}]}


@pytest.mark.parametrize("key", ["name", "tokens_left", "emailed", "phase", "cardinality", "status"])
def test_other_keys_are_kept(key: str) -> None:
    assert redact({key: "plain"}) == {key: "plain"}


SECRET_TEXTS = [
    "Authorization: Bearer abc.DEF-123",
    "sent Basic dXNlcjpjYW5hcnk=",
    "authorization: Digest username=canary, response=canary",
    "Cookie: client_session=canary; theme=canary",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2ln",
    "eyJhbGciOiJkaXIifQ..aXY.Y2FuYXJ5.dGFn",
    "key sk_live_canary1234",
    "whsec_canary1234=",
    "postgresql://user:canary@db/x",
    "redis://:canary@db",
    "https://canary@x.example/a",
    "postgresql://user:can@ary:canary@db/x",
    "https://x.example/p?sig=canary&x=1",
    "GET /a?token=canary",
    "/a?x=1&X-Amz-Signature=canary&X-Amz-Credential=canary%2Fx",
    "/a?Expires=1&Signature=canary&Key-Pair-Id=canary",
    "/a?email=canary%40mail.example.com",
    "write to canary.person+x@mail.example.com now",
    "<canary@mail.example.com>",
    "canary@localhost",
    "CANARY@[192.0.2.1]",
    '"jane canary"@mail.example.com',
    "jürgen.canary@münchen.example",
    "canary%40mail.example.com",
    "password=canary",
    "password='canary canary'",
    "{'new_password': 'canary', \"refresh-token\": \"can\\\"ary\", 'ok': 1}",
    'API_KEY="canary"',
    "{'X-Api-Key': 'canary'}",
    "mfa_code=canary",
    "duplicate key: Key (org_id, phone)=(x, canary (canary)) already exists",
    "call +1 206 555 0134 today",
    "call +12065550134",
    "call +1 (206) 555-0134.",
    "call +49 30 90010134",
    "call 0049 30 90010134",
    "call 030/90010134",
    "call (206) 555-0134",
    "call 206-555-0134",
    "call 206.555.0134",
    "call 2065550134",
    "call \uff12\uff10\uff16 \uff15\uff15\uff15 \uff10\uff11\uff13\uff14",
]


@pytest.mark.parametrize("text", SECRET_TEXTS)
def test_free_text_loses_credentials_and_personal_data(text: str) -> None:
    for wrapped in (text, f"before {text}", f"({text})", redact({"a": [text]}), redact((text,))):
        cleaned = redact_text(str(wrapped))
        assert REDACTED in cleaned
        for canary in (
            "canary",
            "CANARY",
            "abc.DEF",
            "0134",
            "\uff11\uff13",
            "dXNlc",
            "eyJ",
            "Y2Fu",
            "jürgen",
        ):
            assert canary not in cleaned, cleaned


@pytest.mark.parametrize(
    "unit", ["a", "a.", "1", "1 ", "a@", "(1)", "eyJ", "a-", "?a=", "token", "x://", "é", "'", "="]
)
def test_what_anybody_may_write_is_read_in_linear_time(unit: str) -> None:
    def cost(size: int) -> float:
        began = time.process_time()
        redact_text(unit * size)
        return time.process_time() - began

    few = max(cost(3_000), cost(3_000), 0.001)
    assert cost(30_000) < 40 * few  # squares would be 100


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-08 09:00 is taken",
        "019a0000-0000-7000-8000-000000000001 does not exist",
        "Listening on http://127.0.0.1:8000",
        "took 12.5 ms, 3 of 40 rows",
        "Team North is busy 09:00-12:00.",
        "2026-03-08T09:00:00Z to 2026-03-09T10:00:00.123+02:00",
        "from 192.168.10.20:8000, 10.0.0.1 and 203.0.113.250",
        "new_password: is shorter than 15 characters",
        "Idempotency-Key: is not 1 to 128 visible ASCII characters",
        "x=1, note=fine, tokens=3",
        "is not from 0 to 1000000000",
        "is not from 1 to 2147483647",
        "at least 2 of 12, 30 or 90 minutes",
    ],
)
def test_plain_text_is_kept(text: str) -> None:
    assert redact_text(text) == text


def test_control_characters_are_escaped() -> None:
    assert redact_text("a\nb\x00\x1b[31m") == "a\\nb\\x00\\x1b[31m"


def test_depth_is_bounded() -> None:
    value: object = "x"
    for _ in range(100):
        value = {"a": value}
    assert REDACTED in str(redact(value))
