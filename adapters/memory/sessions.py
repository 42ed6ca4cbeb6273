from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from domain.identity.person import Person
from domain.identity.session import RefreshToken, RevokedReason, Session, SessionState
from domain.shared.ids import OrgId, SessionId, UserId

OPEN = frozenset({SessionState.LIVE, SessionState.DORMANT})


@dataclass(frozen=True, slots=True)
class MemorySessions:
    rows: dict[SessionId, Session]
    persons: Mapping[UserId, Person]

    async def find(self, session_id: SessionId) -> Session | None:
        return self.rows.get(session_id)

    async def lock(self, session_id: SessionId) -> Session | None:
        return self.rows.get(session_id)

    async def add(self, session: Session) -> None:
        self.rows[session.id] = session

    async def save(self, session: Session) -> None:
        self.rows[session.id] = session

    async def list_live(
        self, user_id: UserId, now: datetime, after: SessionId | None, limit: int
    ) -> list[Session]:
        found = [
            s
            for s in self._open(now)
            if s.user_id == user_id and now < s.expires_at and (after is None or s.id < after)
        ]
        return sorted(found, key=lambda session: session.id, reverse=True)[:limit]

    async def revoke_all(
        self,
        reason: RevokedReason,
        now: datetime,
        *,
        user_id: UserId | None = None,
        keep: SessionId | None = None,
    ) -> int:
        ending = [s for s in self._open(now) if user_id in {None, s.user_id} and s.id != keep]
        for session in ending:
            self.rows[session.id] = session.revoked(reason, now)
        return len(ending)

    async def touch(self, used: dict[SessionId, datetime]) -> None:
        for session_id, at in used.items():
            if (session := self.rows.get(session_id)) is not None and session.last_used_at < at:
                self.rows[session_id] = replace(session, last_used_at=at)

    def _open(self, now: datetime) -> list[Session]:
        return [session for session in self.rows.values() if is_open(session, self.persons.get, now)]


def is_open(session: Session, person: Callable[[UserId], Person | None], now: datetime) -> bool:
    owner = person(session.user_id)
    return owner is not None and session.state(now, owner.auth_epoch) in OPEN


@dataclass(frozen=True, slots=True)
class MemoryRefreshTokens:
    rows: dict[bytes, RefreshToken]

    async def find(self, token_sha256: bytes) -> RefreshToken | None:
        return self.rows.get(token_sha256)

    async def add(self, token: RefreshToken) -> None:
        self.rows[token.token_sha256] = token

    async def save(self, token: RefreshToken) -> None:
        self.rows[token.token_sha256] = token


@dataclass(frozen=True, slots=True)
class MemoryRefreshTokenOwners:
    look: Callable[[bytes], OrgId | None]

    async def find(self, token_sha256: bytes) -> OrgId | None:
        return self.look(token_sha256)
