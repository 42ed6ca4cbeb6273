from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.tables.identity import mailed_links, sessions
from adapters.postgres.tables.metadata import Instant
from adapters.postgres.tables.platform import idempotency_keys
from domain.identity.link import KEPT_FOR, LinkPurpose
from domain.shared.ids import OrgId

_now = bindparam("now", type_=Instant)
_old_keys = (
    select(idempotency_keys.c.caller, idempotency_keys.c.key)
    .where(idempotency_keys.c.expires_at <= _now)
    .order_by(idempotency_keys.c.expires_at, idempotency_keys.c.caller, idempotency_keys.c.key)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
    .cte("old")  # as a plain subquery it may be run once a row, and its limit with it
)
PURGE_KEYS = delete(idempotency_keys).where(
    tuple_(idempotency_keys.c.caller, idempotency_keys.c.key).in_(select(_old_keys))
)
_old_sessions = (
    select(sessions.c.session_id)
    .where(sessions.c.refresh_expires_at <= _now, sessions.c.expires_at <= _now)
    .order_by(sessions.c.refresh_expires_at, sessions.c.session_id)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
    .cte("old")
)
PURGE_SESSIONS = delete(sessions).where(sessions.c.session_id.in_(select(_old_sessions)))
_old_links = (
    select(mailed_links.c.link_id)
    .where(
        mailed_links.c.created_at <= bindparam("links_until", type_=Instant),
        or_(
            mailed_links.c.used_at.is_not(None),
            mailed_links.c.voided_at.is_not(None),
            mailed_links.c.purpose == LinkPurpose.PASSWORD_RESET.value,
        ),
    )
    .order_by(mailed_links.c.created_at, mailed_links.c.link_id)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
    .cte("old")
)
PURGE_LINKS = delete(mailed_links).where(mailed_links.c.link_id.in_(select(_old_links)))
_org = func.orgs_with_leftovers(_now).column_valued("org_id")
LIST_ORGS = select(_org).order_by(_org)


@dataclass(frozen=True, slots=True)
class PostgresLeftovers:
    connection: AsyncConnection

    async def purge(self, now: datetime, limit: int) -> int:
        bounds: dict[str, Any] = {"now": now, "limit": limit}
        keys = await self.connection.execute(PURGE_KEYS, bounds)
        over = await self.connection.execute(PURGE_SESSIONS, bounds)
        links = await self.connection.execute(PURGE_LINKS, {"links_until": now - KEPT_FOR, "limit": limit})
        return keys.rowcount + over.rowcount + links.rowcount


@dataclass(frozen=True, slots=True)
class PostgresLeftoverOrgs:
    connection: AsyncConnection

    async def list_orgs(self, now: datetime) -> Sequence[OrgId]:
        found = await self.connection.execute(LIST_ORGS, {"now": now})
        return [OrgId(org_id) for org_id in found.scalars()]
