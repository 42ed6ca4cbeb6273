"""Addresses of an organisation's clients that get no mail."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from dishka import FromDishka
from litestar import Controller
from litestar.params import FromPath, FromQuery, QueryParameter

from application.delivery.suppressing import (
    ListSuppressions,
    ListSuppressionsHandler,
    RemoveSuppression,
    RemoveSuppressionHandler,
)
from application.ports.suppressions import SuppressionFilter
from domain.delivery.suppression import Reason, Scope, Suppression
from domain.identity.actor import Actor, Need
from domain.shared.ids import SuppressionId
from entrypoints.http.paging import CursorText, Limit, Page, read_cursor, write_cursor
from entrypoints.http.routes import delete, get

Recipient = Annotated[
    str, msgspec.Meta(min_length=1, max_length=254), QueryParameter(description="The whole address.")
]


class SuppressionAnswer(msgspec.Struct):
    """`recipient` is null where the mail whose link was used has been erased."""

    suppression_id: UUID
    recipient: str | None
    scope: Scope
    reason: Reason
    source_event_id: UUID | None
    created_at: datetime

    @classmethod
    def of(cls, found: Suppression) -> "SuppressionAnswer":
        return cls(
            suppression_id=found.id,
            recipient=found.recipient,
            scope=found.scope,
            reason=found.reason,
            source_event_id=found.source_event_id,
            created_at=found.created_at,
        )


class SuppressionsController(Controller):
    path = "/v1/admin/messaging/suppressions"
    tags = ["delivery"]

    @get(need=Need.ADMIN, admin_route=True, summary="Addresses that get no mail, newest first")
    async def list_them(
        self,
        actor: FromDishka[Actor],
        handler: FromDishka[ListSuppressionsHandler],
        reason: FromQuery[Reason | None] = None,
        recipient: FromQuery[Recipient | None] = None,
        limit: FromQuery[Limit] = 50,
        cursor: FromQuery[CursorText | None] = None,
    ) -> Page[SuppressionAnswer]:
        place = read_cursor(cursor, tuple[UUID], of="suppressions")
        after = None if place is None else SuppressionId(place[0])
        wanted = SuppressionFilter(reason=reason, recipient=recipient)
        found = await handler.handle(actor, ListSuppressions(wanted, after, limit))
        page = found[:limit]
        more = write_cursor(page[-1].id, of="suppressions") if len(found) > limit else None
        return Page([SuppressionAnswer.of(each) for each in page], more)

    @delete(
        "/{suppression_id:uuid}",
        need=Need.ADMIN,
        admin_route=True,
        summary="Let an address get mail again",
        problems=("not_found", "suppression_by_recipient"),
    )
    async def remove(
        self,
        suppression_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handler: FromDishka[RemoveSuppressionHandler],
    ) -> None:
        await handler.handle(actor, RemoveSuppression(SuppressionId(suppression_id)))
