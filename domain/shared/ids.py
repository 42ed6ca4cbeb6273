"""Names for the UUIDs that contexts use to speak of each other's entities."""

from typing import NewType
from uuid import UUID

OrgId = NewType("OrgId", UUID)
UserId = NewType("UserId", UUID)  # a person; the same in every organisation
SessionId = NewType("SessionId", UUID)
LeadId = NewType("LeadId", UUID)
AddOnId = NewType("AddOnId", UUID)
TeamId = NewType("TeamId", UUID)
WorkerId = NewType("WorkerId", UUID)
BlackoutId = NewType("BlackoutId", UUID)
BookingId = NewType("BookingId", UUID)
OverrideId = NewType("OverrideId", UUID)
EventId = NewType("EventId", UUID)  # an outbox message: stable over every attempt
AuditId = NewType("AuditId", UUID)
BreakGlassId = NewType("BreakGlassId", UUID)
LinkId = NewType("LinkId", UUID)
SuppressionId = NewType("SuppressionId", UUID)
PhotoId = NewType("PhotoId", UUID)
TombstoneId = NewType("TombstoneId", UUID)
TimeEntryId = NewType("TimeEntryId", UUID)
