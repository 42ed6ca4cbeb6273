"""The extras of an order. An order is a booking seen from the field."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from dishka import FromDishka
from litestar import Controller, Request, Response
from litestar.params import FromPath

from application.booking.order_add_ons import SetAddOns, SetAddOnsHandler
from application.booking.show_booking import ShowBooking, ShowBookingHandler
from application.booking.shown_booking import ShownBooking
from domain.booking.booking import BookingStatus
from domain.booking.refusals import BookingNotFound
from domain.booking.visit import BookedAddOn
from domain.identity.actor import Actor, Need
from domain.shared.errors import NotFound
from domain.shared.ids import BookingId
from entrypoints.http.booking_answers import warnings_about
from entrypoints.http.booking_bodies import Quantity
from entrypoints.http.bookings import TIME_PROBLEMS
from entrypoints.http.conditional import expected_version, tagged
from entrypoints.http.once import answer_once
from entrypoints.http.routes import get, put
from entrypoints.http.texts import ADD_ON, Code

ADD_ONS_EXAMPLE: dict[str, Any] = {"add_ons": {"oven": 1, "windows_up_to_5": 2}, "extend_slot": True}


class OrderAddOnsBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The whole set: what is not named goes."""

    add_ons: dict[Annotated[Code, ADD_ON], Quantity]
    extend_slot: bool = False


class OrderAddOnsAnswer(msgspec.Struct, kw_only=True):
    """`minutes` of an extra are those of all its pieces together."""

    order_id: UUID
    version: int
    status: BookingStatus
    starts_at: datetime
    ends_at: datetime
    duration_minutes: int
    planned_minutes: int
    currency: str
    add_ons: list[BookedAddOn]
    add_ons_cents: int
    warnings: list[str]


class OrderAddOnsController(Controller):
    path = "/v1/orders/{order_id:uuid}/addons"

    @get(
        need=Need.VIEW,
        admin_route=True,
        summary="The extras of an order",
        problems=("not_found",),
        answers=(304,),
    )
    async def show(
        self,
        request: Request[Any, Any, Any],
        order_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handler: FromDishka[ShowBookingHandler],
    ) -> Response[OrderAddOnsAnswer | None]:
        with known_as_order():
            return answered(request, await handler.handle(actor, ShowBooking(BookingId(order_id))))

    @put(
        need=Need.DISPATCH,
        admin_route=True,
        summary="Set the extras of an order; what is booked already keeps its price",
        problems=("not_found", *TIME_PROBLEMS, "booking_move_refused", "version_conflict"),
        example=ADD_ONS_EXAMPLE,
    )
    async def replace(
        self,
        request: Request[Any, Any, Any],
        order_id: FromPath[UUID],
        data: OrderAddOnsBody,
        actor: FromDishka[Actor],
        handler: FromDishka[SetAddOnsHandler],
    ) -> Response[OrderAddOnsAnswer | None]:
        command = SetAddOns(
            booking_id=BookingId(order_id),
            quantities=data.add_ons,
            extend_slot=data.extend_slot,
            expected_version=expected_version(request),
        )
        with known_as_order():
            return await answer_once(actor, handler, command, lambda done: answered(request, done))


@contextmanager
def known_as_order() -> Iterator[None]:
    """In the field a booking that is not there is an order that is not there."""
    try:
        yield
    except BookingNotFound:
        raise NotFound("order_id") from None


def answered(request: Request[Any, Any, Any], shown: ShownBooking) -> Response[OrderAddOnsAnswer | None]:
    booking, slot = shown.booking, shown.booking.slot
    answer = OrderAddOnsAnswer(
        order_id=booking.id,
        version=booking.version,
        status=booking.status,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        duration_minutes=slot.duration_minutes,
        planned_minutes=booking.planned_minutes,
        currency=booking.currency,
        add_ons=list(booking.add_ons),
        add_ons_cents=sum(line.qty * line.unit_price_cents for line in booking.add_ons),
        warnings=warnings_about(slot.warnings, booking.planned_minutes, slot.duration_minutes),
    )
    return tagged(request, answer, booking.version)
