"""What the sign-in routes take and answer."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from application.identity.issuing import IssuedTokens
from application.identity.read_me import Me, OwnMembership
from application.identity.second_factor import FactorProof
from domain.identity.actor import permissions_of
from domain.identity.session import Session
from domain.shared.errors import FieldFault
from domain.shared.ids import SessionId
from entrypoints.http.values import OPAQUE, VERBATIM

BEARER = "bearer"
MOST_PASSWORD_BYTES = 1024
EmailText = Annotated[str, Meta(min_length=1, max_length=254)]
PasswordText = Annotated[str, Meta(min_length=1, max_length=MOST_PASSWORD_BYTES), VERBATIM]
NewPasswordText = Annotated[str, Meta(min_length=1, max_length=MOST_PASSWORD_BYTES), OPAQUE]
"""What it may hold, the policy says, with every other reason."""


CodeText = Annotated[str, Meta(max_length=1024), OPAQUE]
"""Whatever is not a code is answered as a wrong one."""


class LoginBody(Struct, forbid_unknown_fields=True):
    email: EmailText
    password: PasswordText
    org_id: UUID | None = None
    org_slug: Annotated[str, Meta(max_length=40)] | None = None
    mfa_code: CodeText | None = None
    recovery_code: CodeText | None = None


class RefreshBody(Struct, forbid_unknown_fields=True):
    refresh_token: Annotated[str, Meta(min_length=1, max_length=200)]
    mfa_code: CodeText | None = None


class LogoutAllBody(Struct, forbid_unknown_fields=True):
    keep_current: bool = False


class ChangePasswordBody(Struct, forbid_unknown_fields=True):
    current_password: PasswordText
    new_password: NewPasswordText


class StepUpBody(Struct, forbid_unknown_fields=True):
    password: PasswordText
    mfa_code: CodeText | None = None
    recovery_code: CodeText | None = None


class FreshAnswer(Struct):
    fresh_until: datetime


class TokenAnswer(Struct):
    access_token: str
    refresh_token: str
    org_id: UUID
    role: str
    session_id: UUID
    access_expires_at: datetime
    expires_at: datetime
    refresh_expires_at: datetime
    must_change_password: bool
    mfa_verified: bool
    token_type: str

    @classmethod
    def of(cls, issued: IssuedTokens) -> "TokenAnswer":
        session = issued.session
        return cls(
            access_token=issued.access_token,
            refresh_token=issued.refresh_token,
            org_id=issued.org_id,
            role=issued.role,
            session_id=session.id,
            access_expires_at=issued.access_expires_at,
            expires_at=session.expires_at,
            refresh_expires_at=session.refresh_expires_at,
            must_change_password=issued.must_change_password,
            mfa_verified=session.mfa_verified,
            token_type=BEARER,
        )


def proof_of(code: str | None, recovery_code: str | None) -> FactorProof:
    return FactorProof(code=code, recovery_code=recovery_code)


def two_proofs(code: str | None, recovery_code: str | None, name: str = "code") -> list[FieldFault]:
    """One of them is spent; which one must be said."""
    if code is None or recovery_code is None:
        return []
    return [FieldFault("recovery_code", f"is not sent together with {name}")]


class StatusAnswer(Struct):
    status: str = "ok"


class LogoutAllAnswer(Struct):
    revoked: int
    status: str = "ok"


class MembershipBody(Struct):
    org_id: UUID
    slug: str
    name: str
    role: str

    @classmethod
    def of(cls, membership: OwnMembership) -> "MembershipBody":
        return cls(membership.org_id, membership.slug, membership.name, membership.role)


class MeBody(Struct):
    user_id: UUID
    org_id: UUID
    role: str
    permissions: list[str]
    email: str
    must_change_password: bool
    mfa_enabled: bool
    mfa_verified: bool
    fresh_until: datetime
    memberships: list[MembershipBody]

    @classmethod
    def of(cls, me: Me, org_id: UUID) -> "MeBody":
        return cls(
            user_id=me.person.id,
            org_id=org_id,
            role=me.role,
            permissions=list(permissions_of(me.role)),
            email=me.person.email,
            must_change_password=me.person.must_change_password,
            mfa_enabled=me.person.mfa_enabled,
            mfa_verified=me.session.mfa_verified,
            fresh_until=me.session.fresh_until,
            memberships=[MembershipBody.of(membership) for membership in me.memberships],
        )


class SessionBody(Struct):
    session_id: UUID
    current: bool
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    ip: str | None
    user_agent: str | None
    auth_method: str
    mfa_verified: bool

    @classmethod
    def of(cls, session: Session, current: SessionId | None) -> "SessionBody":
        return cls(
            session_id=session.id,
            current=session.id == current,
            created_at=session.created_at,
            last_used_at=session.last_used_at,
            expires_at=session.expires_at,
            ip=session.ip,
            user_agent=session.user_agent,
            auth_method=session.auth_method,
            mfa_verified=session.mfa_verified,
        )
