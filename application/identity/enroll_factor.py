from dataclasses import dataclass
from datetime import datetime

from application.identity.factor_tries import FactorTries
from application.identity.own_person import lock_own, own_secret
from application.identity.password_proof import PasswordProof
from application.identity.second_factor import NO_PROOF, FactorProof, NewSecret, SecondFactor
from application.ports.clock import Clock
from application.ports.unit_of_work import UnitOfWork
from application.retrying import retrying
from domain.identity.actor import Actor, Need
from domain.identity.second_factor import PENDING_FOR


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrollFactor:
    """`current_password` stands in for a fresh session; `proof` is asked of who has a factor already."""

    current_password: str | None = None
    proof: FactorProof = NO_PROOF


@dataclass(frozen=True, slots=True)
class Enrolment:
    secret: NewSecret
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class EnrollFactorHandler:
    """A secret that is not on yet. One that is on goes on working until the new one is confirmed."""

    uow: UnitOfWork
    clock: Clock
    password: PasswordProof
    factor: SecondFactor
    tries: FactorTries

    async def handle(self, actor: Actor, command: EnrollFactor) -> Enrolment:
        """Raises StepUpRequired, InvalidCredentials, MfaRequired."""
        actor.require(Need.SIGNED_IN)
        async with self.uow.begin(actor.org_id) as unit:
            await unit.recall(actor.once)
        if command.current_password is None:
            actor.require_fresh()
        else:
            await self.password.require(actor, command.current_password, purpose="enroll")
        async with self.tries.of_caller(actor, command.proof, "enroll"):
            return await self._enroll(actor, command.proof)

    @retrying
    async def _enroll(self, actor: Actor, proof: FactorProof) -> Enrolment:
        now = self.clock.now()
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            person, _ = await lock_own(unit, actor, now)
            await self.factor.spend(unit, await own_secret(unit, person), proof)
            enrolment = Enrolment(self.factor.new_secret(person), now + PENDING_FOR)
            await unit.person_secrets.set_pending(person.id, enrolment.secret.sealed, enrolment.expires_at)
            await unit.audit.record(actor, "mfa_enroll", "person", person.id)
            await unit.seal(enrolment)
        return enrolment
