from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, Uuid, bindparam, cast, delete, insert, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.tables.scheduling import blackouts
from application.ports.blackouts import BlackoutFilter
from domain.scheduling.blackout import LONGEST_WINDOW, Blackout
from domain.shared.errors import NotFound
from domain.shared.ids import BlackoutId, TeamId, UserId, WorkerId

BLACKOUT = (
    blackouts.c.blackout_id,
    blackouts.c.starts_at,
    blackouts.c.ends_at,
    blackouts.c.reason,
    blackouts.c.team_id,
    blackouts.c.worker_id,
    blackouts.c.created_by,
    blackouts.c.created_at,
)
GET = select(*BLACKOUT).where(blackouts.c.blackout_id == bindparam("wanted"))
TEAM, WORKER = cast(bindparam("team"), Uuid), cast(bindparam("worker"), Uuid)
AFTER_START = cast(bindparam("after_start"), DateTime(timezone=True))
AFTER_ID = cast(bindparam("after_id"), Uuid)
PLACE = tuple_(blackouts.c.starts_at, blackouts.c.blackout_id)
LIST = (
    select(*BLACKOUT)
    .where(
        blackouts.c.starts_at < bindparam("period_end"),
        blackouts.c.starts_at > bindparam("earliest"),  # none is longer: keeps the index range short
        blackouts.c.ends_at > bindparam("period_start"),
        or_(TEAM.is_(None), blackouts.c.team_id == TEAM),
        or_(WORKER.is_(None), blackouts.c.worker_id == WORKER),
        or_(AFTER_START.is_(None), tuple_(AFTER_START, AFTER_ID) < PLACE),
    )
    .order_by(blackouts.c.starts_at, blackouts.c.blackout_id)
    .limit(bindparam("most"))
)
ADD = insert(blackouts)
DELETE = delete(blackouts).where(blackouts.c.blackout_id == bindparam("wanted"))


def to_blackout(row: Sequence[Any]) -> Blackout:
    return Blackout(
        id=BlackoutId(row[0]),
        starts_at=row[1],
        ends_at=row[2],
        reason=row[3],
        team_id=None if row[4] is None else TeamId(row[4]),
        worker_id=None if row[5] is None else WorkerId(row[5]),
        created_by=None if row[6] is None else UserId(row[6]),
        created_at=row[7],
    )


@dataclass(frozen=True, slots=True)
class PostgresBlackouts:
    connection: AsyncConnection

    async def get(self, blackout_id: BlackoutId) -> Blackout:
        row = (await self.connection.execute(GET, {"wanted": blackout_id})).one_or_none()
        if row is None:
            raise NotFound("blackout_id")
        return to_blackout(row)

    async def list_touching(
        self, chosen: BlackoutFilter, *, after: tuple[datetime, BlackoutId] | None, limit: int
    ) -> list[Blackout]:
        start, last = after or (None, None)
        asked = {
            "period_start": chosen.starts_at,
            "period_end": chosen.ends_at,
            "earliest": chosen.starts_at - LONGEST_WINDOW,
            "team": chosen.team_id,
            "worker": chosen.worker_id,
            "after_start": start,
            "after_id": last,
            "most": limit,
        }
        return [to_blackout(row) for row in await self.connection.execute(LIST, asked)]

    async def add(self, blackout: Blackout) -> None:
        row = {column.name: getattr(blackout, column.name) for column in BLACKOUT[1:]}
        await self.connection.execute(ADD, row | {"blackout_id": blackout.id})

    async def delete(self, blackout_id: BlackoutId) -> None:
        gone = await self.connection.execute(DELETE, {"wanted": blackout_id})
        if not gone.rowcount:
            raise NotFound("blackout_id")
