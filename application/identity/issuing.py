"""Tokens for a session: made together, stored by their hash, handed out once."""

import hashlib
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime

from application.ports.identifiers import Identifiers
from application.ports.tokens import AccessClaims, AccessTokens
from application.ports.unit_of_work import Unit
from domain.identity.actor import Role
from domain.identity.session import Lifetimes, RefreshToken, Session
from domain.shared.ids import OrgId

REFRESH_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedTokens:
    """The two tokens, and what their bearer should know of the session behind them."""

    access_token: str
    refresh_token: str
    org_id: OrgId
    role: Role
    session: Session
    access_expires_at: datetime
    must_change_password: bool


def token_sha256(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()


@dataclass(frozen=True, slots=True)
class TokenIssuer:
    tokens: AccessTokens
    ids: Identifiers
    lifetimes: Lifetimes

    def new_refresh_token(self) -> str:
        return urlsafe_b64encode(self.ids.secret(REFRESH_TOKEN_BYTES)).decode().rstrip("=")

    async def keep(self, unit: Unit, session: Session, refresh_token: str, now: datetime) -> None:
        """The current refresh token of the session, from now on."""
        await unit.refresh_tokens.add(
            RefreshToken(
                token_sha256=token_sha256(refresh_token),
                session_id=session.id,
                generation=session.generation,
                issued_at=now,
                expires_at=session.refresh_expires_at,
            )
        )

    def issue(
        self,
        org_id: OrgId,
        role: Role,
        session: Session,
        refresh_token: str,
        now: datetime,
        *,
        must_change_password: bool,
    ) -> IssuedTokens:
        expires_at = session.access_expires_at(now, self.lifetimes)
        claims = AccessClaims(
            user_id=session.user_id,
            org_id=org_id,
            role=role,
            session_id=session.id,
            generation=session.generation,
            issued_at=now,
            expires_at=expires_at,
            mfa_verified=session.mfa_verified,
        )
        return IssuedTokens(
            access_token=self.tokens.issue(claims),
            refresh_token=refresh_token,
            org_id=org_id,
            role=role,
            session=session,
            access_expires_at=expires_at,
            must_change_password=must_change_password,
        )
