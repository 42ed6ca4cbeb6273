"""The office's bookings."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from dishka import FromDishka
from litestar import Controller, Request, Response
from litestar.params import FromPath, FromQuery, QueryParameter

from application.booking.assign_crew import AssignCrew, AssignCrewHandler, UnassignCrew, UnassignCrewHandler
from application.booking.cancel_booking import CancelBooking, CancelBookingHandler
from application.booking.confirm_booking import ConfirmBooking, ConfirmBookingHandler
from application.booking.create_booking import CreateBookingHandler
from application.booking.edit_booking import EditBooking, EditBookingHandler
from application.booking.list_bookings import ListBookings, ListBookingsHandler
from application.booking.reschedule_booking import RescheduleBookingHandler
from application.booking.show_booking import ShowBooking, ShowBookingHandler
from application.booking.shown_booking import ShownBooking
from application.ports.bookings import BookingPosition
from domain.booking.booking import BookingStatus
from domain.identity.actor import Actor, Need
from domain.shared.ids import BookingId, LeadId, TeamId, WorkerId
from entrypoints.http.booking_answers import BookingAnswer, BookingRow, booking_answer, booking_rows
from entrypoints.http.booking_bodies import (
    BOOKING_EXAMPLE,
    CANCEL_EXAMPLE,
    CHANGE_EXAMPLE,
    CREW_EXAMPLE,
    RESCHEDULE_EXAMPLE,
    AssignBody,
    BookingBody,
    BookingChangeBody,
    CancelBody,
    ConfirmBody,
    RescheduleBody,
    UnassignBody,
)
from entrypoints.http.conditional import expected_version, tagged
from entrypoints.http.once import answer_once
from entrypoints.http.paging import CursorText, Limit, Page
from entrypoints.http.places import read_instant_place, write_instant_place
from entrypoints.http.routes import get, patch, post

TIME_PROBLEMS = ("slot_taken", "team_inactive", "worker_inactive")
B = "/{booking_id:uuid}"


class BookingsController(Controller):
    path = "/v1/admin/bookings"

    @get(
        need=Need.VIEW,
        admin_route=True,
        summary="Bookings of some local days, by start",
        problems=("not_found", "invalid_window"),
    )
    async def list_them(
        self,
        actor: FromDishka[Actor],
        handler: FromDishka[ListBookingsHandler],
        first_day: Annotated[date | None, QueryParameter(name="from")] = None,
        last_day: Annotated[date | None, QueryParameter(name="to")] = None,
        status: FromQuery[list[BookingStatus] | None] = None,
        team_id: FromQuery[UUID | None] = None,
        worker_id: FromQuery[UUID | None] = None,
        lead_id: FromQuery[UUID | None] = None,
        unassigned: FromQuery[bool | None] = None,
        limit: FromQuery[Limit] = 50,
        cursor: FromQuery[CursorText | None] = None,
    ) -> Page[BookingRow]:
        query = ListBookings(
            first_day=first_day,
            last_day=last_day,
            statuses=frozenset(status or ()),
            team_id=TeamId(team_id) if team_id else None,
            worker_id=WorkerId(worker_id) if worker_id else None,
            lead_id=LeadId(lead_id) if lead_id else None,
            unassigned=unassigned,
            after=_position(cursor),
            limit=limit,
        )
        page = await handler.handle(actor, query)
        return Page(booking_rows(page.items, ZoneInfo(page.timezone), actor), _cursor(page.following))

    @post(
        need=Need.DISPATCH,
        admin_route=True,
        summary="Book a visit",
        problems=("not_found", *TIME_PROBLEMS, "start_out_of_range", "plan_limit_reached"),
        example=BOOKING_EXAMPLE,
    )
    async def create(
        self,
        request: Request[Any, Any, Any],
        data: BookingBody,
        actor: FromDishka[Actor],
        handler: FromDishka[CreateBookingHandler],
    ) -> Response[BookingAnswer | None]:
        def respond(shown: ShownBooking) -> Response[BookingAnswer | None]:
            headers = {"location": f"/v1/admin/bookings/{shown.booking.id}"}
            answer = booking_answer(shown, actor)
            return tagged(request, answer, shown.booking.version, status_code=201, headers=headers)

        return await answer_once(actor, handler, data.command(), respond)

    @get(B, need=Need.VIEW, admin_route=True, summary="One booking", problems=("not_found",), answers=(304,))
    async def one(
        self,
        request: Request[Any, Any, Any],
        booking_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handler: FromDishka[ShowBookingHandler],
    ) -> Response[BookingAnswer | None]:
        return answered(request, await handler.handle(actor, ShowBooking(BookingId(booking_id))), actor)

    @patch(
        B,
        need=Need.DISPATCH,
        admin_route=True,
        summary="Change what the crew reads",
        problems=("not_found", "booking_move_refused", "version_conflict"),
        example=CHANGE_EXAMPLE,
    )
    async def edit(
        self,
        request: Request[Any, Any, Any],
        booking_id: FromPath[UUID],
        data: BookingChangeBody,
        actor: FromDishka[Actor],
        handler: FromDishka[EditBookingHandler],
    ) -> Response[BookingAnswer | None]:
        command = EditBooking(
            booking_id=BookingId(booking_id),
            changes=data.changes(),
            expected_version=expected_version(request),
        )
        return await answer_once(actor, handler, command, lambda done: answered(request, done, actor))

    @post(
        f"{B}/confirm",
        need=Need.DISPATCH,
        admin_route=True,
        summary="Confirm; an administrator may waive an unpaid deposit",
        problems=("not_found", "booking_move_refused", "deposit_unpaid", "version_conflict"),
        status_code=200,
    )
    async def confirm(
        self,
        request: Request[Any, Any, Any],
        booking_id: FromPath[UUID],
        data: ConfirmBody,
        actor: FromDishka[Actor],
        handler: FromDishka[ConfirmBookingHandler],
    ) -> Response[BookingAnswer | None]:
        command = ConfirmBooking(
            booking_id=BookingId(booking_id),
            waive_deposit_reason=data.waive_deposit_reason,
            expected_version=expected_version(request),
        )
        return await answer_once(actor, handler, command, lambda done: answered(request, done, actor))

    @post(
        f"{B}/cancel",
        need=Need.DISPATCH,
        admin_route=True,
        summary="Call a visit off",
        problems=("not_found", "booking_move_refused", "work_in_progress", "version_conflict"),
        status_code=200,
        example=CANCEL_EXAMPLE,
    )
    async def cancel(
        self,
        request: Request[Any, Any, Any],
        booking_id: FromPath[UUID],
        data: CancelBody,
        actor: FromDishka[Actor],
        handler: FromDishka[CancelBookingHandler],
    ) -> Response[BookingAnswer | None]:
        command = CancelBooking(
            booking_id=BookingId(booking_id),
            reason_code=data.reason_code,
            by=data.cancelled_by(),
            note=data.note or None,
            notify=data.notify,
            expected_version=expected_version(request),
        )
        return await answer_once(actor, handler, command, lambda done: answered(request, done, actor))

    @post(
        f"{B}/reschedule",
        need=Need.DISPATCH,
        admin_route=True,
        summary="Move to another time, length, team or crew",
        problems=(
            "not_found",
            "booking_move_refused",
            *TIME_PROBLEMS,
            "start_out_of_range",
            "work_in_progress",
            "version_conflict",
        ),
        status_code=200,
        example=RESCHEDULE_EXAMPLE,
    )
    async def reschedule(
        self,
        request: Request[Any, Any, Any],
        booking_id: FromPath[UUID],
        data: RescheduleBody,
        actor: FromDishka[Actor],
        handler: FromDishka[RescheduleBookingHandler],
    ) -> Response[BookingAnswer | None]:
        command = data.command(booking_id, expected_version(request))
        return await answer_once(actor, handler, command, lambda done: answered(request, done, actor))

    @post(
        f"{B}/assign",
        need=Need.DISPATCH,
        admin_route=True,
        summary="Add workers to the crew, or send these instead",
        problems=(
            "not_found",
            "booking_move_refused",
            "work_in_progress",
            "slot_taken",
            "worker_inactive",
            "version_conflict",
        ),
        status_code=200,
        example=CREW_EXAMPLE,
    )
    async def assign(
        self,
        request: Request[Any, Any, Any],
        booking_id: FromPath[UUID],
        data: AssignBody,
        actor: FromDishka[Actor],
        handler: FromDishka[AssignCrewHandler],
    ) -> Response[BookingAnswer | None]:
        command = AssignCrew(
            booking_id=BookingId(booking_id),
            worker_ids=data.workers(),
            replace=data.replace,
            expected_version=expected_version(request),
        )
        return await answer_once(actor, handler, command, lambda done: answered(request, done, actor))

    @post(
        f"{B}/unassign",
        need=Need.DISPATCH,
        admin_route=True,
        summary="Take workers out of the crew",
        problems=("not_found", "booking_move_refused", "work_in_progress", "version_conflict"),
        status_code=200,
        example=CREW_EXAMPLE,
    )
    async def unassign(
        self,
        request: Request[Any, Any, Any],
        booking_id: FromPath[UUID],
        data: UnassignBody,
        actor: FromDishka[Actor],
        handler: FromDishka[UnassignCrewHandler],
    ) -> Response[BookingAnswer | None]:
        command = UnassignCrew(
            booking_id=BookingId(booking_id),
            worker_ids=data.workers(),
            expected_version=expected_version(request),
        )
        return await answer_once(actor, handler, command, lambda done: answered(request, done, actor))


def answered(
    request: Request[Any, Any, Any], shown: ShownBooking, reader: Actor
) -> Response[BookingAnswer | None]:
    return tagged(request, booking_answer(shown, reader), shown.booking.version)


def _position(cursor: str | None) -> BookingPosition | None:
    place = read_instant_place(cursor, of="bookings")
    return None if place is None else BookingPosition(place[0], BookingId(place[1]))


def _cursor(position: BookingPosition | None) -> str | None:
    place = None if position is None else (position.starts_at, position.booking_id)
    return write_instant_place(place, of="bookings")
