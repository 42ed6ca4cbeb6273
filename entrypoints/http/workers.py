from typing import Annotated, Any
from uuid import UUID

import msgspec
from dishka import FromDishka
from litestar import Controller, Request, Response
from litestar.params import FromPath, FromQuery

from application.booking.reassign_worker import ReassignWorkerHandler
from application.ports.field_cipher import FieldCipher
from application.scheduling.add_worker import AddWorkerHandler
from application.scheduling.change_worker import ChangeWorker, ChangeWorkerHandler
from application.scheduling.read_workers import (
    ListWorkers,
    ListWorkersHandler,
    ReadWorker,
    ReadWorkerHandler,
    WorkerView,
)
from domain.identity.actor import Actor, Need
from domain.shared.ids import TeamId, WorkerId
from entrypoints.http.bulk_bookings import BulkAnswer, bulk_answer
from entrypoints.http.conditional import expected_version, tagged
from entrypoints.http.once import answer_once
from entrypoints.http.paging import CursorText, Limit, Page
from entrypoints.http.places import read_name_place, write_name_place
from entrypoints.http.routes import get, patch, post
from entrypoints.http.worker_bodies import (
    REASSIGN_EXAMPLE,
    WORKER_EXAMPLE,
    ReassignBody,
    WorkerAnswer,
    WorkerBody,
    WorkerChangeBody,
    worker_answer,
)

Searched = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
Tags = Annotated[tuple[Annotated[str, msgspec.Meta(max_length=40)], ...], msgspec.Meta(max_length=30)]
WRITING = ("plan_limit_reached", "user_not_worker", "user_already_linked", "not_found")


class WorkersController(Controller):
    path = "/v1/admin/workers"

    @get(need=Need.VIEW, admin_route=True, summary="Workers by name", problems=("not_found",))
    async def list_them(
        self,
        actor: FromDishka[Actor],
        handler: FromDishka[ListWorkersHandler],
        cipher: FromDishka[FieldCipher],
        active: FromQuery[bool | None] = None,
        team_id: FromQuery[UUID | None] = None,
        q: FromQuery[Searched | None] = None,
        skill_tags: FromQuery[Tags] = (),
        limit: FromQuery[Limit] = 50,
        cursor: FromQuery[CursorText | None] = None,
    ) -> Page[WorkerAnswer]:
        place = read_name_place(cursor, of="workers", cipher=cipher)
        command = ListWorkers(
            active=active,
            team_id=None if team_id is None else TeamId(team_id),
            q=q,
            skill_tags=skill_tags,
            after=None if place is None else (place[0], WorkerId(place[1])),
            limit=limit,
        )
        page = await handler.handle(actor, command)
        following = write_name_place(page.next, of="workers", cipher=cipher)
        return Page([worker_answer(view, actor) for view in page.views], following)

    @post(
        need=Need.DISPATCH,
        admin_route=True,
        summary="Add a worker",
        problems=WRITING,
        example=WORKER_EXAMPLE,
    )
    async def add(
        self,
        request: Request[Any, Any, Any],
        data: WorkerBody,
        actor: FromDishka[Actor],
        handler: FromDishka[AddWorkerHandler],
    ) -> Response[WorkerAnswer | None]:
        def respond(view: WorkerView) -> Response[WorkerAnswer | None]:
            headers = {"location": f"/v1/admin/workers/{view.worker.id}"}
            answer = worker_answer(view, actor)
            return tagged(request, answer, view.worker.version, status_code=201, headers=headers)

        return await answer_once(actor, handler, data.command(), respond)

    @get(
        "/{worker_id:uuid}",
        need=Need.VIEW,
        admin_route=True,
        summary="One worker",
        problems=("not_found",),
        answers=(304,),
    )
    async def one(
        self,
        request: Request[Any, Any, Any],
        worker_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handler: FromDishka[ReadWorkerHandler],
    ) -> Response[WorkerAnswer | None]:
        view = await handler.handle(actor, ReadWorker(WorkerId(worker_id)))
        return tagged(request, worker_answer(view, actor), view.worker.version)

    @patch(
        "/{worker_id:uuid}",
        need=Need.DISPATCH,
        admin_route=True,
        summary="Change a worker, or switch one off",
        problems=(*WRITING, "worker_has_jobs", "work_in_progress", "version_conflict"),
        example={"is_active": False, "unassign_future": True},
    )
    async def change(
        self,
        request: Request[Any, Any, Any],
        worker_id: FromPath[UUID],
        data: WorkerChangeBody,
        actor: FromDishka[Actor],
        handler: FromDishka[ChangeWorkerHandler],
    ) -> Response[WorkerAnswer | None]:
        command = ChangeWorker(
            worker_id=WorkerId(worker_id),
            changes=data.changes(),
            unassign_future=data.unassign_future,
            expected_version=expected_version(request),
        )
        return await answer_once(
            actor,
            handler,
            command,
            lambda view: tagged(request, worker_answer(view, actor, changed=True), view.worker.version),
        )

    @post(
        "/{worker_id:uuid}/reassign",
        need=Need.DISPATCH,
        admin_route=True,
        summary="Give a worker's jobs of some time to another, or to nobody yet",
        problems=("not_found", "invalid_window"),
        status_code=200,
        example=REASSIGN_EXAMPLE,
    )
    async def reassign(
        self,
        worker_id: FromPath[UUID],
        data: ReassignBody,
        actor: FromDishka[Actor],
        handler: FromDishka[ReassignWorkerHandler],
    ) -> BulkAnswer:
        return await answer_once(actor, handler, data.command(WorkerId(worker_id)), bulk_answer)
