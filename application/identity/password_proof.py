from dataclasses import dataclass

from application.identity.guarded_passwords import GuardedPasswords, Proof
from application.identity.log_out import own
from application.identity.origin import Origin
from application.ports.clock import Clock
from application.ports.unit_of_work import UnitOfWork
from domain.identity.actor import Actor
from domain.identity.person import Person


@dataclass(frozen=True, slots=True)
class PasswordProof:
    """That whoever bears the session knows the password too."""

    uow: UnitOfWork
    clock: Clock
    guarded: GuardedPasswords

    async def require(self, actor: Actor, password: str, *, purpose: str) -> Person:
        """The person as of now. Raises InvalidCredentials, TooManyTries, Overloaded; the refusal is kept
        under this purpose."""
        user_id, _ = own(actor)
        async with self.uow.begin_global() as shared:
            secret = await shared.person_secrets.for_step_up(user_id)
            person = await shared.persons.get(user_id)
        counts = person.password_counts(self.clock.now())
        proof = Proof(
            origin=Origin(actor.request_id, actor.ip, actor.user_agent),
            purpose=purpose,
            email=person.email,
            password=password,
            password_hash=secret.password_hash if secret and counts else None,
            user_id=user_id,
        )
        await self.guarded.require(proof)
        return person
