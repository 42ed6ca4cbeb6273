from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.identity.actor import Role
from domain.identity.membership import MembershipStatus
from domain.identity.session import RefreshToken, RevokedReason, Session
from domain.shared.ids import OrgId, SessionId, UserId


class Sessions(Protocol):
    """The logins of this organisation."""

    async def find(self, session_id: SessionId) -> Session | None: ...

    async def lock(self, session_id: SessionId) -> Session | None:
        """As find; and no other unit writes this session until ours ends."""

    async def add(self, session: Session) -> None: ...

    async def save(self, session: Session) -> None:
        """Overwrite; the session was locked by this unit."""

    async def list_live(
        self, user_id: UserId, now: datetime, after: SessionId | None, limit: int
    ) -> list[Session]:
        """A person's live sessions here, newest first, from behind `after`."""

    async def revoke_all(
        self,
        reason: RevokedReason,
        now: datetime,
        *,
        user_id: UserId | None = None,
        keep: SessionId | None = None,
    ) -> int:
        """End every open session, of one person or of all; how many they were."""

    async def touch(self, used: dict[SessionId, datetime]) -> None:
        """Move `last_used_at` forward."""


class RefreshTokens(Protocol):
    """The refresh tokens of this organisation, known by hash."""

    async def find(self, token_sha256: bytes) -> RefreshToken | None: ...

    async def add(self, token: RefreshToken) -> None: ...

    async def save(self, token: RefreshToken) -> None:
        """Overwrite; the token's session was locked by this unit."""


class RefreshTokenOwners(Protocol):
    """Whose refresh token this is: known before an organisation is."""

    async def find(self, token_sha256: bytes) -> OrgId | None: ...


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything that decides whether a session's bearer may go on, as of this moment."""

    user_id: UserId
    email: str
    role: Role
    membership: MembershipStatus
    org_active: bool
    generation_current: bool
    epoch_current: bool
    revoked_reason: RevokedReason | None
    expires_at: datetime
    proved_at: datetime
    mfa_verified: bool
    must_change_password: bool
    org_timezone: str | None = None  # where it could be read in the same round trip


class SessionStates(Protocol):
    """A credential's truth in one round trip, outside any unit. Never cached."""

    async def read(self, org_id: OrgId, session_id: SessionId, generation: int) -> Standing | None: ...

    async def begin(self, org_id: OrgId, session_id: SessionId, generation: int) -> Standing | None:
        """As read, for a request that only reads: its first unit of this organisation goes on in the same
        transaction. Whoever begins must `end`."""

    async def end(self) -> None:
        """At the request's end, whatever became of it; harmless again and where nothing was begun."""
