"""A booking as it is sent."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from application.booking.create_booking import CreateBooking
from application.booking.reschedule_booking import RescheduleBooking
from domain.booking.booking import CancelledBy
from domain.shared.errors import Invalid
from domain.shared.ids import BookingId, LeadId, TeamId, WorkerId
from domain.shared.versions import Expected
from entrypoints.http.texts import ADD_ON, SERVICE, Address, Code, Notes, ShortNotes

Minutes = Annotated[
    int,
    Meta(ge=15, le=1440, multiple_of=5, extra={"rule": "must be a whole number from 15 to 1440, in fives"}),
]
Crew = Annotated[list[UUID], Meta(max_length=20)]
SomeCrew = Annotated[list[UUID], Meta(min_length=1, max_length=20)]
Quantity = Annotated[int, Meta(ge=1, le=50)]
Reason = Annotated[str, Meta(min_length=1, max_length=500)]
Token = Annotated[str, Meta(min_length=1, max_length=200)]


class PublicBookingBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    lead_id: UUID
    lead_token: Token
    starts_at: datetime


class BookingBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    starts_at: datetime
    lead_id: UUID | None = None
    duration_minutes: Minutes | None = None
    team_id: UUID | None = None
    worker_ids: Crew | None = None
    service_type: Annotated[Code, SERVICE] | None = None
    add_ons: dict[Annotated[Code, ADD_ON], Quantity] | None = None
    address: Address | None = None
    notes: Notes | None = None
    confirm: bool = True
    deposit: Literal["waive", "policy"] = "waive"

    def command(self) -> CreateBooking:
        return CreateBooking(
            starts_at=self.starts_at,
            lead_id=LeadId(self.lead_id) if self.lead_id else None,
            duration_minutes=self.duration_minutes,
            team_id=TeamId(self.team_id) if self.team_id else None,
            worker_ids=_workers(self.worker_ids or ()),
            service_type=self.service_type,
            add_ons=self.add_ons,
            address=self.address or None,
            notes=self.notes or None,
            confirm=self.confirm,
            by_policy=self.deposit == "policy",
        )


class BookingChangeBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What is left out stays; null takes it away."""

    address: Address | UnsetType | None = UNSET
    access_notes: ShortNotes | UnsetType | None = UNSET
    notes: Notes | UnsetType | None = UNSET
    service_type: Annotated[Code, SERVICE] | UnsetType | None = UNSET

    def changes(self) -> dict[str, str | None]:
        given: dict[str, Any] = msgspec.structs.asdict(self)
        return {name: value or None for name, value in given.items() if value is not UNSET}


class ConfirmBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    waive_deposit_reason: Reason | None = None


class CancelBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    reason_code: Literal["client_request", "no_access", "weather", "staff", "duplicate", "other"]
    by: Literal["office", "client"] = "office"
    note: ShortNotes | None = None
    notify: bool = True

    def cancelled_by(self) -> CancelledBy:
        return CancelledBy(self.by)


class CompleteBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """How long it took must be said where no clock ran; `finish_open_work` stops clocks that are open."""

    actual_duration_minutes: Annotated[int, Meta(ge=1, le=2880)] | None = None
    finish_open_work: bool = False


class MoveBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """As on the board: the client is told only if asked for."""

    starts_at: datetime
    duration_minutes: Minutes | None = None
    team_id: UUID | None = None
    worker_ids: Crew | None = None
    notify: bool = False

    def command(self, booking_id: UUID, expected_version: Expected) -> RescheduleBooking:
        return RescheduleBooking(
            booking_id=BookingId(booking_id),
            starts_at=self.starts_at,
            duration_minutes=self.duration_minutes,
            team_id=TeamId(self.team_id) if self.team_id else None,
            worker_ids=None if self.worker_ids is None else _workers(self.worker_ids),
            notify=self.notify,
            expected_version=expected_version,
        )


class RescheduleBody(MoveBody, forbid_unknown_fields=True, kw_only=True):
    notify: bool = True


class AssignBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    worker_ids: SomeCrew
    replace: bool = False

    def workers(self) -> tuple[WorkerId, ...]:
        return _workers(self.worker_ids)


class UnassignBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The contract gives both verbs one body; whoever is taken out is not replaced by anybody."""

    worker_ids: SomeCrew
    replace: bool = False

    def workers(self) -> tuple[WorkerId, ...]:
        if self.replace:
            raise Invalid.field("replace", "is for assign: nobody comes instead")
        return _workers(self.worker_ids)


def _workers(ids: list[UUID] | tuple[UUID, ...]) -> tuple[WorkerId, ...]:
    return tuple(WorkerId(worker_id) for worker_id in ids)


AN_ID = "01981c2e-5f00-7000-8000-000000000001"
PUBLIC_EXAMPLE: dict[str, Any] = {
    "lead_id": AN_ID,
    "lead_token": "vJq0b3n6Jv5m0o2g9mE8mJmW7m4m5x8y1p3r6s0t2u4",
    "starts_at": "2026-12-01T09:00:00-05:00",
}
BOOKING_EXAMPLE: dict[str, Any] = {
    "starts_at": "2026-12-01T09:00:00-05:00",
    "lead_id": AN_ID,
    "duration_minutes": 180,
    "notes": "Ring twice",
}
CHANGE_EXAMPLE: dict[str, Any] = {"notes": "The dog is friendly", "access_notes": None}
CANCEL_EXAMPLE: dict[str, Any] = {"reason_code": "client_request", "by": "client", "note": "Called at noon"}
COMPLETE_EXAMPLE: dict[str, Any] = {"actual_duration_minutes": 165}
RESCHEDULE_EXAMPLE: dict[str, Any] = {"starts_at": "2026-12-02T13:00:00-05:00", "notify": True}
CREW_EXAMPLE: dict[str, Any] = {"worker_ids": [AN_ID]}
