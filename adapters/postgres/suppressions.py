from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import LargeBinary, Row, Text, bindparam, collate, delete, literal_column, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.tables.delivery import email_suppressions as table
from application.ports.suppressions import SuppressionFilter
from domain.delivery.suppression import Reason, Scope, Suppression
from domain.shared.errors import NotFound
from domain.shared.ids import EventId, SuppressionId

c = table.c
READ = select(
    c.suppression_id, c.recipient, c.address_hash, c.scope, c.reason, c.source_event_id, c.created_at
)
ADD = insert(table).on_conflict_do_nothing()  # by recipient or by hash
OF_ADDRESS = or_(
    c.recipient_norm == bindparam("recipient_norm", type_=Text),
    c.address_hash == bindparam("hashes", type_=ARRAY(LargeBinary)).any_(),
)
FIND = (
    READ.where(
        OF_ADDRESS,
        c.scope.in_([literal_column("'all'"), bindparam("template_scope")]),
    )
    .order_by(collate(c.scope, "C"), c.suppression_id)
    .limit(1)
)
AMONG = READ.where(
    or_(
        c.recipient_norm == bindparam("norms", type_=ARRAY(Text)).any_(),
        c.address_hash == bindparam("hashes", type_=ARRAY(LargeBinary)).any_(),
    )
)
LOCK = READ.where(c.suppression_id == bindparam("id")).with_for_update()
REMOVE = delete(table).where(c.suppression_id == bindparam("id"))
LIFT = delete(table).where(
    OF_ADDRESS, c.scope == bindparam("lifted_scope"), c.reason == bindparam("lifted_reason")
)


@dataclass(frozen=True, slots=True)
class PostgresSuppressions:
    connection: AsyncConnection

    async def add(self, suppression: Suppression) -> None:
        row = {
            "suppression_id": suppression.id,
            "recipient": suppression.recipient,
            "recipient_norm": _norm(suppression.recipient),
            "address_hash": suppression.address_hash,
            "scope": suppression.scope,
            "reason": suppression.reason,
            "source_event_id": suppression.source_event_id,
            "created_at": suppression.created_at,
        }
        await self.connection.execute(ADD, row)

    async def find(
        self, recipient: str, template_scope: str, hashes: Sequence[bytes] = ()
    ) -> Suppression | None:
        asked = {
            "recipient_norm": _norm(recipient),
            "hashes": list(hashes),
            "template_scope": template_scope,
        }
        row = (await self.connection.execute(FIND, asked)).one_or_none()
        return None if row is None else _suppression(row)

    async def among(self, recipients: Sequence[str], hashes: Sequence[bytes]) -> Sequence[Suppression]:
        asked = {"norms": [recipient.lower() for recipient in recipients], "hashes": list(hashes)}
        return [_suppression(row) for row in await self.connection.execute(AMONG, asked)]

    async def lift(
        self, recipient: str | None, hashes: Sequence[bytes], scope: Scope, reason: Reason
    ) -> None:
        asked = {"recipient_norm": _norm(recipient), "hashes": list(hashes)}
        await self.connection.execute(LIFT, {**asked, "lifted_scope": scope, "lifted_reason": reason})

    async def lock(self, suppression_id: SuppressionId) -> Suppression:
        row = (await self.connection.execute(LOCK, {"id": suppression_id})).one_or_none()
        if row is None:
            raise NotFound("suppression_id")
        return _suppression(row)

    async def remove(self, suppression_id: SuppressionId) -> None:
        await self.connection.execute(REMOVE, {"id": suppression_id})

    async def list_page(
        self, wanted: SuppressionFilter, after: SuppressionId | None, limit: int
    ) -> Sequence[Suppression]:
        found = READ.order_by(c.suppression_id.desc()).limit(limit)
        if wanted.reason is not None:
            found = found.where(c.reason == wanted.reason)
        if wanted.recipient is not None:
            of_hash = c.address_hash.in_(list(wanted.hashes))
            found = found.where(or_(c.recipient_norm == wanted.recipient.lower(), of_hash))
        if after is not None:
            found = found.where(c.suppression_id < after)
        return [_suppression(row) for row in await self.connection.execute(found)]


def _norm(recipient: str | None) -> str | None:
    return None if recipient is None else recipient.lower()


def _suppression(row: Row[*tuple[Any, ...]]) -> Suppression:
    return Suppression(
        id=SuppressionId(row.suppression_id),
        recipient=row.recipient,
        address_hash=row.address_hash,
        scope=Scope(row.scope),
        reason=Reason(row.reason),
        source_event_id=None if row.source_event_id is None else EventId(row.source_event_id),
        created_at=row.created_at,
    )
