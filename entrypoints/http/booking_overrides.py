"""What administrators decide otherwise than the terms of a booking."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from dishka import FromDishka
from litestar import Controller, Request, Response
from litestar.params import FromPath, FromQuery
from msgspec import Meta

from application.booking.override_booking import (
    ListOverrides,
    ListOverridesHandler,
    OverrideBooking,
    OverrideBookingHandler,
)
from domain.booking.override import BookingOverride, OverrideKind
from domain.identity.actor import Actor, Need
from domain.shared.ids import BookingId, OverrideId
from entrypoints.http.booking_answers import BookingAnswer
from entrypoints.http.booking_bodies import Reason
from entrypoints.http.bookings import answered
from entrypoints.http.conditional import expected_version
from entrypoints.http.once import answer_once
from entrypoints.http.paging import CursorText, Limit, Page
from entrypoints.http.places import read_instant_place, write_instant_place
from entrypoints.http.routes import get, post

Cents = Annotated[int, Meta(ge=0, le=1_000_000_000)]
Word = Annotated[str, Meta(max_length=20)]
OVERRIDE_EXAMPLE: dict[str, Any] = {
    "kind": "deposit_required",
    "value": False,
    "reason": "A client of many years, booked under a new address",
}


class OverrideBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """`value` is true or false, a whole number of cents, or LOW, MEDIUM, HIGH, as the kind has it."""

    kind: OverrideKind
    value: bool | Cents | Word
    reason: Reason


class OverrideAnswer(msgspec.Struct, kw_only=True):
    """`before` is what held until then."""

    override_id: UUID
    booking_id: UUID
    kind: OverrideKind
    value: bool | int | str
    before: bool | int | str | None
    reason: str
    created_by: UUID | None
    created_at: datetime


def override_answer(override: BookingOverride) -> OverrideAnswer:
    return OverrideAnswer(
        override_id=override.id,
        booking_id=override.booking_id,
        kind=override.kind,
        value=override.value,
        before=override.before,
        reason=override.reason,
        created_by=override.created_by,
        created_at=override.created_at,
    )


class BookingOverridesController(Controller):
    path = "/v1/admin/bookings/{booking_id:uuid}"

    @post(
        "/override",
        need=Need.ADMIN,
        admin_route=True,
        summary="Decide otherwise than a booking's terms",
        problems=("not_found", "booking_move_refused", "version_conflict"),
        status_code=200,
        example=OVERRIDE_EXAMPLE,
    )
    async def override(
        self,
        request: Request[Any, Any, Any],
        booking_id: FromPath[UUID],
        data: OverrideBody,
        actor: FromDishka[Actor],
        handler: FromDishka[OverrideBookingHandler],
    ) -> Response[BookingAnswer | None]:
        command = OverrideBooking(
            booking_id=BookingId(booking_id),
            kind=data.kind,
            value=data.value,
            reason=data.reason,
            expected_version=expected_version(request),
        )
        return await answer_once(actor, handler, command, lambda done: answered(request, done, actor))

    @get(
        "/overrides",
        need=Need.ADMIN,
        admin_route=True,
        summary="What was decided about a booking, oldest first",
        problems=("not_found",),
    )
    async def list_them(
        self,
        booking_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handler: FromDishka[ListOverridesHandler],
        limit: FromQuery[Limit] = 50,
        cursor: FromQuery[CursorText | None] = None,
    ) -> Page[OverrideAnswer]:
        place = read_instant_place(cursor, of="overrides")
        query = ListOverrides(
            booking_id=BookingId(booking_id),
            after=None if place is None else (place[0], OverrideId(place[1])),
            limit=limit,
        )
        page = await handler.handle(actor, query)
        return Page(
            [override_answer(override) for override in page.items],
            write_instant_place(page.following, of="overrides"),
        )
