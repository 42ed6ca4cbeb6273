"""A read's transaction, begun before the use case asks for it, with the look at the caller's session.

One transaction less on every signed-in read (decision 9). A request holds one connection at a time: a unit of
another organisation, or of none, gives this one back before it takes its own.
"""

from contextvars import ContextVar
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.connection import Limits
from domain.shared.ids import OrgId


@dataclass(slots=True)
class Begun:
    """Shared by all tasks of the request; its connection is handed out once."""

    org_id: OrgId
    limits: Limits
    connection: AsyncConnection | None

    def handed_out(self) -> AsyncConnection | None:
        connection, self.connection = self.connection, None
        return connection


_begun: ContextVar[Begun | None] = ContextVar("begun", default=None)


def announce(begun: Begun) -> None:
    """The request's next unit goes on with this transaction."""
    _begun.set(begun)


async def begun_for(org_id: object, limits: Limits) -> AsyncConnection | None:
    """The transaction to go on with. One that does not fit is ended."""
    begun = _begun.get()
    connection = begun.handed_out() if begun is not None else None
    if begun is None or connection is None:
        return None
    if begun.org_id == org_id and begun.limits == limits:
        return connection
    await connection.__aexit__(None, None, None)  # closes it, also when cancelled
    return None


async def end_begun() -> None:
    """Gives the connection back if no unit went on with it."""
    begun = _begun.get()
    connection = begun.handed_out() if begun is not None else None
    if connection is not None:
        await connection.__aexit__(None, None, None)
