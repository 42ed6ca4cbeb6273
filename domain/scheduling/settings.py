"""How an organisation takes bookings."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from domain.scheduling.hours import DEFAULT_WEEK, Week
from domain.shared.errors import FieldFault, Invalid

SLOT_STEPS = (15, 30, 60)
LONGEST_BUFFER_MINUTES = 240
_BOUNDS = {
    "min_notice_minutes": (0, 20_160),
    "horizon_days": (1, 365),
    "pending_ttl_minutes": (10, 1_440),
    "deposit_bps": (0, 10_000),
    "deposit_min_cents": (0, 100_000_000),
    "deposit_max_cents": (0, 100_000_000),
    "high_value_cents": (0, 100_000_000),
}
MOST_PREFIXES = 50
_PREFIX = re.compile(r"[A-Z0-9][A-Z0-9 -]{0,4}[A-Z0-9]")


def deposit_faults(least_cents: int, most_cents: int) -> Iterator[FieldFault]:
    if least_cents > most_cents:
        yield FieldFault("deposit_max_cents", "must not be less than deposit_min_cents")


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingSettings:
    slot_step_minutes: int = 30
    min_notice_minutes: int = 120
    horizon_days: int = 60
    default_hours: Week = DEFAULT_WEEK
    online_booking: bool = True
    auto_confirm: bool = False
    pending_ttl_minutes: int = 30
    deposit_bps: int = 2_500
    deposit_min_cents: int = 5_000
    deposit_max_cents: int = 20_000
    high_value_cents: int = 30_000
    flagged_postal_prefixes: tuple[str, ...] = ()  # upper case
    office_email: str | None = None
    version: int = 1
    updated_at: datetime

    def __post_init__(self) -> None:
        if faults := list(self._faults()):
            raise Invalid("These booking settings do not fit.", errors=faults)

    def changed(self, now: datetime, **fields: object) -> Self:
        """The next version, or the very same settings when nothing differs."""
        following = replace(self, **fields)  # type: ignore[arg-type]  # the caller names fields of settings
        return self if following == self else replace(following, version=self.version + 1, updated_at=now)

    def _faults(self) -> Iterator[FieldFault]:
        if self.slot_step_minutes not in SLOT_STEPS:
            yield FieldFault("slot_step_minutes", "must be 15, 30 or 60")
        for field, (least, most) in _BOUNDS.items():
            if not least <= getattr(self, field) <= most:
                yield FieldFault(field, f"must be {least} to {most}")
        yield from deposit_faults(self.deposit_min_cents, self.deposit_max_cents)
        if len(self.flagged_postal_prefixes) > MOST_PREFIXES:
            yield FieldFault("flagged_postal_prefixes", f"at most {MOST_PREFIXES}")
        for index, prefix in enumerate(self.flagged_postal_prefixes):
            if not _PREFIX.fullmatch(prefix):
                yield FieldFault(f"flagged_postal_prefixes/{index}", "must be 2 to 6 letters or digits")
