"""What an organisation charges and how long it expects to take, in whole cents and minutes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from domain.pricing.price_terms_rows import BaseMinutes, Frequency, GreaseMinutes, Service, TeamSize
from domain.pricing.price_terms_rules import term_faults
from domain.shared.errors import Invalid
from domain.shared.ids import UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceTerms:
    """Everything an owner may set. Refuses nonsense with one fault a field, all at once."""

    rate_cents_per_cleaner_hour: int = 3500
    min_cleaner_minutes: int = 180
    on_site_step_minutes: int = 30
    multi_floor_minutes: int = 30
    team_sizes: tuple[TeamSize, ...] = (TeamSize(270, 1), TeamSize(480, 2), TeamSize(None, 3))
    heavy_grease_minutes: tuple[GreaseMinutes, ...] = (
        GreaseMinutes(2, 30),
        GreaseMinutes(4, 60),
        GreaseMinutes(None, 90),
    )
    frequencies: tuple[Frequency, ...] = (
        Frequency("one_time", "One time", 0),
        Frequency("weekly", "Weekly", 1000),
        Frequency("biweekly", "Every two weeks", 500),
        Frequency("monthly", "Monthly", 0),
    )
    base_minutes: tuple[BaseMinutes, ...] = (
        BaseMinutes(1, 1, 150),
        BaseMinutes(2, 1, 180),
        BaseMinutes(2, 2, 210),
        BaseMinutes(3, 2, 240),
        BaseMinutes(3, 3, 270),
        BaseMinutes(4, 2, 270),
        BaseMinutes(4, 3, 300),
        BaseMinutes(5, 3, 330),
        BaseMinutes(6, 4, 390),
    )
    services: tuple[Service, ...] = (
        Service(code="standard", name="Standard cleaning"),
        Service(code="deep", name="Deep cleaning", multiplier_bps=12000, min_minutes=90, heavy=True),
        Service(
            code="move_out_empty",
            name="Move-out, empty home",
            multiplier_bps=13500,
            min_minutes=150,
            heavy=True,
        ),
        Service(
            code="move_in_empty",
            name="Move-in, empty home",
            multiplier_bps=13500,
            min_minutes=150,
            heavy=True,
        ),
    )

    def __post_init__(self) -> None:
        if faults := term_faults(self):
            raise Invalid("The price book does not hold together.", errors=faults)

    def service(self, code: str) -> Service | None:
        return next((service for service in self.services if service.code == code), None)

    def frequency(self, code: str) -> Frequency | None:
        return next((frequency for frequency in self.frequencies if frequency.code == code), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceBook:
    """One version of the terms. Versions count from 1 and are never edited; the highest is in force."""

    version: int
    terms: PriceTerms
    created_at: datetime
    created_by: UserId | None  # null: made with the organisation

    def replaced_by(self, terms: PriceTerms, now: datetime, author: UserId | None) -> Self:
        return type(self)(version=self.version + 1, terms=terms, created_at=now, created_by=author)
