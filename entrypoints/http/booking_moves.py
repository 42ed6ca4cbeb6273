"""A booking moved on the board, one that is done, and overdue holds cleared away."""

from typing import Any
from uuid import UUID

from dishka import FromDishka
from litestar import Controller, Request, Response
from litestar.params import FromPath

from application.booking.complete_booking import CompleteBooking, CompleteBookingHandler
from application.booking.expire_bookings import ExpireBookings, ExpireBookingsHandler, ExpiryReport
from application.booking.orgs_with_work import OrgsWithOverdueHolds
from application.booking.reschedule_booking import RescheduleBookingHandler
from domain.identity.actor import Actor, Need
from domain.shared.ids import BookingId
from entrypoints.http.booking_answers import BookingAnswer, CleanupAnswer
from entrypoints.http.booking_bodies import COMPLETE_EXAMPLE, RESCHEDULE_EXAMPLE, CompleteBody, MoveBody
from entrypoints.http.bookings import TIME_PROBLEMS, answered
from entrypoints.http.conditional import expected_version
from entrypoints.http.once import answer_once
from entrypoints.http.rounds import Round, Rounds
from entrypoints.http.routes import SCHEDULED, post
from entrypoints.http.scheduler import Caller

EXPIRY = "booking-expiry"


class BookingMovesController(Controller):
    path = "/v1/admin"

    @post(
        "/schedule/{booking_id:uuid}/move",
        need=Need.DISPATCH,
        admin_route=True,
        summary="Move a booking on the board",
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
    async def move(
        self,
        request: Request[Any, Any, Any],
        booking_id: FromPath[UUID],
        data: MoveBody,
        actor: FromDishka[Actor],
        handler: FromDishka[RescheduleBookingHandler],
    ) -> Response[BookingAnswer | None]:
        command = data.command(booking_id, expected_version(request))
        return await answer_once(actor, handler, command, lambda done: answered(request, done, actor))

    @post(
        "/bookings/{booking_id:uuid}/complete",
        need=Need.DISPATCH,
        admin_route=True,
        summary="Say that a visit is done",
        problems=("not_found", "booking_move_refused", "work_in_progress", "version_conflict"),
        status_code=200,
        example=COMPLETE_EXAMPLE,
    )
    async def complete(
        self,
        request: Request[Any, Any, Any],
        booking_id: FromPath[UUID],
        data: CompleteBody,
        actor: FromDishka[Actor],
        handler: FromDishka[CompleteBookingHandler],
    ) -> Response[BookingAnswer | None]:
        command = CompleteBooking(
            booking_id=BookingId(booking_id),
            actual_duration_minutes=data.actual_duration_minutes,
            finish_open_work=data.finish_open_work,
            expected_version=expected_version(request),
        )
        return await answer_once(actor, handler, command, lambda done: answered(request, done, actor))

    @post(
        "/cleanup",
        need=Need.ADMIN,
        admin_route=True,
        summary="Cancel holds whose deposit was not paid in time",
        traits=(SCHEDULED,),
        status_code=202,
    )
    async def clean_up(
        self,
        caller: FromDishka[Caller],
        handler: FromDishka[ExpireBookingsHandler],
        rounds: FromDishka[Rounds],
        orgs: FromDishka[OrgsWithOverdueHolds],
    ) -> CleanupAnswer:
        if caller.actor is not None:
            return await answer_once(caller.actor, handler, ExpireBookings(), cleaned)

        async def visit(actor: Actor, seconds: float) -> ExpiryReport:
            return await handler.handle(actor, ExpireBookings(budget_seconds=seconds))

        done = await rounds.go(caller, EXPIRY, orgs, visit)
        return all_cleaned(done)


def cleaned(report: ExpiryReport) -> CleanupAnswer:
    return CleanupAnswer(
        status="done" if report.is_done else "partial", expired=report.expired, remaining=report.remaining
    )


def all_cleaned(done: Round[ExpiryReport]) -> CleanupAnswer:
    report = ExpiryReport(
        expired=sum(report.expired for report in done.reports),
        remaining=sum(report.remaining for report in done.reports),
    )
    return CleanupAnswer(
        status="done" if report.is_done and done.is_done else "partial",
        expired=report.expired,
        remaining=report.remaining,
        orgs=done.orgs,
    )
