"""A login and what became of it: the truth behind access and refresh tokens."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from domain.shared.ids import SessionId, UserId

FRESH_FOR = timedelta(minutes=5)
MAX_USER_AGENT_LENGTH = 200


class SessionState(StrEnum):
    LIVE = "live"
    DORMANT = "dormant"  # its time is over, a refresh revives it
    EXPIRED = "expired"
    REVOKED = "revoked"


class RevokedReason(StrEnum):
    LOGOUT = "logout"
    LOGOUT_ALL = "logout_all"
    SESSION_REVOKED = "session_revoked"
    REFRESH_REUSED = "refresh_reused"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  # a reason, not a password
    PASSWORD_RESET = "password_reset"  # noqa: S105  # a reason, not a password
    TEMP_PASSWORD_ISSUED = "temp_password_issued"  # noqa: S105  # a reason, not a password
    MFA_ENABLED = "mfa_enabled"
    MFA_DISABLED = "mfa_disabled"
    ROLE_CHANGED = "role_changed"
    DEACTIVATED = "deactivated"
    ADMIN_LOGOUT = "admin_logout"
    ORG_SUSPENDED = "org_suspended"


def fresh_until(proved_at: datetime) -> datetime:
    """The last instant at which that proof still counts for what asks for a fresh one."""
    return proved_at + FRESH_FOR


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetimes:
    """How long each kind of credential lives, as the installation is set."""

    access: timedelta = timedelta(minutes=15)
    session: timedelta = timedelta(minutes=1440)
    refresh: timedelta = timedelta(minutes=20160)
    absolute: timedelta = timedelta(minutes=43200)
    reuse_grace: timedelta = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One login. `generation` counts its refreshes: only tokens of the latest one are good."""

    id: SessionId
    user_id: UserId
    generation: int = 1
    auth_epoch: int
    auth_method: str = "password"
    mfa_verified: bool = False
    created_at: datetime
    last_used_at: datetime
    proved_at: datetime  # when the password was last shown
    expires_at: datetime
    refresh_expires_at: datetime
    ends_at: datetime  # nothing prolongs it beyond this
    ip: str | None = None
    user_agent: str | None = None
    revoked_at: datetime | None = None
    revoked_reason: RevokedReason | None = None

    @classmethod
    def begin(
        cls,
        *,
        id: SessionId,  # noqa: A002  # as the field is named
        user_id: UserId,
        auth_epoch: int,
        now: datetime,
        lifetimes: Lifetimes,
        mfa_verified: bool = False,
        ip: str | None = None,
        user_agent: str | None = None,
    ) -> Self:
        ends_at = now + lifetimes.absolute
        return cls(
            id=id,
            user_id=user_id,
            auth_epoch=auth_epoch,
            mfa_verified=mfa_verified,
            created_at=now,
            last_used_at=now,
            proved_at=now,
            expires_at=min(now + lifetimes.session, ends_at),
            refresh_expires_at=min(now + lifetimes.refresh, ends_at),
            ends_at=ends_at,
            ip=ip,
            user_agent=user_agent and user_agent[:MAX_USER_AGENT_LENGTH],
        )

    def state(self, now: datetime, person_epoch: int) -> SessionState:
        if self.revoked_at is not None or self.auth_epoch != person_epoch:
            return SessionState.REVOKED
        if now >= self.ends_at:
            return SessionState.EXPIRED
        if now < self.expires_at:
            return SessionState.LIVE
        return SessionState.DORMANT if now < self.refresh_expires_at else SessionState.EXPIRED

    def refreshed(self, now: datetime, lifetimes: Lifetimes) -> Self:
        """The next generation; tokens of this one are dead."""
        return replace(
            self,
            generation=self.generation + 1,
            last_used_at=now,
            expires_at=min(now + lifetimes.session, self.ends_at),
            refresh_expires_at=min(now + lifetimes.refresh, self.ends_at),
        )

    def factor_shown(self) -> Self:
        """Its bearer has proved the second factor too."""
        return replace(self, mfa_verified=True)

    def revoked(self, reason: RevokedReason, now: datetime) -> Self:
        """Final; the first reason stays."""
        if self.revoked_at is not None:
            return self
        return replace(self, revoked_at=now, revoked_reason=reason)

    def carried_over(self, auth_epoch: int) -> Self:
        """Kept alive while the person's other sessions end."""
        return replace(self, auth_epoch=auth_epoch)

    def access_expires_at(self, now: datetime, lifetimes: Lifetimes) -> datetime:
        """Whole seconds, as a token says it; never beyond the session."""
        return min(now + lifetimes.access, self.expires_at).replace(microsecond=0)

    def proved(self, now: datetime) -> Self:
        """Its bearer has shown the password again, and the second factor if there is one."""
        return replace(self, proved_at=now)

    @property
    def fresh_until(self) -> datetime:
        return fresh_until(self.proved_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshToken:
    """One link in a session's chain, known by its hash alone."""

    token_sha256: bytes
    session_id: SessionId
    generation: int
    issued_at: datetime
    expires_at: datetime
    rotated_at: datetime | None = None
    sealed_child: bytes | None = None  # opens only with this token itself

    def rotated(self, now: datetime, sealed_child: bytes | None) -> Self:
        return replace(self, rotated_at=now, sealed_child=sealed_child)

    def may_repeat(self, session: Session, now: datetime, grace: timedelta) -> bool:
        """An answer that got lost: the immediate parent, shortly after, gets the same child again."""
        return (
            self.rotated_at is not None
            and self.sealed_child is not None
            and self.generation == session.generation - 1
            and now < self.rotated_at + grace
        )
