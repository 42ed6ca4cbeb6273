from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from application.ports.unit_of_work import GlobalUnit, Unit, UnitOfWork
from domain.identity.once import Once
from domain.shared.ids import OrgId


@dataclass
class Meanwhile(UnitOfWork):
    """Somebody else is quicker: `happens` comes to pass before the next unit of an organisation begins, after
    all that was read before it."""

    uow: UnitOfWork
    happens: Callable[[], Awaitable[object]] | None = None

    def begin_global(self) -> AbstractAsyncContextManager[GlobalUnit]:
        return self.uow.begin_global()

    @asynccontextmanager
    async def begin(self, org_id: OrgId, *, once: Once | None = None) -> AsyncIterator[Unit]:
        happens, self.happens = self.happens, None
        if happens is not None:
            await happens()
        async with self.uow.begin(org_id, once=once) as unit:
            yield unit
