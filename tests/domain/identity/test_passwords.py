from collections.abc import Callable

import pytest

from adapters.system.common_passwords import common_passwords
from domain.identity.errors import PasswordRefused
from domain.identity.passwords import (
    TEMP_PASSWORD_ALPHABET,
    PasswordPolicy,
    normalise_password,
    temp_password,
)

POLICY = PasswordPolicy(common_passwords())
KNOWN = ("olive.warden@acme.example", "Acme Home Cleaning", "acme-home", "sweepline")


def reasons(password: str, *, mfa_enabled: bool = False) -> list[str]:
    try:
        POLICY.require(password, field="new_password", mfa_enabled=mfa_enabled, known_words=KNOWN)
    except PasswordRefused as refused:
        return [fault.message for fault in refused.errors if fault.field == "new_password"]
    return []


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "xkcd-936-tells-us-so",
        "Ünïcödé is allowed 🎉",
        "   blanks count too   ",
        "my sweepline account is mine",
        "a" * 7 + "long passphrase",
        "x" + "9k" * 100,
    ],
)
def test_a_good_password_passes(password: str) -> None:
    assert reasons(password) == []


@pytest.mark.parametrize(
    ("password", "part"),
    [
        ("fourteen chars", "at least 15"),
        ("", "at least 15"),
        ("y7" * 129, "at most 256"),
        ("é🎉" * 120 + "🎉" * 140, "at most 256"),
        ("with a \x00 NUL inside it", "control characters"),
        ("with a \x7f DEL inside it", "control characters"),
        ("1QAZ2wsx3edc4rfv", "most common"),
        ("aaaaaaaaaaaaaaaaaaaa", "one character"),
        ("AAAAAAAAAAaaaaaaaaaa", "one character"),
        ("abcdefghijklmnop", "sequence"),
        ("9876543210987654", "sequence"),
        ("qwertyuiopasdfgh", "sequence"),
        ("qwertyui12345678", "sequence"),
        ("aaabbbcccdddeee111", "sequence"),
        ("olive.warden@acme.example", "made from"),
        ("OLIVE.warden2026", "made from"),
        ("Acme Home Cleaning", "made from"),
        ("acmehomecleaning!", "made from"),
        ("acme-home-2026!!", "made from"),
        ("SweeplineSweepline", "made from"),
    ],
)
def test_a_bad_password_is_refused_with_its_reason(password: str, part: str) -> None:
    assert any(part in reason for reason in reasons(password))


def test_every_reason_is_told_at_once() -> None:
    assert len(reasons("aaaa\x00")) == 2
    assert len(reasons("1" * 8)) == 3


def test_with_a_second_factor_eight_characters_are_enough() -> None:
    assert reasons("k3Vq-9wZ", mfa_enabled=True) == []
    assert reasons("k3Vq-9w", mfa_enabled=True) != []
    assert reasons("trustno1", mfa_enabled=True) == ["is one of the most common passwords"]


def test_a_password_is_compared_in_one_normal_form() -> None:
    assert normalise_password("cafe\u0301 au lait, sans lait") == normalise_password(
        "caf\u00e9 au lait, sans lait"
    )
    assert normalise_password("  kept  ") == "  kept  "


def counting(start: int) -> Callable[[int], bytes]:
    return lambda size: bytes((start + i) % 256 for i in range(size))


@pytest.mark.parametrize("start", [0, 100, 240, 250])
def test_a_temporary_password_has_twenty_characters_without_look_alikes(start: int) -> None:
    password = temp_password(counting(start))
    assert len(password) == 20
    assert set(password) <= set(TEMP_PASSWORD_ALPHABET)
    assert not set(TEMP_PASSWORD_ALPHABET) & set("0O1lIio")


def test_the_shipped_list_is_folded_and_long_enough() -> None:
    assert len(POLICY.common) >= 10_000
    assert {"password", "12345678", "qwerty"} <= POLICY.common
    assert all(entry == entry.casefold() for entry in POLICY.common)
