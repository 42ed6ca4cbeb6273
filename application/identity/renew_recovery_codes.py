from dataclasses import dataclass

from application.identity.factor_tries import FactorTries
from application.identity.own_person import lock_own, own_secret
from application.identity.second_factor import FactorProof, NewRecoveryCodes, SecondFactor
from application.ports.clock import Clock
from application.ports.unit_of_work import UnitOfWork
from application.retrying import retrying
from domain.identity.actor import Actor, Need
from domain.identity.errors import MfaNotEnrolled


@dataclass(frozen=True, slots=True)
class RenewRecoveryCodes:
    code: str | None


@dataclass(frozen=True, slots=True)
class RenewRecoveryCodesHandler:
    """New ones in place of all that were left."""

    uow: UnitOfWork
    clock: Clock
    factor: SecondFactor
    tries: FactorTries

    async def handle(self, actor: Actor, command: RenewRecoveryCodes) -> NewRecoveryCodes:
        """Raises StepUpRequired, MfaNotEnrolled, MfaRequired."""
        actor.require(Need.SIGNED_IN)
        actor.require_fresh()
        proof = FactorProof(code=command.code)
        async with self.tries.of_caller(actor, proof, "recovery_codes"):
            return await self._renew(actor, proof)

    @retrying
    async def _renew(self, actor: Actor, proof: FactorProof) -> NewRecoveryCodes:
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            person, _ = await lock_own(unit, actor, self.clock.now())
            secret = await own_secret(unit, person)
            if secret.factor.secret is None:
                raise MfaNotEnrolled
            await self.factor.spend(unit, secret, proof)
            codes = self.factor.new_recovery_codes(person.id)
            await unit.person_secrets.set_recovery_codes(person.id, codes.hashes)
            await unit.audit.record(actor, "mfa_recovery_codes", "person", person.id)
            await unit.seal(codes)
        return codes
