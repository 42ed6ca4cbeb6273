"""What ties a person to an organisation, and which tie a login chooses."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self

from domain.identity.actor import Role
from domain.shared.ids import OrgId, UserId


class MembershipStatus(StrEnum):
    INVITED = "invited"
    ACTIVE = "active"
    INACTIVE = "inactive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """A person in this organisation: the role of now, and the name they go by here."""

    user_id: UserId
    role: Role
    status: MembershipStatus
    created_at: datetime
    updated_at: datetime
    name: str | None = None
    last_login_at: datetime | None = None
    joined: bool = True  # false until the invitation is accepted
    version: int = 1

    @property
    def active(self) -> bool:
        return self.status is MembershipStatus.ACTIVE

    @property
    def rules(self) -> bool:
        """One of those who must not run out."""
        return self.active and self.role is Role.OWNER

    @property
    def name_key(self) -> str | None:
        return None if self.name is None else self.name.casefold()

    def invited_again(self, role: Role, name: str | None, now: datetime) -> Self:
        """Back from inactive, by a new invitation: it counts once that is accepted."""
        status = MembershipStatus.INVITED
        return self._changed(now, role=role, name=name or self.name, status=status, joined=False)

    def accepted(self, now: datetime) -> Self:
        return self._changed(now, status=MembershipStatus.ACTIVE, joined=True)

    def deactivated(self, now: datetime) -> Self:
        return self._changed(now, status=MembershipStatus.INACTIVE)

    def reactivated(self, now: datetime) -> Self:
        """Who never accepted is invited again: nobody becomes a member without having agreed."""
        if self.status is not MembershipStatus.INACTIVE:
            return self
        status = MembershipStatus.ACTIVE if self.joined else MembershipStatus.INVITED
        return self._changed(now, status=status)

    def with_role(self, role: Role, now: datetime) -> Self:
        return self._changed(now, role=role)

    def _changed(self, now: datetime, **fields: object) -> Self:
        """The next version, or the very same membership when nothing differs."""
        following = replace(self, **fields)  # type: ignore[arg-type]  # named above
        return self if following == self else replace(following, version=self.version + 1, updated_at=now)

    def logged_in(self, now: datetime) -> Self:
        """Not an edit: the version stays."""
        return replace(self, last_login_at=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Belonging:
    """One of a person's memberships, seen from outside its organisation."""

    org_id: OrgId
    slug: str
    org_active: bool
    role: Role
    status: MembershipStatus
    created_at: datetime
    last_session_at: datetime | None
    open_sessions: int  # neither revoked nor over

    @property
    def active(self) -> bool:
        return self.status is MembershipStatus.ACTIVE


def choose_belonging(belongings: Sequence[Belonging], wanted: OrgId | None) -> Belonging | None:
    """The organisation that was asked for; else that of the latest session, else of the oldest membership.

    None where the person is not active: the caller answers that like a wrong password.
    """
    active = [belonging for belonging in belongings if belonging.active]
    if wanted is not None:
        return next((b for b in active if b.org_id == wanted), None)
    used = [(b.last_session_at, b.org_id, b) for b in active if b.last_session_at is not None]
    if used:
        return max(used)[2]
    return min(active, key=lambda b: (b.created_at, b.org_id), default=None)
