import pytest

from domain.shared.redaction import REDACTED, redact, redact_text


@pytest.mark.parametrize(
    "key",
    [
        "password",
        "New-Password",
        "new_password",
        "CLIENT_SECRET",
        "refresh_token",
        "api_key",
        "Authorization",
        "set-cookie",
        "recovery_codes",
        "Idempotency-Key",
        "Stripe-Signature",
        "email",
        "office_email",
        "mobile_phone",
        "address",
    ],
)
def test_values_under_secret_keys_are_masked_at_any_depth(key: str) -> None:
    assert redact({"a": [{key: "canary"}]}) == {"a": [{key: REDACTED}]}


@pytest.mark.parametrize("key", ["name", "tokens_left", "emailed", "phase", "cardinality", "status"])
def test_other_keys_are_kept(key: str) -> None:
    assert redact({key: "plain"}) == {key: "plain"}


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer abc.DEF-123",
        "Basic dXNlcjpjYW5hcnk=",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2ln",
        "key sk_live_canary1234",
        "whsec_canary1234=",
        "postgresql://user:canary@db/x",
        "https://x.example/p?sig=canary&x=1",
        "GET /a?token=canary",
        "write to canary.person+x@mail.example.com now",
        "call +1 206 555 0134 today",
        "call +12065550134",
        "call (206) 555-0134",
    ],
)
def test_free_text_loses_credentials_and_personal_data(text: str) -> None:
    cleaned = redact_text(text)
    assert REDACTED in cleaned
    for canary in ("canary", "abc.DEF", "0134", "dXNlc", "eyJh"):
        assert canary not in cleaned


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-08 09:00 is taken",
        "019a0000-0000-7000-8000-000000000001 does not exist",
        "Listening on http://127.0.0.1:8000",
        "took 12.5 ms, 3 of 40 rows",
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
