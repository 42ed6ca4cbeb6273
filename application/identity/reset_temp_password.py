from dataclasses import dataclass

from application.identity.create_user import Delivery, HandedOver
from application.identity.mailed_links import LinkMailer
from application.identity.members import (
    Deed,
    hold,
    lock_member,
    require_admin,
    require_not_oneself,
    require_standing,
)
from application.identity.temp_passwords import NewPassword, TempPasswords
from application.identity.throttling import Throttling
from application.ports.clock import Clock
from application.ports.unit_of_work import Unit, UnitOfWork
from application.retrying import retrying
from domain.identity.actor import Actor
from domain.identity.errors import UserInactive
from domain.identity.link import LinkPurpose
from domain.identity.person import Person
from domain.identity.session import RevokedReason


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetTempPassword(Deed):
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ResetTempPasswordHandler:
    """A password is reset by whoever is alone responsible for the person. Of somebody who belongs to another
    organisation too nothing changes: they get a link to do it themselves."""

    uow: UnitOfWork
    clock: Clock
    temporary: TempPasswords
    links: LinkMailer
    throttling: Throttling

    @retrying
    async def handle(self, actor: Actor, command: ResetTempPassword) -> HandedOver:
        """Raises NotFound, OwnAccount, OwnerOnly, UserInactive."""
        require_admin(actor)
        require_not_oneself(actor, command.user_id)
        async with self.uow.begin(actor.org_id) as unit:
            await unit.recall(actor.once)
            await unit.users.get(command.user_id)
        new = await self.temporary.make()
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            await hold(unit, command.user_id)
            person = await unit.persons.lock(command.user_id)
            member = await lock_member(unit, actor, command)
            await require_standing(unit, actor, member.role)
            if not member.active:
                raise UserInactive
            delivery = await self._reset(unit, actor, person, new)
            await unit.audit.record(
                actor,
                "reset_temp_password",
                "user",
                person.id,
                after={"delivery": delivery.value},
                reason=command.reason,
            )
            password = new.password if delivery is Delivery.TEMP_PASSWORD else None
            result = HandedOver(await unit.users.get(person.id), delivery, password)
            await unit.seal(result)
        if result.temp_password is not None:
            await self.throttling.forgive(person.email)
        return result

    async def _reset(self, unit: Unit, actor: Actor, person: Person, new: NewPassword) -> Delivery:
        now = self.clock.now()
        # Asked under the person's lock: whoever makes them a member elsewhere takes that lock too.
        belongings = await unit.belongings.of(person.id, now)
        if any(belonging.org_id != actor.org_id for belonging in belongings):
            await self.links.send(unit, person, LinkPurpose.PASSWORD_RESET, request_id=actor.request_id)
            return Delivery.RESET_LINK
        await unit.sessions.revoke_all(RevokedReason.TEMP_PASSWORD_ISSUED, now, user_id=person.id)
        person = person.temp_password_given(now + self.temporary.life)
        await unit.persons.save(person)
        await unit.person_secrets.set_password(person.id, new.password_hash)
        await self.temporary.mail(unit, actor, person, new, told=True)
        return Delivery.TEMP_PASSWORD
