"""The office's view of who worked when."""

from typing import Annotated, Any
from uuid import UUID

from dishka import FromDishka
from litestar import Controller, Request, Response
from litestar.params import FromPath, FromQuery, QueryParameter

from application.fieldwork.correct_time import CorrectTime, CorrectTimeHandler
from application.fieldwork.read_time import ListTime, ListTimeHandler, ShowTime, ShowTimeHandler
from application.fieldwork.track_time import MovedClock, TrackTime, TrackTimeHandler
from application.ports.time_entries import TimePosition
from domain.booking.time_entry import ClockVerb, EntryState
from domain.identity.actor import Actor, Need
from domain.shared.ids import BookingId, TimeEntryId, WorkerId
from entrypoints.http.conditional import expected_version, tagged
from entrypoints.http.moments import Moment, read_moment
from entrypoints.http.once import answer_once
from entrypoints.http.paging import CursorText, Limit, Page
from entrypoints.http.places import read_instant_place, write_instant_place
from entrypoints.http.routes import get, post, put
from entrypoints.http.time_bodies import (
    CLOCK_EXAMPLE,
    CORRECTION_EXAMPLE,
    FINISH_EXAMPLE,
    ClockBody,
    CorrectionBody,
    EntryAnswer,
    FinishBody,
    TimeSheetAnswer,
    entry_answers,
    sheet_answer,
)

MOVE_PROBLEMS = ("not_found", "work_move_refused", "booking_move_refused", "version_conflict")
START_PROBLEMS = (*MOVE_PROBLEMS, "other_work_running")
FINISH_PROBLEMS = (*MOVE_PROBLEMS, "overrun_reason_required", "work_in_progress")


class TimeTrackingController(Controller):
    path = "/v1/orders/{order_id:uuid}/time"

    @get(need=Need.DISPATCH, admin_route=True, summary="All clocks of a booking", problems=("not_found",))
    async def show(
        self, order_id: FromPath[UUID], actor: FromDishka[Actor], handler: FromDishka[ShowTimeHandler]
    ) -> TimeSheetAnswer:
        return sheet_answer(await handler.handle(actor, ShowTime(BookingId(order_id))))

    @post(
        "/start",
        need=Need.DISPATCH,
        admin_route=True,
        summary="Start a worker's clock",
        problems=START_PROBLEMS,
        status_code=200,
        example=CLOCK_EXAMPLE,
    )
    async def start(
        self,
        request: Request[Any, Any, Any],
        order_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handler: FromDishka[TrackTimeHandler],
        data: ClockBody = ClockBody(),  # noqa: B008  # immutable in use: no field is ever set
    ) -> Response[TimeSheetAnswer | None]:
        return await _move(request, actor, handler, order_id, data, ClockVerb.START)

    @post(
        "/pause",
        need=Need.DISPATCH,
        admin_route=True,
        summary="Pause a worker's clock",
        problems=MOVE_PROBLEMS,
        status_code=200,
        example=CLOCK_EXAMPLE,
    )
    async def pause(
        self,
        request: Request[Any, Any, Any],
        order_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handler: FromDishka[TrackTimeHandler],
        data: ClockBody = ClockBody(),  # noqa: B008  # as above
    ) -> Response[TimeSheetAnswer | None]:
        return await _move(request, actor, handler, order_id, data, ClockVerb.PAUSE)

    @post(
        "/resume",
        need=Need.DISPATCH,
        admin_route=True,
        summary="Let a worker's clock go on",
        problems=START_PROBLEMS,
        status_code=200,
        example=CLOCK_EXAMPLE,
    )
    async def resume(
        self,
        request: Request[Any, Any, Any],
        order_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handler: FromDishka[TrackTimeHandler],
        data: ClockBody = ClockBody(),  # noqa: B008  # as above
    ) -> Response[TimeSheetAnswer | None]:
        return await _move(request, actor, handler, order_id, data, ClockVerb.RESUME)

    @post(
        "/finish",
        need=Need.DISPATCH,
        admin_route=True,
        summary="Finish a worker's clock, and the visit with the last of them",
        problems=FINISH_PROBLEMS,
        status_code=200,
        example=FINISH_EXAMPLE,
    )
    async def finish(
        self,
        request: Request[Any, Any, Any],
        order_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handler: FromDishka[TrackTimeHandler],
        data: FinishBody = FinishBody(),  # noqa: B008  # as above
    ) -> Response[TimeSheetAnswer | None]:
        return await _move(request, actor, handler, order_id, data, ClockVerb.FINISH)

    @put(
        "/{entry_id:uuid}",
        need=Need.DISPATCH,
        admin_route=True,
        summary="Correct the times of a clock",
        problems=("not_found", "time_overlap", "version_conflict"),
        example=CORRECTION_EXAMPLE,
    )
    async def correct(
        self,
        request: Request[Any, Any, Any],
        order_id: FromPath[UUID],
        entry_id: FromPath[UUID],
        data: CorrectionBody,
        actor: FromDishka[Actor],
        handler: FromDishka[CorrectTimeHandler],
    ) -> Response[TimeSheetAnswer | None]:
        command = CorrectTime(
            order_id=BookingId(order_id),
            entry_id=TimeEntryId(entry_id),
            segments=data.times(),
            reason=data.reason,
            expected_version=expected_version(request),
        )
        return await answer_once(actor, handler, command, lambda moved: moved_answer(request, moved))


class TimeListController(Controller):
    path = "/v1/admin/orders/time"

    @get(
        need=Need.DISPATCH,
        admin_route=True,
        summary="All clocks, newest start first",
        problems=("not_found", "invalid_window"),
    )
    async def list_them(
        self,
        actor: FromDishka[Actor],
        handler: FromDishka[ListTimeHandler],
        start: Annotated[
            Moment | None,
            QueryParameter(name="from", description="Started from this local day, or instant, on."),
        ] = None,
        end: Annotated[
            Moment | None,
            QueryParameter(name="to", description="Started up to this local day, or before this instant."),
        ] = None,
        worker_id: FromQuery[UUID | None] = None,
        states: Annotated[list[EntryState] | None, QueryParameter(name="state")] = None,
        limit: FromQuery[Limit] = 50,
        cursor: FromQuery[CursorText | None] = None,
    ) -> Page[EntryAnswer]:
        place = read_instant_place(cursor, of="time")
        query = ListTime(
            start=read_moment(start, "from"),
            end=read_moment(end, "to"),
            worker_id=WorkerId(worker_id) if worker_id else None,
            states=frozenset(states or ()),
            after=TimePosition(place[0], TimeEntryId(place[1])) if place else None,
            limit=limit,
        )
        page = await handler.handle(actor, query)
        last = page.following
        following = write_instant_place((last.started_at, last.entry_id) if last else None, of="time")
        return Page(entry_answers(page.items), following)


async def _move(
    request: Request[Any, Any, Any],
    actor: Actor,
    handler: TrackTimeHandler,
    order_id: UUID,
    data: ClockBody | FinishBody,
    verb: ClockVerb,
) -> Response[TimeSheetAnswer | None]:
    command = TrackTime(
        order_id=BookingId(order_id),
        worker_id=WorkerId(data.worker_id) if data.worker_id else None,
        move=data.move(verb, expected_version(request)),
    )
    return await answer_once(actor, handler, command, lambda moved: moved_answer(request, moved))


def moved_answer(request: Request[Any, Any, Any], moved: MovedClock) -> Response[TimeSheetAnswer | None]:
    return tagged(request, sheet_answer(moved.sheet), moved.version)
