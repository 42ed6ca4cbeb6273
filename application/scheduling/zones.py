from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from application.ports.unit_of_work import Unit
from domain.scheduling.calendar import CalendarFacts
from domain.scheduling.local_time import Span
from domain.shared.ids import BookingId, OrgId, WorkerId

_ANY = ZoneInfo("UTC")
MOST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class OrgZones:
    """Which zone each organisation had when last asked. A guess that saves a statement, never an answer:
    whoever builds on it compares with the facts and asks again when the zone has changed."""

    _seen: dict[OrgId, ZoneInfo] = field(default_factory=dict)

    def guess(self, org_id: OrgId) -> ZoneInfo:
        return self._seen.get(org_id, _ANY)

    def remember(self, org_id: OrgId, zone: ZoneInfo) -> None:
        if len(self._seen) >= MOST_REMEMBERED:
            self._seen.clear()
        self._seen[org_id] = zone

    async def facts_over(
        self,
        unit: Unit,
        period: Callable[[ZoneInfo], Span],
        *,
        now: datetime,
        ignoring: BookingId | None = None,
        crews_for: Collection[WorkerId] | None = None,
    ) -> CalendarFacts:
        """The facts over a period that depends on the organisation's zone. `period` must not refuse."""
        zone = self.guess(unit.org_id)
        while True:
            span = period(zone)
            facts = await unit.calendar.facts(*span, now=now, ignoring=ignoring, crews_for=crews_for)
            if facts.timezone == zone.key:
                return facts
            zone = facts.zone
            self.remember(unit.org_id, zone)
