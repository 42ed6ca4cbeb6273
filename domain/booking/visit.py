"""What a booking is made of besides its terms: a time, some text, some extras."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.shared.ids import AddOnId, TeamId

SHORTEST_MINUTES = 15
LONGEST_MINUTES = 1440
STEP_MINUTES = 5  # a visit lasts a multiple of it


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeSlot:
    """A team's time. What lies after the end, up to `held_until`, is for the way to the next job."""

    team_id: TeamId
    starts_at: datetime
    duration_minutes: int  # elapsed, not by the wall clock
    buffer_minutes: int
    warnings: tuple[str, ...] = ()  # off_grid, outside_working_hours: seen when the time was written

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(minutes=self.duration_minutes)

    @property
    def held_until(self) -> datetime:
        return self.ends_at + timedelta(minutes=self.buffer_minutes)

    def same_time(self, other: "TimeSlot") -> bool:
        mine = (self.team_id, self.starts_at, self.duration_minutes)
        return mine == (other.team_id, other.starts_at, other.duration_minutes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What the crew reads before it rings."""

    service_type: str | None = None
    address: str | None = None
    access_notes: str | None = None
    notes: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedAddOn:
    """An extra at the price and length it had when it was booked."""

    add_on_id: AddOnId
    code: str
    name: str
    qty: int
    unit_price_cents: int
    minutes: int  # of all `qty`
