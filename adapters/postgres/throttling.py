from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import LargeBinary, Uuid, bindparam, delete, func, insert, select, tuple_, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.tables.identity import auth_failures, throttle_counters
from adapters.postgres.tables.metadata import Instant
from application.ports.persons import AuthFailure
from domain.identity.wrong_tries import Lockout, TryCounter
from domain.shared.ids import UserId

_key, _expires_at = throttle_counters.c.counter_key, throttle_counters.c.expires_at
_COUNTER = (_key, *(throttle_counters.c[name] for name in ("tries", "in_a_row", "known_until")))
_keys = bindparam("keys", type_=ARRAY(LargeBinary))
READ = select(*_COUNTER).where(_key == _keys.any_())
_made = upsert(throttle_counters).from_select(["counter_key"], select(func.unnest(_keys)))
# Makes what is missing and locks what is there, in the order of the keys: nobody waits in a ring.
LOCK = _made.on_conflict_do_update(
    index_elements=[_key], set_={"counter_key": _made.excluded.counter_key}
).returning(*_COUNTER)
_CHANGING = ("tries", "in_a_row", "known_until", "expires_at")
SAVE = (
    update(throttle_counters)
    .where(_key == bindparam("key"))
    .values({name: bindparam(name) for name in _CHANGING})
)
_over = (
    select(_key)
    .where(_expires_at <= bindparam("now", type_=Instant))
    .order_by(_expires_at)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
    .cte("over")
)
PURGE = delete(throttle_counters).where(_key.in_(select(_over)))
_f = auth_failures.c
FAILURE = (
    _f.auth_failure_id,
    _f.occurred_at,
    _f.purpose,
    _f.email_key,
    _f.ip,
    _f.user_agent,
    _f.request_id,
    _f.lockout,
    _f.user_id,
)
RECORD_FAILURE = insert(auth_failures)
LIST_UNTOLD = (
    select(*FAILURE)
    .where(_f.lockout.is_not(None), _f.user_id.is_not(None), _f.told_at.is_(None))
    .order_by(_f.occurred_at, _f.auth_failure_id)
    .limit(bindparam("limit"))
)
LIST_UNTOLD_AFTER = LIST_UNTOLD.where(
    tuple_(_f.occurred_at, _f.auth_failure_id)
    > tuple_(bindparam("occurred_at", type_=Instant), bindparam("id", type_=Uuid))
)
SETTLE = (
    update(auth_failures)
    .where(_f.auth_failure_id == bindparam("id"), _f.told_at.is_(None))
    .values(told_at=bindparam("now"))
)
_old = (
    select(_f.auth_failure_id)
    .where(_f.occurred_at < bindparam("before", type_=Instant))
    .order_by(_f.occurred_at)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
    .cte("old")
)
PURGE_FAILURES = delete(auth_failures).where(_f.auth_failure_id.in_(select(_old)))


@dataclass(frozen=True, slots=True)
class PostgresTryCounters:
    connection: AsyncConnection

    async def lock(self, keys: Sequence[bytes]) -> list[TryCounter]:
        rows = await self.connection.execute(LOCK, {"keys": sorted(set(keys))})
        found = {row[0]: to_counter(row) for row in rows}
        return [found[key] for key in keys]

    async def read(self, keys: Sequence[bytes]) -> list[TryCounter]:
        rows = await self.connection.execute(READ, {"keys": list(keys)})
        found = {row[0]: to_counter(row) for row in rows}
        return [found.get(key, TryCounter(key=key)) for key in keys]

    async def save(self, counters: Iterable[TryCounter], now: datetime) -> None:
        await self.connection.execute(SAVE, [from_counter(counter, now) for counter in counters])

    async def purge(self, now: datetime, limit: int) -> int:
        return (await self.connection.execute(PURGE, {"now": now, "limit": limit})).rowcount


@dataclass(frozen=True, slots=True)
class PostgresAuthFailures:
    connection: AsyncConnection

    async def record(self, failure: AuthFailure) -> None:
        row = {
            "auth_failure_id": failure.id,
            "occurred_at": failure.occurred_at,
            "purpose": failure.purpose,
            "email_key": failure.email_key,
            "ip": failure.ip,
            "user_agent": failure.user_agent,
            "request_id": failure.request_id,
            "lockout": failure.lockout,
            "user_id": failure.user_id,
        }
        await self.connection.execute(RECORD_FAILURE, row)

    async def list_untold(self, limit: int, *, after: AuthFailure | None = None) -> list[AuthFailure]:
        behind = {} if after is None else {"occurred_at": after.occurred_at, "id": after.id}
        statement = LIST_UNTOLD if after is None else LIST_UNTOLD_AFTER
        rows = await self.connection.execute(statement, {"limit": limit, **behind})
        return [to_failure(row) for row in rows]

    async def purge(self, before: datetime, limit: int) -> int:
        bounds = {"before": before, "limit": limit}
        return (await self.connection.execute(PURGE_FAILURES, bounds)).rowcount


@dataclass(frozen=True, slots=True)
class PostgresLockouts:
    connection: AsyncConnection

    async def settle(self, failure_id: UUID, now: datetime) -> bool:
        done = await self.connection.execute(SETTLE, {"id": failure_id, "now": now})
        return done.rowcount == 1


def to_counter(row: Sequence[Any]) -> TryCounter:
    return TryCounter(key=row[0], tries=tuple(row[1]), in_a_row=row[2], known_until=row[3])


def from_counter(counter: TryCounter, now: datetime) -> dict[str, Any]:
    return {
        "key": counter.key,
        "tries": list(counter.tries),
        "in_a_row": counter.in_a_row,
        "known_until": counter.known_until,
        "expires_at": counter.expires_at(now),
    }


def to_failure(row: Sequence[Any]) -> AuthFailure:
    return AuthFailure(
        id=row[0],
        occurred_at=row[1],
        purpose=row[2],
        email_key=row[3],
        ip=row[4],
        user_agent=row[5],
        request_id=row[6],
        lockout=row[7] and Lockout(row[7]),
        user_id=row[8] and UserId(row[8]),
    )
