from datetime import UTC, datetime, timedelta

import pytest

from domain.identity.wrong_tries import (
    CODE_TRIES,
    MOST_IN_A_ROW,
    Lockout,
    PasswordTries,
    TryCounter,
    network_of,
    source_of,
)

NOW = datetime(2026, 3, 2, 14, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


def tries(*, known: bool = False, in_a_row: int = 0) -> PasswordTries:
    return PasswordTries(
        TryCounter(key=b"p", in_a_row=in_a_row),
        TryCounter(key=b"n", known_until=NOW + timedelta(days=1) if known else None),
        TryCounter(key=b"a"),
    )


@pytest.mark.parametrize("known", [False, True])
def test_the_eleventh_try_waits_for_the_first_to_be_a_quarter_of_an_hour_old(*, known: bool) -> None:
    counted, now = tries(known=known), NOW
    for number in range(10):
        assert counted.wait(now) is None
        assert counted.shut(now) is None
        now = NOW + timedelta(seconds=number)
        counted = counted.count(now)
    assert counted.shut(now) is Lockout.PASSWORD
    assert counted.wait(now) == QUARTER - timedelta(seconds=9)
    assert counted.wait(NOW + QUARTER - timedelta(microseconds=1)) is not None
    assert counted.wait(NOW + QUARTER) is None
    assert counted.count(NOW + QUARTER).wait(NOW + QUARTER) == timedelta(seconds=1)


def test_a_known_network_has_a_bucket_of_its_own() -> None:
    counted = tries(known=True)
    for _ in range(10):
        counted = counted.count(NOW)
    elsewhere = PasswordTries(counted.person, TryCounter(key=b"m"), TryCounter(key=b"b"))
    assert counted.wait(NOW) == QUARTER
    assert elsewhere.wait(NOW) is None
    for _ in range(10):
        elsewhere = elsewhere.count(NOW)
    assert elsewhere.wait(NOW) == QUARTER
    assert elsewhere.person.in_a_row == 20


def test_an_address_has_thirty_tries_whoever_is_tried() -> None:
    address = TryCounter(key=b"a")
    for number in range(30):
        met = PasswordTries(TryCounter(key=bytes([number])), TryCounter(key=b"n"), address)
        assert met.wait(NOW) is None
        address = met.count(NOW).address
    met = PasswordTries(TryCounter(key=b"p"), TryCounter(key=b"n"), address)
    assert met.wait(NOW) == QUARTER
    assert met.shut(NOW) is None  # it is nobody's door in particular


def test_a_hundred_in_a_row_shut_the_door_for_good() -> None:
    counted = tries(in_a_row=MOST_IN_A_ROW - 1)
    assert counted.wait(NOW) is None
    counted = counted.count(NOW)
    assert counted.shut(NOW) is Lockout.IN_A_ROW
    assert counted.wait(NOW + timedelta(days=999)) == QUARTER
    assert counted.person.expires_at(NOW) is None
    assert counted.person.end_row().expires_at(NOW) == NOW + QUARTER
    assert tries(known=True, in_a_row=MOST_IN_A_ROW).wait(NOW) == QUARTER


def test_what_is_given_back_was_never_tried_and_nothing_else_goes() -> None:
    counter = TryCounter(key=b"p", in_a_row=2).count(CODE_TRIES, NOW).count(CODE_TRIES, NOW)
    assert counter.give_back(NOW).tries == (NOW,)
    assert counter.give_back(NOW + timedelta(seconds=1)) == counter
    assert (counter.undo(NOW).tries, counter.undo(NOW).in_a_row) == ((NOW,), 1)
    assert TryCounter(key=b"p").undo(NOW) == TryCounter(key=b"p")


@pytest.mark.parametrize(
    ("ip", "network", "source"),
    [
        ("203.0.113.9", "203.0.113.0/24", "203.0.113.9/32"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64", "2001:db8:1:2::/64"),
        (None, "unknown", "unknown"),
        ("_hidden", "unknown", "unknown"),
    ],
)
def test_networks_and_sources(ip: str | None, network: str, source: str) -> None:
    assert (network_of(ip), source_of(ip)) == (network, source)
