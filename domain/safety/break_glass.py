"""Break-glass: for a while, and on record, an organisation may write though administration is read-only."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from domain.shared.errors import Conflict
from domain.shared.ids import BreakGlassId, UserId


class AdminReadOnly(Conflict):
    code = "admin_read_only"

    def __init__(self) -> None:
        super().__init__("Administration is read-only at the moment.")


class BreakGlassStatus(StrEnum):
    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakGlassSession:
    """`started_by` and `revoked_by` are names for people: an e-mail, or a Basic user's."""

    id: BreakGlassId
    token_sha256: bytes
    reason: str
    started_by: str
    started_by_id: UserId | None
    started_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    revoked_by: str | None = None

    @classmethod
    def start(
        cls,
        *,
        id: BreakGlassId,  # noqa: A002  # the field's name
        token_sha256: bytes,
        reason: str,
        by: str,
        by_id: UserId | None,
        now: datetime,
        ttl_minutes: int,
    ) -> Self:
        return cls(
            id=id,
            token_sha256=token_sha256,
            reason=reason,
            started_by=by,
            started_by_id=by_id,
            started_at=now,
            expires_at=now + timedelta(minutes=ttl_minutes),
        )

    def status_at(self, now: datetime) -> BreakGlassStatus:
        if self.revoked_at is not None:
            return BreakGlassStatus.REVOKED
        return BreakGlassStatus.ACTIVE if now < self.expires_at else BreakGlassStatus.EXPIRED

    def revoke(self, by: str, now: datetime) -> Self:
        """One that has ended stays as it ended."""
        if self.status_at(now) is not BreakGlassStatus.ACTIVE:
            return self
        return replace(self, revoked_at=now, revoked_by=by)
