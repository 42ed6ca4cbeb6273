"""The moves a lead can make by a person's hand."""

from enum import StrEnum


class LeadStatus(StrEnum):
    NEW = "NEW"
    CONTACTED = "CONTACTED"
    BOOKED = "BOOKED"
    DONE = "DONE"
    CANCELLED = "CANCELLED"


BY_HAND: dict[LeadStatus, tuple[LeadStatus, ...]] = {
    LeadStatus.NEW: (LeadStatus.CONTACTED, LeadStatus.BOOKED, LeadStatus.CANCELLED),
    LeadStatus.CONTACTED: (LeadStatus.BOOKED, LeadStatus.CANCELLED),
    LeadStatus.BOOKED: (LeadStatus.DONE, LeadStatus.CANCELLED),
    LeadStatus.DONE: (),
    LeadStatus.CANCELLED: (),
}
