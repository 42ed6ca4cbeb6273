"""Exports that could not be delivered: looking at them, and sending them on their way again."""

from uuid import UUID

from dishka import FromDishka
from litestar import Controller, Response
from litestar.params import FromPath, FromQuery

from application.delivery.dead_exports import (
    ListDeadExports,
    ListDeadExportsHandler,
    ReadDeadExport,
    ReadDeadExportHandler,
    ReplayExport,
    ReplayExportHandler,
)
from application.delivery.deliver_for_all import DeliverForAll, DeliverForAllHandler
from application.delivery.export_channel import Exports
from application.delivery.replay_dead import ReplayDeadHandler
from domain.delivery.export_event import ExportMode
from domain.delivery.outbox_event import OutboxEvent
from domain.identity.actor import Actor, Need
from domain.shared.ids import EventId
from entrypoints.http.dead_letter_bodies import (
    EXPORTS,
    ReplayCounts,
    all_counts_answer,
    counts_answer,
    without_selection,
)
from entrypoints.http.export_dead_letter_bodies import (
    DeadExportsAnswer,
    ReplayedExportAnswer,
    ReplayExportsBody,
    ShownExportAnswer,
    dead_exports_answer,
    replayed_export_answer,
    shown_export_answer,
)
from entrypoints.http.once import answer_once
from entrypoints.http.outbox_bodies import OUTBOX
from entrypoints.http.paging import Limit, Offset
from entrypoints.http.routes import KEY_REQUIRED, SCHEDULED, get, post
from entrypoints.http.scheduler import Caller


class ExportDeadLettersController(Controller):
    path = EXPORTS
    tags = ["delivery"]

    @get(need=Need.ADMIN, admin_route=True, summary="Exports that could not be delivered, newest first")
    async def list_them(
        self,
        actor: FromDishka[Actor],
        handler: FromDishka[ListDeadExportsHandler],
        exports: FromDishka[Exports],
        mode: FromQuery[ExportMode | None] = None,
        limit: FromQuery[Limit] = 50,
        offset: FromQuery[Offset] = 0,
    ) -> DeadExportsAnswer:
        found = await handler.handle(actor, ListDeadExports(mode, limit, offset))
        return dead_exports_answer(found, exports, limit, offset)

    @get(
        "/{event_id:uuid}",
        need=Need.ADMIN,
        admin_route=True,
        summary="One export with all that it says",
        problems=("not_found",),
    )
    async def one(
        self,
        event_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handler: FromDishka[ReadDeadExportHandler],
        exports: FromDishka[Exports],
    ) -> ShownExportAnswer:
        shown = await handler.handle(actor, ReadDeadExport(EventId(event_id)))
        return shown_export_answer(shown, exports)

    @post(
        need=Need.ADMIN,
        admin_route=True,
        summary="Replay a selection of dead exports, then deliver those that are due",
        success="What was replayed, and what became of all exports that were due",
        status_code=202,
        example={"mode": "webhook", "last_error": "timeout", "limit": 100},
        traits=(SCHEDULED,),
    )
    async def replay_some(
        self,
        data: ReplayExportsBody,
        caller: FromDishka[Caller],
        handler: FromDishka[ReplayDeadHandler],
        for_all: FromDishka[DeliverForAllHandler],
    ) -> ReplayCounts:
        if caller.actor is not None:
            return await answer_once(caller.actor, handler, data.command(), counts_answer)
        without_selection(data)
        return all_counts_answer(*await for_all.handle(DeliverForAll(exports_only=True)))

    @post(
        "/{event_id:uuid}/replay",
        need=Need.ADMIN,
        admin_route=True,
        summary="Replay a dead export",
        problems=(
            "not_found",
            "export_not_dead",
            "export_payload_unavailable",
            "export_target_missing",
            "export_target_refused",
            KEY_REQUIRED,
        ),
        action="export_replay",
        status_code=202,
    )
    async def replay(
        self, event_id: FromPath[UUID], actor: FromDishka[Actor], handler: FromDishka[ReplayExportHandler]
    ) -> Response[ReplayedExportAnswer]:
        return await answer_once(actor, handler, ReplayExport(EventId(event_id)), _queued)


def _queued(event: OutboxEvent) -> Response[ReplayedExportAnswer]:
    headers = {"location": f"{OUTBOX}/{event.id}"}
    return Response(replayed_export_answer(event), status_code=202, headers=headers)
