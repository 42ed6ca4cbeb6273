from dataclasses import dataclass

from application.identity.factor_tries import FactorTries
from application.identity.own_person import lock_own, own_secret
from application.identity.personal_notices import tell_person
from application.identity.second_factor import NewRecoveryCodes, SecondFactor
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from application.ports.unit_of_work import Unit, UnitOfWork
from application.retrying import retrying
from domain.identity.actor import Actor, Need
from domain.identity.errors import InvalidMfaCode, MfaNotEnrolled
from domain.identity.session import RevokedReason


@dataclass(frozen=True, slots=True)
class ConfirmFactor:
    """A code of the secret that was enrolled last."""

    code: str


@dataclass(frozen=True, slots=True)
class ConfirmFactorHandler:
    """The enrolled factor is on, in place of any earlier one; all sessions of the person end, everywhere."""

    uow: UnitOfWork
    clock: Clock
    ids: Identifiers
    factor: SecondFactor
    tries: FactorTries

    async def handle(self, actor: Actor, command: ConfirmFactor) -> NewRecoveryCodes:
        """Raises MfaNotEnrolled, InvalidMfaCode."""
        actor.require(Need.SIGNED_IN)
        async with self.tries.of_confirming(actor, "confirm_factor"):
            return await self._try(actor, command.code)

    @retrying
    async def _try(self, actor: Actor, code: str) -> NewRecoveryCodes:
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            return await self._confirm(unit, actor, code)

    async def _confirm(self, unit: Unit, actor: Actor, code: str) -> NewRecoveryCodes:
        now = self.clock.now()
        person, _ = await lock_own(unit, actor, now)
        pending = (await own_secret(unit, person)).factor.pending_at(now)
        if pending is None:
            raise MfaNotEnrolled
        step = self.factor.step_of(person.id, pending, code)
        if step is None:
            raise InvalidMfaCode
        await unit.sessions.revoke_all(RevokedReason.MFA_ENABLED, now, user_id=person.id)
        replaced, person = person.mfa_enabled, person.factor_turned(on=True)
        await unit.persons.save(person)
        codes = self.factor.new_recovery_codes(person.id)
        await unit.person_secrets.set_factor(person.id, pending, step, codes.hashes)
        before, after = {"mfa_enabled": replaced}, {"mfa_enabled": True}
        await unit.audit.record(actor, "mfa_enabled", "person", person.id, before=before, after=after)
        await tell_person(unit, person, "mfa_enabled", self.ids.new(), actor.request_id)
        await unit.seal(codes)
        return codes
