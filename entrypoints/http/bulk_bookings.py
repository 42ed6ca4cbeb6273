"""One verb for many bookings."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
from dishka import FromDishka
from litestar import Controller
from msgspec import Meta

from application.booking.bulk.deeds import (
    AssignEach,
    BulkItem,
    BulkOutcome,
    BulkRefused,
    CancelEach,
    ConfirmEach,
    Deed,
    RemindEach,
    SetTeamOfEach,
    UnassignEach,
)
from application.booking.bulk_bookings import BulkBookings, BulkBookingsHandler
from domain.booking.booking import BookingStatus
from domain.identity.actor import Actor, Need
from domain.identity.errors import IdempotencyKeyRequired
from domain.shared.errors import FieldFault, Invalid
from domain.shared.ids import BookingId, TeamId
from entrypoints.http.booking_bodies import AssignBody, CancelBody, ConfirmBody, UnassignBody
from entrypoints.http.once import answer_once
from entrypoints.http.problems import from_domain
from entrypoints.http.routes import KEY_REQUIRED, post

Ids = Annotated[list[UUID], Meta(min_length=1, max_length=100)]
BULK_EXAMPLE: dict[str, Any] = {
    "action": "cancel",
    "booking_ids": ["01981c2e-5f00-7000-8000-000000000001"],
    "reason_code": "weather",
    "notify": True,
    "atomic": False,
}


class ConfirmMany(ConfirmBody, tag_field="action", tag="confirm", forbid_unknown_fields=True, kw_only=True):
    booking_ids: Ids
    atomic: bool = False

    def deed(self) -> Deed:
        return ConfirmEach(waive_deposit_reason=self.waive_deposit_reason)


class CancelMany(CancelBody, tag_field="action", tag="cancel", forbid_unknown_fields=True, kw_only=True):
    booking_ids: Ids
    atomic: bool = False

    def deed(self) -> Deed:
        return CancelEach(
            reason_code=self.reason_code,
            by=self.cancelled_by(),
            note=self.note or None,
            notify=self.notify,
        )


class AssignMany(AssignBody, tag_field="action", tag="assign", forbid_unknown_fields=True, kw_only=True):
    booking_ids: Ids
    atomic: bool = False

    def deed(self) -> Deed:
        return AssignEach(worker_ids=self.workers(), replace=self.replace)


class UnassignMany(
    UnassignBody, tag_field="action", tag="unassign", forbid_unknown_fields=True, kw_only=True
):
    booking_ids: Ids
    atomic: bool = False

    def deed(self) -> Deed:
        return UnassignEach(worker_ids=self.workers())


class SetTeamOfMany(
    msgspec.Struct, tag_field="action", tag="set_team", forbid_unknown_fields=True, kw_only=True
):
    """The time stays, and so does the crew."""

    booking_ids: Ids
    team_id: UUID
    atomic: bool = False

    def deed(self) -> Deed:
        return SetTeamOfEach(team_id=TeamId(self.team_id))


class RemindMany(msgspec.Struct, tag_field="action", tag="remind", forbid_unknown_fields=True, kw_only=True):
    booking_ids: Ids
    atomic: bool = False

    def deed(self) -> Deed:
        return RemindEach()


class BulkResult(msgspec.Struct, kw_only=True):
    """Status and version as they are by now. `problem` is what the single verb would have answered."""

    booking_id: UUID
    ok: bool
    status: BookingStatus | None
    version: int | None
    problem: dict[str, Any] | None


class BulkAnswer(msgspec.Struct, kw_only=True):
    results: list[BulkResult]
    succeeded: int
    failed: int


class BulkBookingsController(Controller):
    path = "/v1/admin/bookings/bulk"

    @post(
        need=Need.DISPATCH,
        admin_route=True,
        summary="Do one thing with up to 100 bookings",
        problems=("not_found", "bulk_refused", KEY_REQUIRED),
        status_code=200,
        example=BULK_EXAMPLE,
    )
    async def carry_out(
        self,
        data: ConfirmMany | CancelMany | AssignMany | UnassignMany | SetTeamOfMany | RemindMany,
        actor: FromDishka[Actor],
        handler: FromDishka[BulkBookingsHandler],
    ) -> BulkAnswer:
        if actor.once is None:
            raise IdempotencyKeyRequired
        command = BulkBookings(booking_ids=distinct(data.booking_ids), deed=data.deed(), atomic=data.atomic)
        try:
            return await answer_once(actor, handler, command, bulk_answer)
        except BulkRefused as refusal:
            refusal.members["results"] = bulk_answer(refusal.outcome).results
            raise


def distinct(ids: Sequence[UUID]) -> tuple[BookingId, ...]:
    """Raises Invalid at each id that was named before."""
    again = [
        FieldFault(f"booking_ids/{place}", "is named twice")
        for place, booking_id in enumerate(ids)
        if booking_id in ids[:place]
    ]
    if again:
        raise Invalid("Each booking is named once.", errors=again)
    return tuple(map(BookingId, ids))


def bulk_answer(outcome: BulkOutcome) -> BulkAnswer:
    return BulkAnswer(
        results=[_result(item) for item in outcome.items],
        succeeded=outcome.succeeded,
        failed=outcome.failed,
    )


def _result(item: BulkItem) -> BulkResult:
    booking = item.booking
    return BulkResult(
        booking_id=item.booking_id,
        ok=item.ok,
        status=booking.status if booking else None,
        version=booking.version if booking else None,
        problem=from_domain(item.problem).told() if item.problem else None,
    )
