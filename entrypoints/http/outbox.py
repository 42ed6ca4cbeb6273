"""The outbox: what left, what waits, what could not leave."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from dishka import FromDishka
from litestar import Controller
from litestar.params import FromPath, FromQuery

from application.delivery.export_channel import Exports
from application.delivery.read_outbox import ListMessages, ListMessagesHandler, ReadMessageHandler
from application.delivery.rules import DeliveryRules
from application.ports.outbox_views import MessageFilter, MessagePosition
from domain.delivery.outbox_event import EventStatus
from domain.identity.actor import Actor, Need
from domain.shared.ids import EventId
from entrypoints.http.outbox_bodies import (
    OUTBOX,
    MessageAnswer,
    MessageDetailAnswer,
    attempt_answer,
    message_answer,
    message_values,
)
from entrypoints.http.paging import CursorText, Limit, Page
from entrypoints.http.places import read_instant_place, write_instant_place
from entrypoints.http.routes import get

Kind = Literal["email", "webhook", "export"]
Word = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Key = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]


class OutboxController(Controller):
    path = OUTBOX
    tags = ["delivery"]

    @get(need=Need.ADMIN, admin_route=True, summary="Outgoing messages, newest first")
    async def list_them(
        self,
        actor: FromDishka[Actor],
        handler: FromDishka[ListMessagesHandler],
        rules: FromDishka[DeliveryRules],
        exports: FromDishka[Exports],
        kind: FromQuery[Kind | None] = None,
        status: FromQuery[EventStatus | None] = None,
        resource_type: FromQuery[Word | None] = None,
        resource_id: FromQuery[UUID | None] = None,
        dedupe_key: FromQuery[Key | None] = None,
        limit: FromQuery[Limit] = 50,
        cursor: FromQuery[CursorText | None] = None,
    ) -> Page[MessageAnswer]:
        wanted = MessageFilter(
            kind=kind,
            status=status,
            resource_type=resource_type,
            resource_id=resource_id,
            dedupe_key=dedupe_key,
        )
        page = await handler.handle(actor, ListMessages(wanted, _position(cursor), limit))
        items = [
            message_answer(
                view, actor, rules.policy(view.kind).max_attempts, page.replays, exports.host_of(view.kind)
            )
            for view in page.views
        ]
        return Page(items, _cursor(page.next))

    @get(
        "/{event_id:uuid}",
        need=Need.VIEW,
        admin_route=True,
        summary="One outgoing message, with every attempt to deliver it",
        problems=("not_found",),
    )
    async def one(
        self,
        event_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handler: FromDishka[ReadMessageHandler],
        rules: FromDishka[DeliveryRules],
        exports: FromDishka[Exports],
    ) -> MessageDetailAnswer:
        found = await handler.handle(actor, EventId(event_id))
        view = found.view
        values = message_values(
            view, actor, rules.policy(view.kind).max_attempts, found.replays, exports.host_of(view.kind)
        )
        log = [attempt_answer(attempt) for attempt in found.attempts]
        return msgspec.convert({**values, "attempt_log": log}, MessageDetailAnswer)


def _position(cursor: str | None) -> MessagePosition | None:
    place = read_instant_place(cursor, of="outbox")
    return None if place is None else MessagePosition(place[0], EventId(place[1]))


def _cursor(position: MessagePosition | None) -> str | None:
    place = None if position is None else (position.created_at, position.event_id)
    return write_instant_place(place, of="outbox")
