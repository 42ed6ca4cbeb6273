"""Who did what: the audit log, for those who answer for the company."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from dishka import FromDishka
from litestar import Controller
from litestar.params import FromPath, FromQuery, QueryParameter

from application.ports.audit import AuditEntry, AuditFilter, actor_named
from application.safety.read_audit import ListAudit, ListAuditHandler, ReadAuditHandler
from application.safety.shown_entry import shown
from domain.identity.actor import Actor, Need
from domain.shared.ids import AuditId, BreakGlassId
from entrypoints.http.paging import CursorText, Limit, Page, read_cursor, write_cursor
from entrypoints.http.routes import get

Word = Annotated[str, msgspec.Meta(min_length=1, max_length=254)]
Outcome = Literal["ok", "refused", "failed"]


class Place(msgspec.Struct, array_like=True):
    seq: Annotated[int, msgspec.Meta(ge=1, le=10**17)]


class AuditAnswer(msgspec.Struct):
    """`hash` is the SHA-256 of `prev_hash`, as its 64 digits, and the other fields as RFC 8785 JSON."""

    audit_id: UUID
    org_id: UUID
    seq: int | None
    created_at: datetime
    action: str
    outcome: Outcome
    actor: str
    actor_id: UUID | None
    role: str | None
    auth_method: str
    resource_type: str
    resource_id: UUID | None
    reason: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    request_id: str
    ip: str | None
    user_agent: str | None
    break_glass_session_id: UUID | None
    prev_hash: str | None
    hash: str | None


def audit_answer(entry: AuditEntry) -> AuditAnswer:
    hashes = {
        "prev_hash": entry.prev_hash and entry.prev_hash.hex(),
        "hash": entry.hash and entry.hash.hex(),
    }
    return msgspec.convert(shown(entry) | hashes, AuditAnswer)


class AuditController(Controller):
    path = "/v1/admin/audit"

    @get(need=Need.ADMIN, admin_route=True, summary="The audit log, newest first")
    async def list_them(
        self,
        actor: FromDishka[Actor],
        handler: FromDishka[ListAuditHandler],
        action: FromQuery[list[Word] | None] = None,
        by: Annotated[Word | None, QueryParameter(name="actor")] = None,
        resource_type: FromQuery[Word | None] = None,
        resource_id: FromQuery[UUID | None] = None,
        request_id: FromQuery[Word | None] = None,
        outcome: FromQuery[Outcome | None] = None,
        break_glass_session_id: FromQuery[UUID | None] = None,
        created_from: Annotated[datetime | None, QueryParameter(name="from")] = None,
        created_before: Annotated[datetime | None, QueryParameter(name="to")] = None,
        limit: FromQuery[Limit] = 50,
        cursor: FromQuery[CursorText | None] = None,
    ) -> Page[AuditAnswer]:
        place = read_cursor(cursor, Place, of="audit")
        wanted = AuditFilter(
            actions=frozenset(action or ()),
            actor=None if by is None else actor_named(by),
            resource_type=resource_type,
            resource_id=resource_id,
            request_id=request_id,
            outcome=outcome,
            break_glass_session_id=BreakGlassId(break_glass_session_id) if break_glass_session_id else None,
            created_from=created_from,
            created_before=created_before,
            before_seq=None if place is None else place.seq,
        )
        page = await handler.handle(actor, ListAudit(wanted, limit))
        following = None if page.next_seq is None else write_cursor(page.next_seq, of="audit")
        return Page([audit_answer(entry) for entry in page.entries], following)

    @get(
        "/{audit_id:uuid}",
        need=Need.ADMIN,
        admin_route=True,
        summary="One row of the audit log",
        problems=("not_found",),
    )
    async def one(
        self, audit_id: FromPath[UUID], actor: FromDishka[Actor], handler: FromDishka[ReadAuditHandler]
    ) -> AuditAnswer:
        return audit_answer(await handler.handle(actor, AuditId(audit_id)))
