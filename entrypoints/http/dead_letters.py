"""What could not be delivered: looking at it, and sending it on its way again."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from dishka import FromDishka
from litestar import Controller, Response
from litestar.params import FromPath, FromQuery

from application.delivery.deliver_for_all import DeliverForAll, DeliverForAllHandler
from application.delivery.export_channel import Exports
from application.delivery.list_dead_letters import (
    ListDeadMessages,
    ListDeadMessagesHandler,
    ShowDeadLetters,
    ShowDeadLettersHandler,
)
from application.delivery.replay_dead import ReplayDeadHandler
from application.delivery.replay_message import ReplayMessage, ReplayMessageHandler
from application.ports.dead_letters import Half
from application.ports.outbox_views import MessageFilter
from domain.delivery.outbox_event import EventStatus, OutboxEvent
from domain.identity.actor import Actor, Need
from domain.shared.ids import EventId
from entrypoints.http.dead_letter_bodies import (
    DeadLettersAnswer,
    DeadMessagesAnswer,
    ErrorCode,
    Kind,
    ReplayBody,
    ReplayCounts,
    ReplayedAnswer,
    all_counts_answer,
    counts_answer,
    dead_letters_answer,
    dead_messages_answer,
    replayed_answer,
    without_selection,
)
from entrypoints.http.once import answer_once
from entrypoints.http.outbox_bodies import OUTBOX
from entrypoints.http.paging import Limit, Offset
from entrypoints.http.routes import KEY_REQUIRED, SCHEDULED, get, post
from entrypoints.http.scheduler import Caller

QueueLimit = Annotated[int, msgspec.Meta(ge=1, le=100)]
HALVES: dict[str, frozenset[Half]] = {
    "outbox": frozenset({"outbox"}),
    "export": frozenset({"export"}),
    "all": frozenset({"outbox", "export"}),
}


class DeadLettersController(Controller):
    path = "/v1/admin"
    tags = ["delivery"]

    @get(
        "/outbox/dead-letter",
        need=Need.ADMIN,
        admin_route=True,
        summary="Messages that could not be delivered, newest first",
    )
    async def list_them(
        self,
        actor: FromDishka[Actor],
        handler: FromDishka[ListDeadMessagesHandler],
        exports: FromDishka[Exports],
        kind: FromQuery[Kind | None] = None,
        last_error: FromQuery[ErrorCode | None] = None,
        limit: FromQuery[Limit] = 50,
        offset: FromQuery[Offset] = 0,
    ) -> DeadMessagesAnswer:
        wanted = MessageFilter(kind=kind, last_error=last_error, status=EventStatus.DEAD)
        found = await handler.handle(actor, ListDeadMessages(wanted, limit, offset))
        return dead_messages_answer(found, exports, limit, offset)

    @post(
        "/outbox/dead-letter",
        need=Need.ADMIN,
        admin_route=True,
        summary="Replay a selection of dead messages, then deliver what is due",
        success="What was replayed, and what became of all that was due",
        status_code=202,
        example={"kind": "email", "last_error": "timeout", "limit": 100},
        traits=(SCHEDULED,),
    )
    async def replay_some(
        self,
        data: ReplayBody,
        caller: FromDishka[Caller],
        handler: FromDishka[ReplayDeadHandler],
        for_all: FromDishka[DeliverForAllHandler],
    ) -> ReplayCounts:
        if caller.actor is not None:
            return await answer_once(caller.actor, handler, data.command(), counts_answer)
        without_selection(data)
        return all_counts_answer(*await for_all.handle(DeliverForAll(exports_only=False)))

    @post(
        "/outbox/{event_id:uuid}/replay",
        need=Need.ADMIN,
        admin_route=True,
        summary="Replay a dead message",
        problems=("not_found", "outbox_not_dead", "outbox_not_replayable", KEY_REQUIRED),
        action="outbox_replay",
        status_code=202,
    )
    async def replay(
        self, event_id: FromPath[UUID], actor: FromDishka[Actor], handler: FromDishka[ReplayMessageHandler]
    ) -> Response[ReplayedAnswer]:
        return await answer_once(actor, handler, ReplayMessage(EventId(event_id)), _queued)

    @get(
        "/queue/dlq",
        need=Need.ADMIN,
        admin_route=True,
        summary="Everything that could not be delivered, in one queue",
    )
    async def queue(
        self,
        actor: FromDishka[Actor],
        handler: FromDishka[ShowDeadLettersHandler],
        exports: FromDishka[Exports],
        kind: FromQuery[Literal["outbox", "export", "all"]] = "all",
        limit: FromQuery[QueueLimit] = 50,
        offset: FromQuery[Offset] = 0,
    ) -> DeadLettersAnswer:
        halves = HALVES[kind]
        page, replays = await handler.handle(actor, ShowDeadLetters(halves, limit, offset))
        total = page.outbox_count * ("outbox" in halves) + page.export_count * ("export" in halves)
        return dead_letters_answer(page, exports, actor.org_id, replays, total, limit, offset)


def _queued(event: OutboxEvent) -> Response[ReplayedAnswer]:
    return Response(replayed_answer(event), status_code=202, headers={"location": f"{OUTBOX}/{event.id}"})
