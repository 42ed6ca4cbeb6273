import hmac

import pytest

from domain.identity import basic
from domain.identity.actor import Role
from domain.identity.basic import BasicPair, BasicPairs

OWNER = BasicPair(Role.OWNER, b"olive", b"first of all words")
VIEWER = BasicPair(Role.VIEWER, b"victor", "grüße \U0001f9f9".encode())
ODD = BasicPair(Role.WORKER, b"\xff\xfe", b"\x00:\x80")
PAIRS = BasicPairs([OWNER, VIEWER, ODD])


@pytest.mark.parametrize("pair", [OWNER, VIEWER, ODD])
def test_a_pair_is_found_by_its_bytes(pair: BasicPair) -> None:
    assert PAIRS.find(pair.username, pair.password) is pair


@pytest.mark.parametrize(
    ("username", "password"),
    [
        (b"", b""),
        (b"olive", b""),
        (b"olive", b"first of all word"),
        (b"Olive", b"first of all words"),
        (b"olive", VIEWER.password),
        (b"victor", OWNER.password),
        (b"\xff", b"\xff"),
        (b"o" * 100_000, b"p" * 100_000),
    ],
)
def test_nothing_else_is(username: bytes, password: bytes) -> None:
    assert PAIRS.find(username, password) is None


@pytest.mark.parametrize("given", [OWNER, ODD, BasicPair(Role.OWNER, b"nobody", b"nothing")])
def test_every_pair_is_compared_whatever_matches(given: BasicPair, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[int, int]] = []

    def counting(one: bytes, other: bytes) -> bool:
        compared.append((len(one), len(other)))
        return hmac.compare_digest(one, other)

    monkeypatch.setattr(basic, "compare_digest", counting)
    PAIRS.find(given.username, given.password)
    assert compared == [(32, 32)] * 6


def test_of_equal_pairs_the_humbler_one_counts() -> None:
    humble = BasicPair(Role.VIEWER, OWNER.username, OWNER.password)
    assert BasicPairs([OWNER, humble]).find(OWNER.username, OWNER.password) is humble


def test_a_name_is_text_for_the_log_and_a_password_shows_nowhere() -> None:
    assert ODD.name == "\ufffd\ufffd"
    assert len(BasicPair(Role.OWNER, b"x" * 300, b"y").name) == 254
    assert "first of all" not in repr(OWNER)
