"""Rows for a spreadsheet, of text that strangers may have typed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001  # spreadsheets take the wide ones too
MARK = "'"

type Cell = str | int | None


def safe_cell(cell: Cell) -> str | int:
    """As a spreadsheet shows it and never works it out: what would begin a formula is marked as text."""
    if cell is None:
        return ""
    return f"{MARK}{cell}" if isinstance(cell, str) and cell.startswith(STARTS_FORMULA) else cell


@dataclass(frozen=True, slots=True)
class Sheet:
    columns: Sequence[str]
    rows: Sequence[Sequence[str | int]]

    @classmethod
    def of(cls, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> "Sheet":
        return cls(tuple(columns), tuple(tuple(map(safe_cell, row)) for row in rows))
