"""Whole cents and their one rounding rule."""

from dataclasses import dataclass, replace
from typing import Self


def divide_half_up(numerator: int, denominator: int) -> int:
    """The quotient of whole numbers, halves away from zero. `denominator` is positive."""
    size = (2 * abs(numerator) + denominator) // (2 * denominator)
    return size if numerator >= 0 else -size


def divide_ceiling(numerator: int, denominator: int) -> int:
    """The quotient of whole numbers, rounded up. `denominator` is positive."""
    return -(-numerator // denominator)


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """Whole cents in the organisation's one currency. Negative means we owe."""

    cents: int

    def __post_init__(self) -> None:
        if type(self.cents) is not int:
            raise TypeError(f"Money is whole cents, not {self.cents!r}")

    def __add__(self, other: Self) -> Self:
        return replace(self, cents=self.cents + other.cents)

    def __sub__(self, other: Self) -> Self:
        return replace(self, cents=self.cents - other.cents)

    def share(self, basis_points: int) -> Self:
        """The part that basis points name (500 is 5 %); half a cent rounds away from zero."""
        return replace(self, cents=divide_half_up(self.cents * basis_points, 10_000))
