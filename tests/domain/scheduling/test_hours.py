from zoneinfo import ZoneInfo

import pytest

from domain.scheduling.hours import Opening, Week, clock_text
from domain.shared.errors import Invalid
from tests.support.scheduling import ALWAYS, NEW_YORK, at, week

ZONE = ZoneInfo(NEW_YORK)


def test_touching_openings_of_a_day_join_in_any_order() -> None:
    assert week((1, 720, 900), (1, 540, 720), (0, 0, 60)).openings == (
        Opening(0, 0, 60),
        Opening(1, 540, 900),
    )


def test_a_week_is_read_from_texts() -> None:
    parsed = Week.parse([(0, "22:00", "24:00"), (1, "00:00", "06:30")])
    assert parsed == week((0, 1320, 1440), (1, 0, 390))
    assert [clock_text(minute) for minute in (0, 390, 1440)] == ["00:00", "06:30", "24:00"]


@pytest.mark.parametrize(
    ("opening", "field"),
    [
        ((0, 60, 60), "end_time"),
        ((0, 120, 60), "end_time"),
        ((0, 0, 1441), "end_time"),
        ((7, 0, 60), "day_of_week"),
        ((-1, 0, 60), "day_of_week"),
    ],
)
def test_an_opening_must_fit_a_day(opening: tuple[int, int, int], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        week(opening)
    assert {fault.field for fault in refused.value.errors} == {f"hours/0/{field}"}


def test_overlapping_openings_are_named_by_their_place() -> None:
    with pytest.raises(Invalid) as refused:
        week((0, 0, 600), (1, 0, 60), (0, 540, 660))
    assert [fault.field for fault in refused.value.errors] == ["hours/2"]


def test_an_opening_may_overlap_one_that_is_not_its_neighbour() -> None:
    with pytest.raises(Invalid) as refused:
        week((0, 540, 1080), (0, 600, 660), (0, 1020, 1140))
    assert [fault.field for fault in refused.value.errors] == ["hours/1", "hours/2"]


def test_hours_join_over_midnight_and_over_the_end_of_the_week() -> None:
    night = week((6, 1320, 1440), (0, 0, 120))
    (span,) = night.open_spans(at("2026-03-15 00:00"), at("2026-03-17 00:00"), ZONE)
    assert (span.start, span.end) == (at("2026-03-15 22:00"), at("2026-03-16 02:00"))
    (always,) = ALWAYS.open_spans(at("2026-03-01 00:00"), at("2026-03-31 00:00"), ZONE)
    assert (always.start, always.end) == (at("2026-03-01 00:00"), at("2026-03-31 00:00"))


def test_no_hours_cover_nothing() -> None:
    assert not Week().covers(at("2026-03-02 09:00"), at("2026-03-02 10:00"), ZONE)
