from typing import Any

import pytest

from domain.pricing.add_on import AddOn
from domain.pricing.price_book import PriceTerms
from domain.pricing.price_terms_rows import BaseMinutes, Frequency, GreaseMinutes, Service, TeamSize
from domain.shared.errors import Invalid
from domain.shared.ids import AddOnId
from tests.support.pricing import ADD_ONS, MADE_AT, a_book

STANDARD = Service(code="standard", name="Standard")
REFUSED: list[tuple[dict[str, Any], set[str]]] = [
    ({"rate_cents_per_cleaner_hour": -1}, {"rate_cents_per_cleaner_hour"}),
    ({"rate_cents_per_cleaner_hour": True}, {"rate_cents_per_cleaner_hour"}),
    ({"rate_cents_per_cleaner_hour": 1.5}, {"rate_cents_per_cleaner_hour"}),
    ({"on_site_step_minutes": 0}, {"on_site_step_minutes"}),
    ({"team_sizes": ()}, {"team_sizes"}),
    ({"team_sizes": (TeamSize(270, 1),)}, {"team_sizes/0/up_to_cleaner_minutes"}),
    (
        {"team_sizes": (TeamSize(None, 1), TeamSize(270, 2))},
        {"team_sizes/0/up_to_cleaner_minutes", "team_sizes/1/up_to_cleaner_minutes"},
    ),
    (
        {"team_sizes": (TeamSize(480, 1), TeamSize(270, 2), TeamSize(None, 3))},
        {"team_sizes/1/up_to_cleaner_minutes"},
    ),
    (
        {"team_sizes": (TeamSize(270, 1), TeamSize(270, 2), TeamSize(None, 0))},
        {"team_sizes/1/up_to_cleaner_minutes", "team_sizes/2/team_size"},
    ),
    (
        {"heavy_grease_minutes": (GreaseMinutes(2, 30), GreaseMinutes(1, 30), GreaseMinutes(None, 0))},
        {"heavy_grease_minutes/1/up_to_beds"},
    ),
    ({"heavy_grease_minutes": (GreaseMinutes(4, 30),)}, {"heavy_grease_minutes/0/up_to_beds"}),
    ({"base_minutes": (BaseMinutes(1, 1, 60), BaseMinutes(1, 1, 90))}, {"base_minutes/1"}),
    ({"base_minutes": (BaseMinutes(21, 1, 60),)}, {"base_minutes/0/beds"}),
    ({"base_minutes": ()}, {"base_minutes"}),
    ({"frequencies": (Frequency("weekly", "Weekly", 10_001),)}, {"frequencies/0/discount_bps"}),
    ({"frequencies": (Frequency("a", "A", 0), Frequency("a", "B", 0))}, {"frequencies/1/code"}),
    ({"frequencies": (Frequency("Weekly!", "", 0),)}, {"frequencies/0/code", "frequencies/0/name"}),
    ({"services": (STANDARD, STANDARD)}, {"services/1/code"}),
    (
        {"services": (Service(code="x", name="X", min_minutes=61, max_minutes=60),)},
        {"services/0/max_minutes"},
    ),
    ({"services": (Service(code="x", name="X", flat_cents=-1),)}, {"services/0/flat_cents"}),
]


@pytest.mark.parametrize(("terms", "fields"), REFUSED)
def test_nonsense_is_refused_at_its_pointer(terms: dict[str, Any], fields: set[str]) -> None:
    with pytest.raises(Invalid) as caught:
        PriceTerms(**terms)
    assert {fault.field for fault in caught.value.errors} == fields


def test_all_faults_of_a_book_come_at_once() -> None:
    with pytest.raises(Invalid) as caught:
        PriceTerms(min_cleaner_minutes=-1, services=(), base_minutes=(BaseMinutes(1, 1, -5),))
    assert len(caught.value.errors) == 3


def test_a_book_is_replaced_and_never_edited() -> None:
    first = a_book()
    second = first.replaced_by(PriceTerms(min_cleaner_minutes=60), MADE_AT, None)
    assert (first.version, second.version) == (1, 2)
    assert first.terms.min_cleaner_minutes == 180


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"code": "Oven"}, "code"),
        ({"code": "a" * 41}, "code"),
        ({"name": ""}, "name"),
        ({"price_cents": -1}, "price_cents"),
        ({"price_cents": True}, "price_cents"),
        ({"minutes": -1}, "minutes"),
    ],
)
def test_an_add_on_refuses_nonsense(wrong: dict[str, Any], field: str) -> None:
    good: dict[str, Any] = {
        "id": AddOnId(ADD_ONS[0].id),
        "code": "oven",
        "name": "Oven",
        "price_cents": 0,
        "minutes": 0,
    }
    AddOn(**good)
    with pytest.raises(Invalid) as caught:
        AddOn(**{**good, **wrong})
    assert [fault.field for fault in caught.value.errors] == [field]


def test_changing_an_add_on_counts_only_real_changes() -> None:
    oven = ADD_ONS[0]
    assert oven.changed(name=oven.name, is_active=True) is oven
    cheaper = oven.changed(price_cents=0, is_active=False)
    assert (cheaper.price_cents, cheaper.is_active, cheaper.version) == (0, False, 2)
