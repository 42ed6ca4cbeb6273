import time
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.identity.second_factor import (
    CROCKFORD,
    Factor,
    bare_recovery_code,
    is_code,
    otpauth_uri,
    recovery_code,
    step_at,
    steps_to_try,
)
from tests.support.authenticator import JUNK
from tests.support.zones import ZONES, living_in

NOW = datetime(2026, 3, 8, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize("zone", ZONES)
def test_the_server_s_zone_has_no_say(zone: str) -> None:
    with living_in(zone):
        assert zone == "UTC" or time.localtime(0).tm_gmtoff != 0
        for seconds in (0, 59, 1_111_111_109, 1_793_511_000, 1_793_514_600, 20_000_000_000):  # a fold's hour
            now = datetime.fromtimestamp(seconds, UTC)
            assert step_at(now) == seconds // 30
            assert step_at(now.astimezone(ZoneInfo(zone))) == seconds // 30


START, END = datetime(1970, 1, 2), datetime(2100, 1, 1)  # noqa: DTZ001  # Hypothesis wants them bare


@given(st.datetimes(START, END, timezones=st.just(UTC)))
def test_one_step_either_side_latest_first(now: datetime) -> None:
    here = step_at(now)
    assert steps_to_try(now) == (here + 1, here, here - 1)
    assert timedelta(0) <= now - datetime.fromtimestamp(here * 30, UTC) < timedelta(seconds=30)


@pytest.mark.parametrize("junk", JUNK, ids=ascii)
def test_junk_is_no_code(junk: str) -> None:
    assert not is_code(junk)
    assert bare_recovery_code(junk) is None


@given(st.integers(0, 999_999))
def test_six_digits_are(number: int) -> None:
    assert is_code(f"{number:06d}")


@given(st.binary(min_size=7, max_size=7))
def test_a_recovery_code_is_understood_however_it_was_read(random: bytes) -> None:
    code = recovery_code(lambda _: random)
    first, dash, last = code[:5], code[5], code[6:]
    assert (len(code), dash) == (11, "-")
    assert set(first + last) <= set(CROCKFORD)
    assert set("ilou").isdisjoint(CROCKFORD)
    bare = bare_recovery_code(code)
    assert bare == first + last
    misread = code.upper().replace("0", "O").replace("1", "I")
    assert bare_recovery_code(f" {misread} ") == bare
    assert bare_recovery_code(code.replace("-", "").replace("1", "l")) == bare


def test_each_of_fifty_bits_counts() -> None:
    codes = {recovery_code(lambda _, bit=bit: (1 << bit).to_bytes(7)) for bit in range(50)}  # type: ignore[misc]  # a default
    assert len(codes) == 50
    assert "00000-00000" not in codes


@pytest.mark.parametrize("wrong", ["abcde-abcd", "abcde-abcdef", "uuuuu-uuuuu", "\u017fbcde-abcde"])
def test_what_cannot_be_a_recovery_code(wrong: str) -> None:
    assert bare_recovery_code(wrong) is None


def test_the_uri_is_percent_encoded_throughout() -> None:
    uri = otpauth_uri("Maple & Pine: Co/1", "o'live+x@acme.example", "ABC234")
    parts = urlsplit(uri)
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    issuer, _, account = parts.path.removeprefix("/").partition(":")
    assert (unquote(issuer), unquote(account)) == ("Maple & Pine: Co/1", "o'live+x@acme.example")
    assert parse_qs(parts.query) == {
        "secret": ["ABC234"],
        "issuer": ["Maple & Pine: Co/1"],
        "algorithm": ["SHA1"],
        "digits": ["6"],
        "period": ["30"],
    }
    assert otpauth_uri("Sweepline", "olive@acme.example", "ABC234") == (
        "otpauth://totp/Sweepline:olive%40acme.example?secret=ABC234&issuer=Sweepline"
        "&algorithm=SHA1&digits=6&period=30"
    )


def test_a_pending_secret_counts_until_its_time_is_over() -> None:
    factor = Factor(pending=b"sealed", pending_until=NOW)
    assert factor.pending_at(NOW - timedelta(microseconds=1)) == b"sealed"
    assert factor.pending_at(NOW) is None
    assert Factor().pending_at(NOW) is None
