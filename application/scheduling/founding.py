"""What an organisation's calendar is born with."""

from dataclasses import dataclass
from datetime import datetime

from application.ports.identifiers import Identifiers
from application.ports.unit_of_work import Unit
from domain.scheduling.settings import BookingSettings
from domain.scheduling.team import Team
from domain.shared.ids import TeamId

FIRST_TEAM = "Team 1"


@dataclass(frozen=True, slots=True)
class SchedulingDefaults:
    """What the installation sets for new organisations (`PENDING_BOOKING_TTL_MINUTES`, `DEPOSIT_PERCENT`)."""

    pending_ttl_minutes: int = 30
    deposit_bps: int = 2_500


async def found_scheduling(
    unit: Unit, now: datetime, ids: Identifiers, defaults: SchedulingDefaults = SchedulingDefaults()
) -> None:
    """Booking settings and the default team, in the transaction of the organisation's birth."""
    await unit.booking_settings.save(
        BookingSettings(
            pending_ttl_minutes=defaults.pending_ttl_minutes,
            deposit_bps=defaults.deposit_bps,
            updated_at=now,
        )
    )
    team_id = TeamId(ids.new())
    await unit.teams.save(Team(id=team_id, name=FIRST_TEAM, is_default=True, created_at=now, updated_at=now))
