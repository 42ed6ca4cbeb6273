"""One transaction on PostgreSQL, pinned to one organisation by its first message."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres.ahead import begun_for
from adapters.postgres.connection import REQUEST, Limits, abandon, commit, pinned
from adapters.postgres.errors import translated
from adapters.postgres.idempotency import Claim
from adapters.postgres.unit import PostgresGlobalUnit, PostgresUnit
from application.ports.clock import Clock
from application.ports.field_cipher import FieldCipher
from application.ports.identifiers import Identifiers
from application.ports.measures import Measures, Unmeasured
from application.ports.outbox import untraced
from domain.identity.once import Once
from domain.shared.ids import OrgId


@dataclass(frozen=True, slots=True)
class PostgresUnitOfWork:
    engine: AsyncEngine
    clock: Clock
    ids: Identifiers
    cipher: FieldCipher
    limits: Limits = REQUEST
    measures: Measures = field(default_factory=Unmeasured)
    traceparent: Callable[[], str] = untraced

    def within(self, limits: Limits) -> "PostgresUnitOfWork":
        """The same database for another kind of work: a job, an export."""
        return replace(self, limits=limits)

    @asynccontextmanager
    async def begin(self, org_id: OrgId, *, once: Once | None = None) -> AsyncIterator[PostgresUnit]:
        async with self._transaction(org_id) as connection:
            claim = Claim(connection, org_id, once, self.clock, self.cipher)
            await claim.take()
            unit = PostgresUnit(org_id, connection, claim, self.clock, self.ids, self.traceparent)
            yield unit
            claim.finish()
        self.measures.note(unit.counts.taken)

    @asynccontextmanager
    async def begin_global(self) -> AsyncIterator[PostgresGlobalUnit]:
        async with self._transaction(None) as connection:
            yield PostgresGlobalUnit(connection, self.clock, self.ids)

    @asynccontextmanager
    async def _transaction(self, org_id: UUID | None) -> AsyncIterator[AsyncConnection]:
        with translated():
            connection = await begun_for(org_id, self.limits)
            if connection is None:
                connection = await pinned(self.engine, org_id, self.limits)
            # By hand what `async with connection, connection.begin()` does: half its price, on every request.
            try:
                yield connection
                await commit(connection)
            except BaseException as error:
                await abandon(connection, error)
                raise
            await connection.close()
