from collections.abc import Callable

import pytest

from adapters.system.common_passwords import common_passwords
from domain.identity.errors import PasswordRefused
from domain.identity.passwords import (
    TEMP_PASSWORD_ALPHABET,
    PasswordPolicy,
    normalise_password,
    temp_password,
    too_short,
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
        ("acme-home-sweepline", "made from"),
        ("sweepline.olive.warden", "made from"),
        ("abcdefghijklmno!", "sequence"),
        ("Qwertyuiop123!!", "sequence"),
        ("абвгдежзийклмноп", "sequence"),
        ("with a lone \ud800 surrogate", "control characters"),
        ("with a \u0085 next line", "control characters"),
    ],
)
def test_a_bad_password_is_refused_with_its_reason(password: str, part: str) -> None:
    assert any(part in reason for reason in reasons(password))


def test_every_reason_is_told_at_once() -> None:
    assert len(reasons("aaaa\x00")) == 3
    assert len(reasons("1" * 8)) == 3


def test_with_a_second_factor_eight_characters_are_enough() -> None:
    assert reasons("k3Vq-9wZ", mfa_enabled=True) == []
    assert reasons("k3Vq-9w", mfa_enabled=True) != []
    assert reasons("trustno1", mfa_enabled=True) == ["is one of the most common passwords"]
    assert len(reasons("acme-home", mfa_enabled=True)) == 1
    assert reasons("acme-home k3Vq9", mfa_enabled=True) == []


@pytest.mark.parametrize(("length", "mfa_enabled", "short"), [(14, False, True), (15, False, False)])
def test_characters_are_counted_not_bytes_and_not_as_typed(
    length: int, *, mfa_enabled: bool, short: bool
) -> None:
    composed, decomposed = "\u00e9", "e\u0301"
    assert too_short(composed * length, mfa_enabled=mfa_enabled) is short
    assert too_short(decomposed * length, mfa_enabled=mfa_enabled) is short
    assert not too_short(composed * length, mfa_enabled=True)


def test_the_current_one_is_one_reason_among_others() -> None:
    with pytest.raises(PasswordRefused) as refused:
        POLICY.require("short", field="f", mfa_enabled=False, known_words=(), is_current=True)
    assert [fault.message for fault in refused.value.errors] == [
        "must have at least 15 characters",
        "must differ from the current one",
    ]


def test_short_names_forbid_nothing_but_themselves() -> None:
    POLICY.require(
        "an area near a sea", field="f", mfa_enabled=False, known_words=("a@e.example", "A", "e", "ar")
    )


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
