"""Referral codes, and who earns a credit."""

from typing import Final

ALPHABET: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
RANDOM_BYTES: Final = 5
"""Forty bits: eight letters of a 32-letter alphabet."""


def referral_code(random: bytes) -> str:
    """Eight characters from five random bytes."""
    number = int.from_bytes(random)
    return "".join(ALPHABET[(number >> shift) & 31] for shift in range(35, -1, -5))


def as_typed(code: str) -> str:
    """Codes are read aloud and typed by hand: case does not count."""
    return code.strip().upper()
