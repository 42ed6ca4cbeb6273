import hashlib
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Protocol, Self

from domain.identity.actor import Role
from domain.identity.membership import Membership, MembershipStatus
from domain.identity.person import Person
from domain.shared.ids import UserId, WorkerId


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A member as the organisation's admins see one. The address is in its one spelling: another would tell
    that the installation knew the person before."""

    user_id: UserId
    email: str
    name: str | None
    role: Role
    status: MembershipStatus
    must_change_password: bool
    mfa_enabled: bool
    worker_id: WorkerId | None
    last_login_at: datetime | None
    invitation_expires_at: datetime | None
    created_at: datetime
    version: int

    @classmethod
    def of(
        cls,
        person: Person,
        membership: Membership,
        worker_id: WorkerId | None,
        invitation_expires_at: datetime | None,
    ) -> Self:
        """Until they accept, nothing is told of a person who may be somebody's elsewhere."""
        invited = membership.status is MembershipStatus.INVITED
        hidden = invited or not membership.joined
        return cls(
            user_id=person.id,
            email=person.email_norm,
            name=membership.name,
            role=membership.role,
            status=membership.status,
            must_change_password=person.must_change_password and not hidden,
            mfa_enabled=person.mfa_enabled and not hidden,
            worker_id=worker_id,
            last_login_at=None if hidden else membership.last_login_at,
            invitation_expires_at=invitation_expires_at if invited else None,
            created_at=membership.created_at,
            version=membership.version,
        )

    @property
    def digest(self) -> str:
        """Of all that is shown: much of it changes without a new version of the membership."""
        return hashlib.sha256(repr(astuple(self)).encode()).hexdigest()[:8]


@dataclass(frozen=True, slots=True, kw_only=True)
class UserFilter:
    """`q` begins the address or the name, whatever its case."""

    role: Role | None = None
    status: MembershipStatus | None = None
    q: str | None = None


class Users(Protocol):
    """The members of this organisation, each with the person behind."""

    async def get(self, user_id: UserId) -> User:
        """Raises NotFound, for somebody else's member as for nobody."""

    async def list_page(self, wanted: UserFilter, after: tuple[str, UserId] | None, limit: int) -> list[User]:
        """By address in its one spelling, then id, behind that place."""
