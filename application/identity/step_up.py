from dataclasses import dataclass
from datetime import datetime

from application.identity.log_out import own
from application.identity.password_proof import PasswordProof
from application.ports.clock import Clock
from application.ports.unit_of_work import UnitOfWork
from domain.identity.actor import Actor, Need
from domain.identity.session import SessionState
from domain.shared.errors import Unauthenticated


@dataclass(frozen=True, slots=True)
class StepUp:
    password: str


@dataclass(frozen=True, slots=True)
class StepUpHandler:
    """Makes the session that asks fresh for a while."""

    uow: UnitOfWork
    clock: Clock
    proof: PasswordProof

    async def handle(self, actor: Actor, command: StepUp) -> datetime:
        """Until when. Raises InvalidCredentials."""
        actor.require(Need.SIGNED_IN)
        _, session_id = own(actor)
        async with self.uow.begin(actor.org_id) as unit:
            await unit.recall(actor.once)
        proven = await self.proof.require(actor, command.password, purpose="step_up")
        now = self.clock.now()
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            session = await unit.sessions.lock(session_id)
            person = await unit.persons.get(proven.id)
            if session is None or session.state(now, person.auth_epoch) is not SessionState.LIVE:
                raise Unauthenticated  # it ended while we hashed
            session = session.proved(now)
            await unit.sessions.save(session)
            await unit.audit.record(actor, "step_up", "session", session.id)
            await unit.seal(session.fresh_until)
        return session.fresh_until
