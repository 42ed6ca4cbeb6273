from datetime import datetime

from application.identity.personal_notices import tell_person
from application.ports.identifiers import Identifiers
from application.ports.unit_of_work import Unit
from domain.identity.actor import Actor
from domain.identity.person import Person
from domain.identity.session import RevokedReason
from domain.shared.ids import UserId


async def record_removal(unit: Unit, actor: Actor, user_id: UserId, reason: str | None) -> None:
    before, after = {"mfa_enabled": True}, {"mfa_enabled": False}
    await unit.audit.record(
        actor, "mfa_disabled", "person", user_id, before=before, after=after, reason=reason
    )


async def remove_factor(
    unit: Unit, ids: Identifiers, actor: Actor, person: Person, now: datetime, *, reason: str | None
) -> Person:
    """Factor and recovery codes are gone, every session of the person ends everywhere, and they are told.

    The person was locked by this unit."""
    await unit.sessions.revoke_all(RevokedReason.MFA_DISABLED, now, user_id=person.id)
    person = person.factor_turned(on=False)
    await unit.persons.save(person)
    await unit.person_secrets.set_factor(person.id, None, 0, ())
    await record_removal(unit, actor, person.id, reason)
    await tell_person(unit, person, "mfa_disabled", ids.new(), actor.request_id)
    return person
