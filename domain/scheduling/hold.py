from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.shared.ids import BookingId, TeamId, WorkerId


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A booking in the calendar: work in `[starts_at, ends_at)`, team and crew kept until `held_until`."""

    booking_id: BookingId
    team_id: TeamId
    starts_at: datetime
    ends_at: datetime
    held_until: datetime
    crew: tuple[WorkerId, ...] = ()

    def touches(self, start: datetime, end: datetime) -> bool:
        """Whether it holds any of `[start, end)`."""
        return self.starts_at < end and start < self.held_until

    @property
    def duration_minutes(self) -> int:
        return (self.ends_at - self.starts_at) // timedelta(minutes=1)
