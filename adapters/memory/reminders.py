from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from domain.booking.booking import Booking
from domain.booking.reminder import is_near, reminder_key
from domain.shared.ids import OrgId
from domain.tenancy.org import Org, OrgStatus

if TYPE_CHECKING:
    from adapters.memory.tables import OrgTables


@dataclass(frozen=True, slots=True)
class MemoryReminders:
    tables: "OrgTables"

    async def claim(self, now: datetime, limit: int) -> Sequence[Booking]:
        found = [booking for booking in _without_reminder(self.tables, now) if self._address(booking)]
        return sorted(found, key=lambda booking: (booking.slot.starts_at, booking.id))[:limit]

    async def count_unreachable(self, now: datetime) -> int:
        return sum(not self._address(booking) for booking in _without_reminder(self.tables, now))

    def _address(self, booking: Booking) -> str | None:
        return self.tables.leads[booking.lead_id].email if booking.lead_id else None


@dataclass(frozen=True, slots=True)
class MemoryReminderOrgs:
    tables_by_org: "Mapping[OrgId, OrgTables]"
    orgs: Mapping[OrgId, Org]

    async def list_orgs(self, now: datetime) -> Sequence[OrgId]:
        return sorted(
            org_id
            for org_id, tables in self.tables_by_org.items()
            if self.orgs[org_id].status is OrgStatus.ACTIVE and any(_without_reminder(tables, now))
        )


def _without_reminder(tables: "OrgTables", now: datetime) -> Iterable[Booking]:
    known = {event.dedupe_key for event in tables.outbox.values()}
    return (
        booking
        for booking in tables.bookings.values()
        if is_near(booking, now) and f"booking:{booking.id}:{reminder_key(booking)}" not in known
    )
