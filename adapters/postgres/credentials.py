"""What every request asks before its own work, in one statement: without a transaction, or as the first of
the read that follows. On the hot path: the driver's own connection, no SQLAlchemy statement."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import asyncpg  # type: ignore[import-untyped]  # it ships no types
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.ahead import Begun, announce, end_begun
from adapters.postgres.connection import REQUEST, Limits, abandon, pinned
from adapters.postgres.errors import RETRY_AFTER_SECONDS, connecting, translated
from adapters.postgres.hot_read import HotRead
from application.ports.sessions import Standing
from domain.identity.actor import Role
from domain.identity.membership import MembershipStatus
from domain.identity.session import RevokedReason
from domain.shared.errors import Unavailable
from domain.shared.ids import OrgId, SessionId, UserId
from domain.tenancy.org import OrgStatus

STANDING = (
    "select s.user_id, p.email, s.role, s.membership_status, s.org_status, s.generation_current, "
    "s.epoch_current, s.revoked_reason, s.expires_at, s.proved_at, s.mfa_verified, s.must_change_password, "
    "(select timezone from org_profiles) "  # seen where the transaction has pinned the organisation
    "from session_state($1, $2, $3) s join persons p on p.user_id = s.user_id"
)
READ_STANDING = HotRead(STANDING, ("org_id", "session_id", "generation"))
ACTIVE_BY_SLUG = "select id from orgs where slug = $1 and status = 'active'"
STATUS = "select status from orgs where id = $1"


async def ask(engine: AsyncEngine, statement: str, *values: Any) -> Any:
    """The one row, or None."""
    with translated():
        async with AsyncExitStack() as stack:
            with connecting():
                connection = await stack.enter_async_context(engine.connect())
            driver: Any = (await connection.get_raw_connection()).driver_connection
            try:
                return await driver.fetchrow(statement, *values)
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
                raise Unavailable(
                    "The database is not available.", retry_after_seconds=RETRY_AFTER_SECONDS
                ) from error


@dataclass(frozen=True, slots=True)
class PostgresSessionStates:
    engine: AsyncEngine
    limits: Limits = REQUEST

    async def read(self, org_id: OrgId, session_id: SessionId, generation: int) -> Standing | None:
        row = await ask(self.engine, STANDING, org_id, session_id, generation)
        return None if row is None else to_standing(row)

    async def begin(self, org_id: OrgId, session_id: SessionId, generation: int) -> Standing | None:
        asked = {"org_id": org_id, "session_id": session_id, "generation": generation}
        with translated():
            connection = await pinned(self.engine, org_id, self.limits)
            try:
                rows = await READ_STANDING.rows(connection, asked)
            except BaseException as error:
                await abandon(connection, error)
                raise
        announce(Begun(org_id, self.limits, connection))
        return to_standing(rows[0]) if rows else None

    async def end(self) -> None:
        await end_begun()


@dataclass(frozen=True, slots=True)
class PostgresActiveOrgs:
    engine: AsyncEngine

    async def by_slug(self, slug: str) -> OrgId | None:
        row = await ask(self.engine, ACTIVE_BY_SLUG, slug)
        return None if row is None else OrgId(row[0])

    async def status_of(self, org_id: OrgId) -> OrgStatus | None:
        row = await ask(self.engine, STATUS, org_id)
        return None if row is None else OrgStatus(row[0])


def to_standing(row: Sequence[Any]) -> Standing:
    return Standing(
        user_id=UserId(row[0]),
        email=row[1],
        role=Role(row[2]),
        membership=MembershipStatus(row[3]),
        org_active=row[4] == "active",
        generation_current=row[5],
        epoch_current=row[6],
        revoked_reason=row[7] and RevokedReason(row[7]),
        expires_at=row[8],
        proved_at=row[9],
        mfa_verified=row[10],
        must_change_password=row[11],
        org_timezone=row[12],
    )
