from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.tables.delivery import job_heartbeats
from domain.delivery.heartbeat import Heartbeat

ENSURE = insert(job_heartbeats).on_conflict_do_nothing()
LOCK = select(job_heartbeats).where(job_heartbeats.c.name == bindparam("name")).with_for_update()
LIST_ALL = select(job_heartbeats).order_by(job_heartbeats.c.name.collate("C"))
_CHANGING = [column.name for column in job_heartbeats.c if column.name != "name"]
_MOMENTS = ("runners", "at_work")  # by runner
SAVE = (
    update(job_heartbeats)
    .where(job_heartbeats.c.name == bindparam("saved_name"))
    .values({name: bindparam(name) for name in _CHANGING})
)


@dataclass(frozen=True, slots=True)
class PostgresHeartbeats:
    connection: AsyncConnection

    async def lock(self, name: str) -> Heartbeat:
        await self.connection.execute(ENSURE, {"name": name})
        return _to_heartbeat((await self.connection.execute(LOCK, {"name": name})).one())

    async def save(self, heartbeat: Heartbeat) -> None:
        row = {name: getattr(heartbeat, name) for name in _CHANGING}
        row |= {name: _written(getattr(heartbeat, name)) for name in _MOMENTS}
        await self.connection.execute(SAVE, {"saved_name": heartbeat.name, **row})

    async def list_all(self) -> list[Heartbeat]:
        return [_to_heartbeat(row) for row in await self.connection.execute(LIST_ALL)]


def _written(moments: Mapping[str, datetime]) -> dict[str, str]:
    return {runner: at.isoformat() for runner, at in moments.items()}


def _to_heartbeat(row: Row[Any]) -> Heartbeat:
    fields = dict(row._mapping)  # the documented way to a row's names
    for name in _MOMENTS:
        fields[name] = {runner: datetime.fromisoformat(at) for runner, at in fields[name].items()}
    return Heartbeat(**fields)
