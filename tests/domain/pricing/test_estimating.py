"""The worked examples of the contract, and the formula against exact fractions."""

import math
from dataclasses import replace
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.pricing.estimating import estimate
from domain.pricing.price_book import PriceTerms
from domain.pricing.price_terms_rows import BaseMinutes, Frequency, GreaseMinutes, Service, TeamSize
from domain.shared.errors import Invalid
from domain.shared.estimate import Estimate, Home
from domain.shared.estimate_values import answered_estimate, estimate_of, estimate_values
from tests.support.pricing import ADD_ONS, a_book, a_home, an_estimate

EXAMPLES = [
    (a_home(1, 1, frequency="weekly"), {}, (180, 1, 180, 10500, 1050, 0, 9450, 180)),
    (a_home(2, 1), {}, (180, 1, 180, 10500, 0, 0, 10500, 180)),
    (
        a_home(1, 1.5, "move_out_empty", "biweekly", floors=True),
        {},
        (314, 2, 180, 21000, 1050, 0, 19950, 180),
    ),
    (
        a_home(3, 2, "deep", "weekly", grease=True, oven=1, fridge=1),
        {},
        (348, 2, 180, 21000, 2100, 5000, 23900, 210),
    ),
    (a_home(3, 3, windows_up_to_5=1), {}, (270, 1, 270, 15750, 0, 3000, 18750, 300)),
    (a_home(6, 4, "deep", grease=True, floors=True), {}, (588, 3, 210, 36750, 0, 0, 36750, 210)),
    (a_home(7, 5), {}, (390, 2, 210, 24500, 0, 0, 24500, 210)),
    (
        a_home(2, 2, frequency="weekly"),
        {"rate_cents_per_cleaner_hour": 3333, "on_site_step_minutes": 15},
        (210, 1, 210, 11666, 1167, 0, 10499, 210),
    ),
]


@pytest.mark.parametrize(("home", "terms", "expected"), EXAMPLES)
def test_the_worked_examples_of_the_contract(
    home: Home, terms: dict[str, Any], expected: tuple[int, ...]
) -> None:
    made = an_estimate(home, PriceTerms(**terms))
    assert (
        made.cleaner_minutes,
        made.team_size,
        made.on_site_minutes,
        made.labour_cents,
        made.discount_cents,
        made.add_ons_cents,
        made.total_before_tax_cents,
        made.duration_minutes,
    ) == expected
    assert made.bookable is (home.beds != 7)
    assert made.not_bookable_reason == ("above_price_book" if home.beds == 7 else None)


def test_the_minimum_is_said_to_apply_only_where_it_lifts_the_time() -> None:
    assert an_estimate(a_home(1, 1)).min_applied
    assert not an_estimate(a_home(2, 1)).min_applied


def test_a_flat_price_replaces_labour_and_is_discounted() -> None:
    flat = PriceTerms(services=(Service(code="standard", name="Flat", flat_cents=9999),))
    made = an_estimate(a_home(frequency="weekly", oven=2), flat)
    assert (made.labour_cents, made.discount_cents, made.add_ons_cents) == (9999, 1000, 6000)


def test_a_visit_longer_than_the_service_allows_is_not_bookable_and_not_cut() -> None:
    made = an_estimate(a_home(6, 4, steam_sectional=50))
    assert (made.bookable, made.not_bookable_reason) == (False, "too_long")
    assert made.duration_minutes == made.on_site_minutes + 50 * 90 // 2


def test_the_longest_allowed_visit_is_still_bookable() -> None:
    terms = PriceTerms(services=(Service(code="standard", name="Short", max_minutes=180),))
    assert an_estimate(a_home(), terms).bookable
    assert an_estimate(a_home(microwave=1), terms).not_bookable_reason == "too_long"


def test_a_service_that_is_not_online_has_a_price_but_no_slot() -> None:
    terms = PriceTerms(services=(Service(code="standard", name="Offline", online=False),))
    made = an_estimate(a_home(), terms)
    assert (made.bookable, made.not_bookable_reason, made.total_before_tax_cents) == (
        False,
        "service_offline",
        10500,
    )


def test_unknown_and_inactive_codes_are_refused_at_their_pointers_all_at_once() -> None:
    off = [replace(row, is_active=row.code != "oven") for row in ADD_ONS]
    home = replace(
        a_home(service_type="windows", frequency="daily"), add_ons=MappingProxyType({"oven": 1, "a/b~c": 2})
    )
    with pytest.raises(Invalid) as caught:
        estimate(a_book(), off, home, "USD", pricing_hash="", pointer="home")
    assert {fault.field for fault in caught.value.errors} == {
        "home/service_type",
        "home/frequency",
        "home/add_ons/oven",
        "home/add_ons/a~1b~0c",
    }


def test_an_estimate_survives_being_written_down() -> None:
    made = an_estimate(a_home(3, 2.5, "deep", "weekly", grease=True, oven=1))
    assert estimate_of(estimate_values(made)) == made
    assert "heavy" not in answered_estimate(made)
    assert answered_estimate(made)["home"]["baths"] == 2.5


CODES = [row.code for row in ADD_ONS]
HOMES = st.builds(
    Home,
    beds=st.integers(0, 20),
    half_baths=st.integers(0, 40),
    service_type=st.sampled_from(["standard", "deep", "move_out_empty", "move_in_empty"]),
    frequency=st.sampled_from(["one_time", "weekly", "biweekly", "monthly"]),
    heavy_grease=st.booleans(),
    multi_floor=st.booleans(),
    add_ons=st.dictionaries(st.sampled_from(CODES), st.integers(1, 50), max_size=5).map(MappingProxyType),
)
MINUTES = st.integers(0, 900)


@st.composite
def any_terms(draw: st.DrawFn) -> PriceTerms:
    """Books of any shape that name the services, frequencies and add-ons of HOMES."""
    bounds = sorted(draw(st.sets(st.integers(0, 900), max_size=3)))
    beds = sorted(draw(st.sets(st.integers(0, 20), max_size=3)))
    sizes = draw(st.sets(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=12))
    flat = st.none() | st.integers(0, 100_000)
    return PriceTerms(
        rate_cents_per_cleaner_hour=draw(st.integers(0, 100_000)),
        min_cleaner_minutes=draw(MINUTES),
        on_site_step_minutes=draw(st.integers(1, 240)),
        multi_floor_minutes=draw(MINUTES),
        team_sizes=tuple(TeamSize(bound, draw(st.integers(1, 6))) for bound in [*bounds, None]),
        heavy_grease_minutes=tuple(GreaseMinutes(bound, draw(MINUTES)) for bound in [*beds, None]),
        frequencies=tuple(
            Frequency(code, code, draw(st.integers(0, 10_000)))
            for code in ("one_time", "weekly", "biweekly", "monthly")
        ),
        base_minutes=tuple(BaseMinutes(*size, draw(MINUTES)) for size in draw(st.permutations(list(sizes)))),
        services=tuple(
            Service(
                code=code,
                name=code,
                multiplier_bps=draw(st.integers(0, 30_000)),
                min_minutes=draw(st.integers(0, 400)),
                max_minutes=draw(st.integers(400, 1440)),
                online=draw(st.booleans()),
                flat_cents=draw(flat),
            )
            for code in ("standard", "deep", "move_out_empty", "move_in_empty")
        ),
    )


def half_up(value: Fraction) -> int:
    return math.floor(value + Fraction(1, 2))


def by_the_book(terms: PriceTerms, home: Home) -> dict[str, Any]:
    """The seven steps once more, written from the contract in exact fractions."""
    baths = math.ceil(Fraction(home.half_baths, 2))
    rows = {(row.beds, row.baths): row.minutes for row in terms.base_minutes}
    big = sorted(size for size in rows if size[0] >= home.beds and size[1] >= baths)
    exact = (home.beds, baths) if (home.beds, baths) in rows else None
    base = rows[exact or (big[0] if big else max(rows))]
    service = next(row for row in terms.services if row.code == home.service_type)
    grease = next(
        row.minutes
        for row in terms.heavy_grease_minutes
        if (row.up_to_beds or 0) >= home.beds or row.up_to_beds is None
    )
    extra = (grease if home.heavy_grease else 0) + (terms.multi_floor_minutes if home.multi_floor else 0)
    cleaner = max(
        terms.min_cleaner_minutes, math.ceil(Fraction(base * service.multiplier_bps, 10_000)) + extra
    )
    team = next(
        row.team_size
        for row in terms.team_sizes
        if row.up_to_cleaner_minutes is None or row.up_to_cleaner_minutes >= cleaner
    )
    step = terms.on_site_step_minutes
    on_site = step * math.ceil(Fraction(cleaner, step * team))
    rate = Fraction(terms.rate_cents_per_cleaner_hour, 60)
    labour = service.flat_cents if service.flat_cents is not None else half_up(team * on_site * rate)
    bps = next(row.discount_bps for row in terms.frequencies if row.code == home.frequency)
    discount = half_up(Fraction(labour * bps, 10_000))
    known = {row.code: row for row in ADD_ONS}
    extras = sum(qty * known[code].price_cents for code, qty in home.add_ons.items())
    minutes = sum(qty * known[code].minutes for code, qty in home.add_ons.items())
    duration = max(service.min_minutes, on_site + step * math.ceil(Fraction(minutes, step * team)))
    reasons = [
        ("above_price_book", not big),
        ("too_long", duration > service.max_minutes),
        ("service_offline", not service.online),
    ]
    return {
        "cleaner_minutes": cleaner,
        "team_size": team,
        "on_site_minutes": on_site,
        "billed_minutes": team * on_site,
        "labour_cents": labour,
        "discount_cents": discount,
        "add_ons_cents": extras,
        "total_before_tax_cents": labour - discount + extras,
        "duration_minutes": duration,
        "not_bookable_reason": next((name for name, holds in reasons if holds), None),
    }


@given(any_terms(), HOMES)
def test_an_estimate_equals_the_formula_in_exact_fractions(terms: PriceTerms, home: Home) -> None:
    made = an_estimate(home, terms)
    expected = by_the_book(terms, home)
    assert {name: getattr(made, name) for name in expected} == expected
    assert made.total_before_tax_cents >= 0
    assert made.bookable is (made.not_bookable_reason is None)


def more(home: Home) -> list[Home]:
    bigger = [
        replace(home, beds=min(20, home.beds + 1)),
        replace(home, half_baths=min(40, home.half_baths + 1)),
        replace(home, heavy_grease=True),
        replace(home, multi_floor=True),
    ]
    extras = [
        replace(home, add_ons=MappingProxyType({**home.add_ons, code: home.add_ons.get(code, 0) + 1}))
        for code in CODES[:3]
    ]
    return bigger + extras


@given(HOMES)
def test_in_the_default_book_more_of_anything_never_costs_less(home: Home) -> None:
    made: Estimate = an_estimate(home)
    for bigger in more(home):
        assert an_estimate(bigger).total_before_tax_cents >= made.total_before_tax_cents
