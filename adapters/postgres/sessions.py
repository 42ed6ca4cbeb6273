from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.tables.identity import persons, refresh_tokens, sessions
from domain.identity.session import RefreshToken, RevokedReason, Session
from domain.shared.ids import OrgId, SessionId, UserId

FIELDS = ("session_id", *(field.name for field in fields(Session) if field.name != "id"))
SESSION = tuple(sessions.c[name] for name in FIELDS)
FIND = select(*SESSION).where(sessions.c.session_id == bindparam("id"))
LOCK = FIND.with_for_update(key_share=True)
ADD = insert(sessions)
SAVE = (
    update(sessions)
    .where(sessions.c.session_id == bindparam("id"))
    .values({name: bindparam(name) for name in FIELDS[1:]})
)
IS_OPEN = (
    (sessions.c.user_id == persons.c.user_id)
    & (sessions.c.auth_epoch == persons.c.auth_epoch)
    & sessions.c.revoked_at.is_(None)
    & (func.greatest(sessions.c.expires_at, sessions.c.refresh_expires_at) > bindparam("now"))
)
LIST_LIVE = (
    select(*SESSION)
    .where(IS_OPEN, sessions.c.user_id == bindparam("owner"), sessions.c.expires_at > bindparam("now"))
    .order_by(sessions.c.session_id.desc())
    .limit(bindparam("most"))
)
LIST_LIVE_AFTER = LIST_LIVE.where(sessions.c.session_id < bindparam("after"))
REVOKE = (
    update(sessions).where(IS_OPEN).values(revoked_at=bindparam("now"), revoked_reason=bindparam("reason"))
)
OF_PERSON = sessions.c.user_id == bindparam("owner")
BUT_ONE = sessions.c.session_id != bindparam("kept")
REVOKE_ALL = {
    (False, False): REVOKE,
    (True, False): REVOKE.where(OF_PERSON),
    (False, True): REVOKE.where(BUT_ONE),
    (True, True): REVOKE.where(OF_PERSON, BUT_ONE),
}
TOUCH = (
    update(sessions)
    .where(sessions.c.session_id == bindparam("id"), sessions.c.last_used_at < bindparam("used_at"))
    .values(last_used_at=bindparam("used_at"))
)

TOKEN_FIELDS = tuple(field.name for field in fields(RefreshToken))
TOKEN = tuple(refresh_tokens.c[name] for name in TOKEN_FIELDS)
FIND_TOKEN = select(*TOKEN).where(refresh_tokens.c.token_sha256 == bindparam("hash"))
ADD_TOKEN = insert(refresh_tokens)
SAVE_TOKEN = (
    update(refresh_tokens)
    .where(refresh_tokens.c.token_sha256 == bindparam("hash"))
    .values({name: bindparam(name) for name in TOKEN_FIELDS[1:]})
)
TOKEN_ORG = text("select refresh_token_org(:hash)")


def to_session(row: Sequence[Any]) -> Session:
    values = dict(zip(FIELDS, row, strict=True))
    reason = values["revoked_reason"]
    values["id"] = values.pop("session_id")
    return Session(**{**values, "revoked_reason": reason and RevokedReason(reason)})


def but_id(session: Session) -> dict[str, Any]:
    return {name: getattr(session, name) for name in FIELDS[1:]}


@dataclass(frozen=True, slots=True)
class PostgresSessions:
    connection: AsyncConnection

    async def find(self, session_id: SessionId) -> Session | None:
        return await self._one(FIND, session_id)

    async def lock(self, session_id: SessionId) -> Session | None:
        return await self._one(LOCK, session_id)

    async def add(self, session: Session) -> None:
        await self.connection.execute(ADD, {**but_id(session), "session_id": session.id})

    async def save(self, session: Session) -> None:
        await self.connection.execute(SAVE, {**but_id(session), "id": session.id})

    async def list_live(
        self, user_id: UserId, now: datetime, after: SessionId | None, limit: int
    ) -> list[Session]:
        values = {"owner": user_id, "now": now, "most": limit}
        if after is None:
            rows = await self.connection.execute(LIST_LIVE, values)
        else:
            rows = await self.connection.execute(LIST_LIVE_AFTER, {**values, "after": after})
        return [to_session(row) for row in rows]

    async def revoke_all(
        self,
        reason: RevokedReason,
        now: datetime,
        *,
        user_id: UserId | None = None,
        keep: SessionId | None = None,
    ) -> int:
        values: dict[str, Any] = {"reason": reason.value, "now": now}
        if user_id is not None:
            values["owner"] = user_id
        if keep is not None:
            values["kept"] = keep
        statement = REVOKE_ALL[user_id is not None, keep is not None]
        return (await self.connection.execute(statement, values)).rowcount

    async def touch(self, used: dict[SessionId, datetime]) -> None:
        if used:
            await self.connection.execute(TOUCH, [{"id": id_, "used_at": at} for id_, at in used.items()])

    async def _one(self, statement: Any, session_id: SessionId) -> Session | None:
        row = (await self.connection.execute(statement, {"id": session_id})).one_or_none()
        return None if row is None else to_session(row)


@dataclass(frozen=True, slots=True)
class PostgresRefreshTokens:
    connection: AsyncConnection

    async def find(self, token_sha256: bytes) -> RefreshToken | None:
        row = (await self.connection.execute(FIND_TOKEN, {"hash": token_sha256})).one_or_none()
        return None if row is None else RefreshToken(**dict(zip(TOKEN_FIELDS, row, strict=True)))

    async def add(self, token: RefreshToken) -> None:
        await self.connection.execute(ADD_TOKEN, {name: getattr(token, name) for name in TOKEN_FIELDS})

    async def save(self, token: RefreshToken) -> None:
        row = {name: getattr(token, name) for name in TOKEN_FIELDS[1:]}
        await self.connection.execute(SAVE_TOKEN, {**row, "hash": token.token_sha256})


@dataclass(frozen=True, slots=True)
class PostgresRefreshTokenOwners:
    connection: AsyncConnection

    async def find(self, token_sha256: bytes) -> OrgId | None:
        found = (await self.connection.execute(TOKEN_ORG, {"hash": token_sha256})).scalar_one_or_none()
        return None if found is None else OrgId(found)
