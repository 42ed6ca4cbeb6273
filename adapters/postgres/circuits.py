from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Row, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.tables.delivery import circuit_breakers as table
from domain.shared.circuit import Circuit

FIND = select(table).where(table.c.name == bindparam("name"))
LOCK = FIND.with_for_update()
ENSURE = insert(table).on_conflict_do_nothing()
LIST_ALL = select(table).order_by(table.c.name.collate("C"))
_CHANGING = [field.name for field in fields(Circuit) if field.name != "name"]
SAVE = (
    update(table)
    .where(table.c.name == bindparam("saved_name"))
    .values({name: bindparam(name) for name in _CHANGING})
)


@dataclass(frozen=True, slots=True)
class PostgresCircuits:
    connection: AsyncConnection

    async def find(self, name: str) -> Circuit:
        row = (await self.connection.execute(FIND, {"name": name})).one_or_none()
        return Circuit(name=name) if row is None else _circuit(row)

    async def lock(self, name: str) -> Circuit:
        await self.connection.execute(ENSURE, {"name": name})
        return _circuit((await self.connection.execute(LOCK, {"name": name})).one())

    async def save(self, circuit: Circuit) -> None:
        changes = {name: getattr(circuit, name) for name in _CHANGING}
        await self.connection.execute(
            SAVE, {"saved_name": circuit.name, **changes, "faults": list(circuit.faults)}
        )

    async def list_all(self) -> Sequence[Circuit]:
        return [_circuit(row) for row in await self.connection.execute(LIST_ALL)]


def _circuit(row: Row[Any]) -> Circuit:
    values = dict(row._mapping)  # the documented way to a row's names
    return Circuit(**{**values, "faults": tuple(values["faults"])})
