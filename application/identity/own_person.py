from datetime import datetime

from application.identity.log_out import own
from application.ports.persons import Secret
from application.ports.unit_of_work import Unit
from domain.identity.actor import Actor
from domain.identity.person import Person
from domain.identity.session import Session, SessionState
from domain.shared.errors import Unauthenticated


async def lock_own(unit: Unit, actor: Actor, now: datetime) -> tuple[Person, Session]:
    """The caller, whom nobody else changes meanwhile. Raises Unauthenticated if the session ended after the
    gates let it through."""
    user_id, session_id = own(actor)
    person = await unit.persons.lock(user_id)
    session = await unit.sessions.lock(session_id)
    if session is None or session.state(now, person.auth_epoch) is not SessionState.LIVE:
        raise Unauthenticated
    return person, session


async def own_secret(unit: Unit, person: Person) -> Secret:
    """Raises Unauthenticated for who has none: such a person cannot have signed in."""
    secret = await unit.person_secrets.for_step_up(person.id)
    if secret is None:
        raise Unauthenticated
    return secret
