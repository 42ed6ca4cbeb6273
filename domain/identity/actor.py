"""Who acts: a role, what it may do, and the traces that an audit row keeps."""

from dataclasses import dataclass
from enum import StrEnum

from domain.identity.errors import StepUpRequired
from domain.identity.once import Once
from domain.shared.errors import Forbidden
from domain.shared.ids import BreakGlassId, OrgId, SessionId, UserId


class Role(StrEnum):
    OWNER = "owner"
    ADMIN = "admin"
    DISPATCHER = "dispatcher"
    FINANCE = "finance"
    VIEWER = "viewer"
    WORKER = "worker"


class Need(StrEnum):
    """What a route or use case asks of its caller. `PUBLIC` asks nothing, `SIGNED_IN` any role."""

    PUBLIC = "public"
    SIGNED_IN = "signed_in"
    VIEW = "view"
    DISPATCH = "dispatch"
    FINANCE = "finance"
    ADMIN = "admin"
    OWNER = "owner"
    WORKER = "worker"


_STAFF = frozenset({Need.PUBLIC, Need.SIGNED_IN})
MAY: dict[Role, frozenset[Need]] = {
    Role.OWNER: _STAFF | {Need.VIEW, Need.DISPATCH, Need.FINANCE, Need.ADMIN, Need.OWNER},
    Role.ADMIN: _STAFF | {Need.VIEW, Need.DISPATCH, Need.FINANCE, Need.ADMIN},
    Role.DISPATCHER: _STAFF | {Need.VIEW, Need.DISPATCH},
    Role.FINANCE: _STAFF | {Need.VIEW, Need.FINANCE},
    Role.VIEWER: _STAFF | {Need.VIEW},
    Role.WORKER: _STAFF | {Need.WORKER},
}
"""The one permission table (README of the contract, "Who calls")."""


GRANTED = (Need.ADMIN, Need.DISPATCH, Need.FINANCE, Need.VIEW)


def permissions_of(role: Role) -> tuple[Need, ...]:
    """What the role may do, as clients are told: by name, in this order."""
    return tuple(need for need in GRANTED if need in MAY[role])


class ActorKind(StrEnum):
    BEARER = "bearer"
    BASIC = "basic"
    JOB = "job"
    OPERATOR = "operator"
    NONE = "none"  # the public


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifted:
    """The write that a break-glass token let through; `status` is its answer when it goes well."""

    session_id: BreakGlassId
    reason: str
    method: str
    route: str
    status: int

    def told(self) -> dict[str, object]:
        return {"method": self.method, "route": self.route, "status": self.status}


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The caller of a use case, resolved once at the edge. Its organisation is the only one it can reach."""

    org_id: OrgId
    kind: ActorKind
    role: Role | None = None
    user_id: UserId | None = None
    session_id: SessionId | None = None
    mfa_verified: bool = False
    fresh: bool = False  # proved its password, and factor if it has one, a moment ago
    org_timezone: str | None = None  # the organisation's of now, where it is known already
    name: str = ""  # e-mail or user name, ≤ 254; for the audit log only
    request_id: str = ""
    ip: str | None = None
    user_agent: str | None = None
    once: Once | None = None  # every writing use case hands it to `begin` and seals its result
    lifted: Lifted | None = None  # administration is read-only, and this caller writes all the same

    def may(self, need: Need) -> bool:
        if self.kind in {ActorKind.JOB, ActorKind.OPERATOR}:
            return True
        return need is Need.PUBLIC if self.role is None else need in MAY[self.role]

    def require(self, need: Need) -> None:
        """Raises Forbidden unless the caller's role carries the need."""
        if not self.may(need):
            raise Forbidden

    def require_fresh(self) -> None:
        """Raises StepUpRequired for a session that has not proved itself lately; others cannot be asked."""
        if self.kind is ActorKind.BEARER and not self.fresh:
            raise StepUpRequired
