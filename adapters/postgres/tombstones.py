from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Uuid, bindparam, delete, func, insert, or_, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.tables.metadata import Instant
from adapters.postgres.tables.storage import storage_tombstones as table
from domain.shared.ids import BookingId, OrgId, PhotoId, TombstoneId
from domain.storage.tombstone import Tombstone, TombstoneState, Variant

c = table.c
COLUMNS = [column for column in c if column.name != "org_id"]
CHANGING = ("state", "attempts", "last_error", "next_attempt_at", "lease_expires_at")
NOW = bindparam("now", type_=Instant)
IDS = bindparam("ids", type_=ARRAY(Uuid)).any_()

ADD = insert(table).values({column.name: bindparam(column.name) for column in COLUMNS})
_due = (
    select(c.tombstone_id)
    .where(c.next_attempt_at <= NOW, or_(c.lease_expires_at.is_(None), c.lease_expires_at <= NOW))
    .order_by(c.next_attempt_at, c.tombstone_id)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
    .cte("due")
)
CLAIM = (
    update(table)
    .where(c.tombstone_id == _due.c.tombstone_id)
    .values(lease_expires_at=bindparam("leased_until", type_=Instant))
    .returning(*COLUMNS)
)
LOCK = select(*COLUMNS).where(c.tombstone_id == IDS).order_by(c.tombstone_id).with_for_update()
SAVE = (
    update(table)
    .where(c.tombstone_id == bindparam("saved_id"))
    .values({name: bindparam(name) for name in CHANGING})
)
REMOVE = delete(table).where(c.tombstone_id == IDS)
READ = select(*COLUMNS).order_by(c.created_at, c.tombstone_id)
COUNT = select(func.count()).select_from(table)
_org = func.orgs_with_due_tombstones(NOW).column_valued("org_id")
LIST_ORGS = select(_org).order_by(_org)
COUNT_ALL = text("select state, objects from storage_delete_queue()")


@dataclass(frozen=True, slots=True)
class PostgresTombstones:
    connection: AsyncConnection

    async def add(self, tombstones: Sequence[Tombstone]) -> None:
        if tombstones:
            await self.connection.execute(ADD, [_row(tombstone) for tombstone in tombstones])

    async def claim_due(self, now: datetime, lease: timedelta, limit: int) -> Sequence[Tombstone]:
        asked = {"now": now, "limit": limit, "leased_until": now + lease}
        claimed = [_tombstone(row) for row in await self.connection.execute(CLAIM, asked)]
        return sorted(claimed, key=lambda tombstone: (tombstone.next_attempt_at, tombstone.id))

    async def lock(self, ids: Sequence[TombstoneId]) -> Sequence[Tombstone]:
        return [_tombstone(row) for row in await self.connection.execute(LOCK, {"ids": list(ids)})]

    async def save(self, tombstones: Sequence[Tombstone]) -> None:
        if tombstones:
            rows = [
                {"saved_id": tombstone.id, **{name: getattr(tombstone, name) for name in CHANGING}}
                for tombstone in tombstones
            ]
            await self.connection.execute(SAVE, rows)

    async def remove(self, ids: Sequence[TombstoneId]) -> None:
        await self.connection.execute(REMOVE, {"ids": list(ids)})

    async def list_range(
        self, state: TombstoneState | None, *, limit: int, offset: int
    ) -> Sequence[Tombstone]:
        wanted = READ if state is None else READ.where(c.state == state)
        return [_tombstone(row) for row in await self.connection.execute(wanted.limit(limit).offset(offset))]

    async def count(self, state: TombstoneState | None) -> int:
        wanted = COUNT if state is None else COUNT.where(c.state == state)
        return int((await self.connection.execute(wanted)).scalar_one())


@dataclass(frozen=True, slots=True)
class PostgresTombstoneOrgs:
    connection: AsyncConnection

    async def list_orgs(self, now: datetime) -> Sequence[OrgId]:
        found = await self.connection.execute(LIST_ORGS, {"now": now})
        return [OrgId(org_id) for org_id in found.scalars()]

    async def count(self) -> Mapping[TombstoneState, int]:
        found = await self.connection.execute(COUNT_ALL)
        return {TombstoneState(state): objects for state, objects in found}


def _row(tombstone: Tombstone) -> dict[str, Any]:
    return {
        "tombstone_id": tombstone.id,
        "object_key": tombstone.key,
        **{
            column.name: getattr(tombstone, column.name)
            for column in COLUMNS
            if column.name not in {"tombstone_id", "object_key"}
        },
    }


def _tombstone(row: Row[*tuple[Any, ...]]) -> Tombstone:
    return Tombstone(
        id=TombstoneId(row.tombstone_id),
        booking_id=BookingId(row.booking_id),
        photo_id=PhotoId(row.photo_id),
        variant=Variant(row.variant),
        key=row.object_key,
        stored_key=row.stored_key,
        state=TombstoneState(row.state),
        attempts=row.attempts,
        last_error=row.last_error,
        next_attempt_at=row.next_attempt_at,
        lease_expires_at=row.lease_expires_at,
        created_at=row.created_at,
    )
