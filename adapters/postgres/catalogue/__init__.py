"""The proof that the database keeps organisations apart, read from its own catalogue.

Each check is a query that answers one sentence for each fault; a sound database answers nothing.
"""

from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.catalogue.doors import DOOR_CHECKS
from adapters.postgres.catalogue.prelude import prelude
from adapters.postgres.catalogue.rights import RIGHT_CHECKS, RUNNING_ROLE
from adapters.postgres.catalogue.rows import ROW_CHECKS
from adapters.postgres.catalogue.tables import TABLE_CHECKS

CHECKS = (*TABLE_CHECKS, *ROW_CHECKS, *RIGHT_CHECKS, *DOOR_CHECKS)


async def faults(connection: AsyncConnection) -> list[str]:
    """Everything that could let one organisation see or touch another's rows. Any role may ask."""
    return await _ask(connection, CHECKS)


async def role_faults(connection: AsyncConnection) -> list[str]:
    """Why the role of this very connection must not run the application."""
    return await _ask(connection, (RUNNING_ROLE,))


async def _ask(connection: AsyncConnection, checks: tuple[str, ...]) -> list[str]:
    found: list[str] = []
    for check in checks:
        answer = await connection.exec_driver_sql(f"{prelude()} {check}")
        found.extend(str(sentence) for sentence in answer.scalars())
    return sorted(found)
