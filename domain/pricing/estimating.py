"""The one formula behind every price: whole numbers only, each rounding named."""

from collections.abc import Iterable
from dataclasses import dataclass

from domain.pricing.add_on import AddOn
from domain.pricing.offered import NamedCode, Offered, unknown_codes
from domain.pricing.price_book import PriceBook, PriceTerms
from domain.pricing.price_terms_rows import BaseMinutes, Frequency, Service
from domain.shared.errors import Invalid
from domain.shared.estimate import AddOnLine, Estimate, Home
from domain.shared.money import divide_ceiling, divide_half_up


def estimate(
    book: PriceBook,
    add_ons: Iterable[AddOn],
    home: Home,
    currency: str,
    *,
    pricing_hash: str,
    pointer: str = "",
) -> Estimate:
    """What this home costs and how long it takes.

    Raises Invalid for codes that the book does not have or that no active add-on bears; `pointer` is
    where in the request the home stands ("home", or nothing when it is the whole body).
    """
    service, frequency, lines = _looked_up(book.terms, add_ons, home, pointer)
    work = _work(book.terms, service, home)
    labour = _labour_cents(service, work.billed_minutes, book.terms.rate_cents_per_cleaner_hour)
    discount = divide_half_up(labour * frequency.discount_bps, 10_000)
    add_ons_cents = sum(line.line_cents for line in lines)
    duration = max(service.min_minutes, work.on_site_minutes + work.longer_by(lines))
    reason = _not_bookable_reason(service, duration, above_price_book=work.above_price_book)
    return Estimate(
        currency=currency,
        price_book_version=book.version,
        pricing_hash=pricing_hash,
        home=home,
        heavy=service.heavy,
        team_size=work.team_size,
        cleaner_minutes=work.cleaner_minutes,
        min_applied=work.min_applied,
        on_site_minutes=work.on_site_minutes,
        billed_minutes=work.billed_minutes,
        rate_cents_per_cleaner_hour=book.terms.rate_cents_per_cleaner_hour,
        labour_cents=labour,
        discount_bps=frequency.discount_bps,
        discount_cents=discount,
        add_ons=lines,
        add_ons_cents=add_ons_cents,
        total_before_tax_cents=labour - discount + add_ons_cents,
        duration_minutes=duration,
        bookable=reason is None,
        not_bookable_reason=reason,
    )


def base_row(terms: PriceTerms, home: Home) -> tuple[BaseMinutes, bool]:
    """The smallest row that is big enough, so the very row if there is one; else the largest, and True."""
    baths = divide_ceiling(home.half_baths, 2)
    enough = [row for row in terms.base_minutes if row.beds >= home.beds and row.baths >= baths]
    if enough:
        return min(enough, key=_size), False
    return max(terms.base_minutes, key=_size), True


def _size(row: BaseMinutes) -> tuple[int, int]:
    return row.beds, row.baths


@dataclass(frozen=True, slots=True)
class _Work:
    """One cleaner's minutes, and what they come to for the team that the book sends."""

    step: int
    cleaner_minutes: int
    min_applied: bool
    above_price_book: bool
    team_size: int

    @property
    def on_site_minutes(self) -> int:
        return self.step * divide_ceiling(self.cleaner_minutes, self.step * self.team_size)

    @property
    def billed_minutes(self) -> int:
        return self.team_size * self.on_site_minutes

    def longer_by(self, lines: Iterable[AddOnLine]) -> int:
        minutes = sum(line.minutes for line in lines)
        return self.step * divide_ceiling(minutes, self.step * self.team_size)


def _work(terms: PriceTerms, service: Service, home: Home) -> _Work:
    base, above_price_book = base_row(terms, home)
    wanted = divide_ceiling(base.minutes * service.multiplier_bps, 10_000) + _extra_minutes(terms, home)
    cleaner = max(terms.min_cleaner_minutes, wanted)
    team_size = next(
        row.team_size
        for row in terms.team_sizes
        if row.up_to_cleaner_minutes is None or cleaner <= row.up_to_cleaner_minutes
    )
    return _Work(
        terms.on_site_step_minutes, cleaner, wanted < terms.min_cleaner_minutes, above_price_book, team_size
    )


def _extra_minutes(terms: PriceTerms, home: Home) -> int:
    grease = next(
        row.minutes
        for row in terms.heavy_grease_minutes
        if row.up_to_beds is None or home.beds <= row.up_to_beds
    )
    return (grease if home.heavy_grease else 0) + (terms.multi_floor_minutes if home.multi_floor else 0)


def _labour_cents(service: Service, billed_minutes: int, rate_cents_per_hour: int) -> int:
    if service.flat_cents is not None:
        return service.flat_cents
    return divide_half_up(billed_minutes * rate_cents_per_hour, 60)


def _not_bookable_reason(service: Service, duration_minutes: int, *, above_price_book: bool) -> str | None:
    if above_price_book:
        return "above_price_book"
    if duration_minutes > service.max_minutes:
        return "too_long"
    return None if service.online else "service_offline"


def _looked_up(
    terms: PriceTerms, add_ons: Iterable[AddOn], home: Home, pointer: str
) -> tuple[Service, Frequency, tuple[AddOnLine, ...]]:
    under = f"{pointer}/" if pointer else ""
    known = {add_on.code: add_on for add_on in add_ons if add_on.is_active}
    named = [
        NamedCode(Offered.SERVICE, home.service_type, f"{under}service_type"),
        NamedCode(Offered.FREQUENCY, home.frequency, f"{under}frequency"),
        *(NamedCode(Offered.ADD_ON, code, f"{under}add_ons/{_escaped(code)}") for code in home.add_ons),
    ]
    service, frequency = terms.service(home.service_type), terms.frequency(home.frequency)
    faults = unknown_codes(terms, known.values(), named)
    if service is None or frequency is None or faults:
        raise Invalid("The home names what is not on offer.", errors=faults)
    return service, frequency, tuple(_line(known[code], qty) for code, qty in sorted(home.add_ons.items()))


def _line(add_on: AddOn, qty: int) -> AddOnLine:
    return AddOnLine(
        code=add_on.code,
        name=add_on.name,
        qty=qty,
        unit_price_cents=add_on.price_cents,
        line_cents=qty * add_on.price_cents,
        minutes=qty * add_on.minutes,
    )


def _escaped(code: str) -> str:
    return code.replace("~", "~0").replace("/", "~1")
