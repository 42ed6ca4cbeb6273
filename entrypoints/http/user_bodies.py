"""What the routes of an organisation's users take and answer."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct

from application.identity.create_user import CreateUser, Delivery, HandedOver
from application.ports.users import User
from domain.identity.actor import Role
from domain.identity.membership import MembershipStatus
from domain.shared.ids import WorkerId
from entrypoints.http.texts import Email, Name

Reason = Annotated[str, Meta(max_length=255)]
Ways = Literal["temp_password", "invitation"]


class NewUserBody(Struct, forbid_unknown_fields=True):
    email: Email
    role: Role = Role.VIEWER
    name: Name | None = None
    worker_id: UUID | None = None
    delivery: Ways = "temp_password"

    def command(self) -> CreateUser:
        return CreateUser(
            email=self.email,
            role=self.role,
            name=self.name,
            worker_id=None if self.worker_id is None else WorkerId(self.worker_id),
            delivery=Delivery(self.delivery),
        )


class RoleBody(Struct, forbid_unknown_fields=True):
    role: Role


class ReasonBody(Struct, forbid_unknown_fields=True):
    reason: Reason | None = None


class UserBody(Struct):
    user_id: UUID
    email: str
    name: str | None
    role: Role
    status: MembershipStatus
    membership_active: bool
    must_change_password: bool
    mfa_enabled: bool
    worker_id: UUID | None
    last_login_at: datetime | None
    invitation_expires_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, user: User) -> "UserBody":
        return cls(**_shown(user))


class HandedOverBody(UserBody):
    delivery: Delivery
    temp_password: str | None

    @classmethod
    def handing(cls, result: HandedOver) -> "HandedOverBody":
        return cls(**_shown(result.user), delivery=result.delivery, temp_password=result.temp_password)


class LoggedOutBody(Struct):
    sessions: int
    status: str = "revoked"


def _shown(user: User) -> dict[str, Any]:
    return {
        "user_id": user.user_id,
        "email": user.email,
        "name": user.name,
        "role": user.role,
        "status": user.status,
        "membership_active": user.status is MembershipStatus.ACTIVE,
        "must_change_password": user.must_change_password,
        "mfa_enabled": user.mfa_enabled,
        "worker_id": user.worker_id,
        "last_login_at": user.last_login_at,
        "invitation_expires_at": user.invitation_expires_at,
        "created_at": user.created_at,
    }
