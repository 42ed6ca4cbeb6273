from dataclasses import dataclass

from application.identity.failures import FailureLog
from application.identity.log_out import own
from application.identity.origin import Origin
from application.ports.passwords import Passwords
from application.ports.unit_of_work import UnitOfWork
from domain.identity.actor import Actor
from domain.identity.errors import InvalidCredentials
from domain.identity.person import Person


@dataclass(frozen=True, slots=True)
class PasswordProof:
    """A signed-in person shows the password again. Slow on purpose: never inside a transaction."""

    uow: UnitOfWork
    passwords: Passwords
    failures: FailureLog

    async def require(self, actor: Actor, password: str, *, purpose: str) -> Person:
        """The person as of the moment of the check. Raises InvalidCredentials; that is written down."""
        user_id, _ = own(actor)
        async with self.uow.begin_global() as shared:
            secret = await shared.person_secrets.for_step_up(user_id)
            person = await shared.persons.get(user_id)
        verdict = await self.passwords.verify(password, secret.password_hash if secret else None)
        if not verdict.matches:
            origin = Origin(actor.request_id, actor.ip, actor.user_agent)
            await self.failures.record(origin, purpose, person.email)
            raise InvalidCredentials
        return person
