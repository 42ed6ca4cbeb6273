"""The worker's own endpoints: my jobs, my clock. Neither allowlist nor read-only stops work."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from dishka import FromDishka
from litestar import Controller, Request, Response
from litestar.params import FromPath, FromQuery
from msgspec import Meta

from application.fieldwork.read_jobs import ListMyJobs, ListMyJobsHandler, ShowMyJob, ShowMyJobHandler
from application.fieldwork.track_my_time import TrackMyTime, TrackMyTimeHandler
from domain.booking.time_entry import ClockVerb
from domain.identity.actor import Actor, Need
from domain.shared.ids import BookingId
from entrypoints.http.conditional import expected_version
from entrypoints.http.job_answers import JobAnswer, JobsAnswer, job_answer, jobs_answer
from entrypoints.http.once import answer_once
from entrypoints.http.routes import get, post
from entrypoints.http.time_bodies import (
    MY_CLOCK_EXAMPLE,
    MY_FINISH_EXAMPLE,
    MyClockBody,
    MyFinishBody,
    TimeSheetAnswer,
)
from entrypoints.http.time_tracking import FINISH_PROBLEMS, MOVE_PROBLEMS, START_PROBLEMS, moved_answer

Days = Annotated[int, Meta(ge=1, le=14)]
J = "/{order_id:uuid}"


class WorkerJobsController(Controller):
    path = "/v1/worker/jobs"

    @get(need=Need.WORKER, summary="My jobs of some local days, by start", problems=("worker_not_linked",))
    async def list_them(
        self,
        actor: FromDishka[Actor],
        handler: FromDishka[ListMyJobsHandler],
        day: FromQuery[date | None] = None,
        days: FromQuery[Days] = 1,
    ) -> JobsAnswer:
        return jobs_answer(await handler.handle(actor, ListMyJobs(day=day, days=days)))

    @get(J, need=Need.WORKER, summary="One of my jobs", problems=("not_found", "worker_not_linked"))
    async def one(
        self, order_id: FromPath[UUID], actor: FromDishka[Actor], handler: FromDishka[ShowMyJobHandler]
    ) -> JobAnswer:
        found = await handler.handle(actor, ShowMyJob(BookingId(order_id)))
        return job_answer(found.items[0], found.timezone)

    @post(
        f"{J}/start",
        need=Need.WORKER,
        summary="Start my clock",
        problems=("worker_not_linked", *START_PROBLEMS),
        status_code=200,
        example=MY_CLOCK_EXAMPLE,
    )
    async def start(
        self,
        request: Request[Any, Any, Any],
        order_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handler: FromDishka[TrackMyTimeHandler],
        data: MyClockBody = MyClockBody(),  # noqa: B008  # immutable in use: no field is ever set
    ) -> Response[TimeSheetAnswer | None]:
        return await _move(request, actor, handler, order_id, data, ClockVerb.START)

    @post(
        f"{J}/pause",
        need=Need.WORKER,
        summary="Pause my clock",
        problems=("worker_not_linked", *MOVE_PROBLEMS),
        status_code=200,
        example=MY_CLOCK_EXAMPLE,
    )
    async def pause(
        self,
        request: Request[Any, Any, Any],
        order_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handler: FromDishka[TrackMyTimeHandler],
        data: MyClockBody = MyClockBody(),  # noqa: B008  # as above
    ) -> Response[TimeSheetAnswer | None]:
        return await _move(request, actor, handler, order_id, data, ClockVerb.PAUSE)

    @post(
        f"{J}/resume",
        need=Need.WORKER,
        summary="Let my clock go on",
        problems=("worker_not_linked", *START_PROBLEMS),
        status_code=200,
        example=MY_CLOCK_EXAMPLE,
    )
    async def resume(
        self,
        request: Request[Any, Any, Any],
        order_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handler: FromDishka[TrackMyTimeHandler],
        data: MyClockBody = MyClockBody(),  # noqa: B008  # as above
    ) -> Response[TimeSheetAnswer | None]:
        return await _move(request, actor, handler, order_id, data, ClockVerb.RESUME)

    @post(
        f"{J}/finish",
        need=Need.WORKER,
        summary="Finish my clock, and the visit with the last of the crew's",
        problems=("worker_not_linked", *FINISH_PROBLEMS),
        status_code=200,
        example=MY_FINISH_EXAMPLE,
    )
    async def finish(
        self,
        request: Request[Any, Any, Any],
        order_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handler: FromDishka[TrackMyTimeHandler],
        data: MyFinishBody = MyFinishBody(),  # noqa: B008  # as above
    ) -> Response[TimeSheetAnswer | None]:
        return await _move(request, actor, handler, order_id, data, ClockVerb.FINISH)


async def _move(
    request: Request[Any, Any, Any],
    actor: Actor,
    handler: TrackMyTimeHandler,
    order_id: UUID,
    data: MyClockBody,
    verb: ClockVerb,
) -> Response[TimeSheetAnswer | None]:
    command = TrackMyTime(order_id=BookingId(order_id), move=data.move(verb, expected_version(request)))
    return await answer_once(actor, handler, command, lambda moved: moved_answer(request, moved))
