"""One transaction on PostgreSQL, pinned to one organisation by its first message."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres.connection import REQUEST, Limits, TenantConnection, opening
from adapters.postgres.errors import connecting, translated
from adapters.postgres.idempotency import Claim
from adapters.postgres.unit import PostgresGlobalUnit, PostgresUnit
from application.ports.clock import Clock
from application.ports.field_cipher import FieldCipher
from application.ports.identifiers import Identifiers
from domain.identity.once import Once
from domain.shared.ids import OrgId


@dataclass(frozen=True, slots=True)
class PostgresUnitOfWork:
    engine: AsyncEngine
    clock: Clock
    ids: Identifiers
    cipher: FieldCipher
    limits: Limits = REQUEST

    def within(self, limits: Limits) -> "PostgresUnitOfWork":
        """The same database for another kind of work: a job, an export."""
        return replace(self, limits=limits)

    @asynccontextmanager
    async def begin(self, org_id: OrgId, *, once: Once | None = None) -> AsyncIterator[PostgresUnit]:
        async with self._transaction(org_id) as connection:
            claim = Claim(connection, org_id, once, self.clock, self.cipher)
            await claim.take()
            yield PostgresUnit(org_id, connection, claim, self.clock, self.ids)
            claim.finish()

    @asynccontextmanager
    async def begin_global(self) -> AsyncIterator[PostgresGlobalUnit]:
        async with self._transaction(None) as connection:
            yield PostgresGlobalUnit(connection, self.clock, self.ids)

    @asynccontextmanager
    async def _transaction(self, org_id: UUID | None) -> AsyncIterator[AsyncConnection]:
        with translated():
            with connecting():
                connection = await self.engine.connect()
            # By hand what `async with connection, connection.begin()` does: half its price, on every request.
            try:
                driver_of(connection).open_with(opening(org_id, self.limits))
                yield connection
                await connection.commit()
            except BaseException as error:
                await connection.__aexit__(type(error), error, None)  # rolls back, also when cancelled
                raise
            await connection.close()


def driver_of(connection: AsyncConnection) -> TenantConnection:
    """The driver's own connection underneath, for what SQLAlchemy has no words for."""
    driver = connection.sync_connection.connection.driver_connection if connection.sync_connection else None
    if not issubclass(type(driver), TenantConnection):  # the driver answers isinstance with yes for all
        raise TypeError("This engine was not made by make_engine: its transactions would not be pinned.")
    return cast("TenantConnection", driver)
