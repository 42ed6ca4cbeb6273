from dataclasses import dataclass

from domain.identity.actor import Actor, ActorKind, Role
from domain.identity.person import Person
from domain.shared.ids import OrgId, SessionId


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request comes from, known before who sends it is."""

    request_id: str
    ip: str | None
    user_agent: str | None

    def bearer(self, person: Person, org_id: OrgId, role: Role, session_id: SessionId) -> Actor:
        """Who this turned out to be, for the audit log."""
        return Actor(
            org_id=org_id,
            kind=ActorKind.BEARER,
            role=role,
            user_id=person.id,
            session_id=session_id,
            name=person.email,
            request_id=self.request_id,
            ip=self.ip,
            user_agent=self.user_agent,
        )

    def stranger(self, org_id: OrgId, person: Person, role: Role | None = None) -> Actor:
        """Somebody who showed a link, or asked for one: the person, as far as a mailbox proves it."""
        return Actor(
            org_id=org_id,
            kind=ActorKind.NONE,
            role=role,
            user_id=person.id,
            name=person.email,
            request_id=self.request_id,
            ip=self.ip,
            user_agent=self.user_agent,
        )
