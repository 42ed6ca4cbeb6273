from dataclasses import dataclass

from application.identity.factor_removal import remove_factor
from application.identity.factor_tries import FactorTries
from application.identity.log_out import own
from application.identity.own_person import lock_own, own_secret
from application.identity.second_factor import NO_PROOF, FactorProof, SecondFactor
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from application.ports.unit_of_work import Unit, UnitOfWork
from domain.identity.actor import Actor, Need
from domain.identity.errors import MfaNotEnrolled, MfaRequired, PersonInOtherOrg
from domain.identity.membership import MembershipStatus
from domain.shared.errors import NotFound
from domain.shared.ids import UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class DisableFactor:
    """Without `user_id` the own one. `proof` is of the own factor; a lost one of a colleague needs none."""

    user_id: UserId | None = None
    proof: FactorProof = NO_PROOF
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class DisableFactorHandler:
    """By an owner: the own factor, or that of a member who lost the device."""

    uow: UnitOfWork
    clock: Clock
    ids: Identifiers
    factor: SecondFactor
    tries: FactorTries

    async def handle(self, actor: Actor, command: DisableFactor) -> UserId:
        """Whose it was. Raises StepUpRequired, MfaNotEnrolled, MfaRequired, NotFound, PersonInOtherOrg."""
        actor.require(Need.OWNER)
        actor.require_fresh()
        own_id, _ = own(actor)
        if command.user_id is not None and command.user_id != own_id:
            return await self._disable_lost(actor, command.user_id, command.reason)
        async with self.tries.of_caller(actor, command.proof, "disable_factor"):
            return await self._disable_own(actor, command)

    async def _disable_own(self, actor: Actor, command: DisableFactor) -> UserId:
        now = self.clock.now()
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            person, _ = await lock_own(unit, actor, now)
            secret = await own_secret(unit, person)
            if secret.factor.secret is None:
                raise MfaNotEnrolled
            await self.factor.spend(unit, secret, command.proof)
            await remove_factor(unit, self.ids, actor, person, now, reason=command.reason)
            await unit.seal(person.id)
        return person.id

    async def _disable_lost(self, actor: Actor, user_id: UserId, reason: str | None) -> UserId:
        now = self.clock.now()
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            await self._require_own_factor(unit, actor)
            await self._require_known_member(unit, user_id)
            person = await unit.persons.lock(user_id)
            # Under the lock: whoever makes them a member elsewhere takes it too.
            belongings = await unit.belongings.of(user_id, now)
            if any(belonging.org_id != actor.org_id for belonging in belongings):
                raise PersonInOtherOrg
            if not person.mfa_enabled:
                raise MfaNotEnrolled
            await remove_factor(unit, self.ids, actor, person, now, reason=reason)
            await unit.seal(user_id)
        return user_id

    @staticmethod
    async def _require_own_factor(unit: Unit, actor: Actor) -> None:
        own_id, _ = own(actor)
        if (await unit.persons.get(own_id)).mfa_enabled and not actor.mfa_verified:
            raise MfaRequired

    @staticmethod
    async def _require_known_member(unit: Unit, user_id: UserId) -> None:
        """Of who never accepted nothing is told: neither their factor, nor that others know them."""
        membership = await unit.memberships.find(user_id)
        if membership is None:
            raise NotFound("user_id")
        if membership.status is MembershipStatus.INVITED or not membership.joined:
            raise MfaNotEnrolled
