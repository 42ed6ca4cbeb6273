import pytest

from domain.delivery.sheet import Sheet, safe_cell


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+1 555 010 0134", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠x"],  # noqa: RUF001
)
def test_what_would_begin_a_formula_is_text(cell: str) -> None:
    assert safe_cell(cell) == f"'{cell}"
    assert safe_cell(safe_cell(cell)) == f"'{cell}"


@pytest.mark.parametrize("cell", ["Jane", "", "a=b", "5%", "'=1", 7, -7])
def test_anything_else_stands_as_it_is(cell: str | int) -> None:
    assert safe_cell(cell) == cell


def test_a_gap_is_an_empty_cell() -> None:
    assert Sheet.of(("a", "b"), [(None, 1)]) == Sheet(("a", "b"), (("", 1),))
