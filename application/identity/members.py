"""What every deed of an admin on a member asks first: who may, now, and to whom."""

from dataclasses import dataclass, replace
from uuid import UUID

from application.ports.unit_of_work import Unit
from domain.identity.actor import Actor, ActorKind, Need, Role
from domain.identity.errors import LastOwner, OwnAccount, OwnerOnly
from domain.identity.membership import Membership
from domain.shared.errors import NotFound, Unauthenticated
from domain.shared.ids import UserId
from domain.shared.versions import Expected, must_match


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """A command about one member."""

    user_id: UserId
    expected_version: Expected = None


def require_admin(actor: Actor) -> None:
    """Persons only: a shared Basic credential is nobody who could answer for it."""
    if actor.kind is ActorKind.BASIC:
        raise Unauthenticated
    actor.require(Need.ADMIN)


def require_not_oneself(actor: Actor, user_id: UUID) -> None:
    if actor.user_id == user_id:
        raise OwnAccount


def require_owner(actor: Actor, *roles: Role) -> None:
    """Raises OwnerOnly where one of the roles is owner and the caller is none."""
    if Role.OWNER in roles and not actor.may(Need.OWNER):
        raise OwnerOnly


async def require_standing(unit: Unit, actor: Actor, *roles: Role) -> None:
    """As of now, the organisation held before."""
    if actor.user_id is None:
        return
    own = await unit.memberships.find(actor.user_id)
    if own is None or not own.active:
        raise Unauthenticated
    of_now = replace(actor, role=own.role)
    require_owner(of_now, *roles)
    require_admin(of_now)


async def hold(unit: Unit, user_id: UserId) -> None:
    """Lock the organisation: nobody's role changes until this unit ends. Raises NotFound for whoever is no
    member, before anything of theirs is touched."""
    if await unit.memberships.find(user_id) is None:
        raise NotFound("user_id")
    await unit.org.lock()


async def lock_member(unit: Unit, actor: Actor, deed: Deed, *, given: Role | None = None) -> Membership:
    """The member whom the deed is about, the organisation held before. Raises OwnerOnly,
    PreconditionFailed."""
    member = await unit.memberships.lock(deed.user_id)
    roles = (member.role,) if given is None else (member.role, given)
    require_owner(actor, *roles)
    must_match(member.version, deed.expected_version)
    return member


async def require_other_owner(unit: Unit, before: Membership, after: Membership) -> None:
    """Raises LastOwner where this change would leave none."""
    if before.rules and not after.rules and await unit.memberships.count_active_owners() <= 1:
        raise LastOwner
