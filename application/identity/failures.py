from dataclasses import dataclass

from application.identity.origin import Origin
from application.ports.clock import Clock
from application.ports.persons import AuthFailure
from application.ports.tokens import KeyedHash
from application.ports.unit_of_work import UnitOfWork
from domain.identity.email import normalise_email


@dataclass(frozen=True, slots=True)
class FailureLog:
    """A refused proof is one insert, the same for addresses that we know and that we do not."""

    uow: UnitOfWork
    clock: Clock
    email_keys: KeyedHash

    async def record(self, origin: Origin, purpose: str, email: str) -> None:
        failure = AuthFailure(
            occurred_at=self.clock.now(),
            purpose=purpose,
            email_key=self.email_keys.of(normalise_email(email)),
            ip=origin.ip,
            user_agent=origin.user_agent,
            request_id=origin.request_id,
        )
        async with self.uow.begin_global() as shared:
            await shared.auth_failures.record(failure)
