from dataclasses import dataclass
from datetime import datetime

from application.identity.factor_tries import FactorTries
from application.identity.own_person import lock_own, own_secret
from application.identity.password_proof import PasswordProof
from application.identity.second_factor import NO_PROOF, FactorProof, SecondFactor
from application.ports.clock import Clock
from application.ports.unit_of_work import UnitOfWork
from application.retrying import retrying
from domain.identity.actor import Actor, Need


@dataclass(frozen=True, slots=True)
class StepUp:
    password: str
    factor: FactorProof = NO_PROOF


@dataclass(frozen=True, slots=True)
class StepUpHandler:
    """Makes the session that asks fresh for a while."""

    uow: UnitOfWork
    clock: Clock
    password: PasswordProof
    factor: SecondFactor
    tries: FactorTries

    async def handle(self, actor: Actor, command: StepUp) -> datetime:
        """Until when. Raises InvalidCredentials, MfaRequired, TooManyTries."""
        actor.require(Need.SIGNED_IN)
        async with self.uow.begin(actor.org_id) as unit:
            await unit.recall(actor.once)
        await self.password.require(actor, command.password, purpose="step_up")
        async with self.tries.of_caller(actor, command.factor, "step_up"):
            return await self._freshen(actor, command.factor)

    @retrying
    async def _freshen(self, actor: Actor, proof: FactorProof) -> datetime:
        now = self.clock.now()
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            person, session = await lock_own(unit, actor, now)
            await self.factor.spend(unit, await own_secret(unit, person), proof)
            session = session.proved(now)
            await unit.sessions.save(session)
            await unit.audit.record(actor, "step_up", "session", session.id)
            await unit.seal(session.fresh_until)
        return session.fresh_until
