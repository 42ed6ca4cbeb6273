from dataclasses import dataclass, field

from application.identity.temp_passwords import TempPasswords
from application.identity.throttling import Throttling
from application.ports.clock import Clock
from application.ports.unit_of_work import Unit, UnitOfWork
from application.tenancy.founding import operator
from domain.identity.membership import Belonging, choose_belonging
from domain.identity.person import Person
from domain.identity.session import RevokedReason
from domain.shared.errors import NotFound
from domain.shared.ids import OrgId, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorReset:
    email: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class OperatorResetDone:
    """The password is told this once."""

    user_id: UserId
    temp_password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OperatorResetHandler:
    """For the operator: a temporary password for whoever it is, on record wherever they belong."""

    uow: UnitOfWork
    clock: Clock
    temporary: TempPasswords
    throttling: Throttling

    async def handle(self, command: OperatorReset) -> OperatorResetDone:
        """Raises NotFound.

        A transaction is of one organisation: the others' rows come first, so that no reset goes without."""
        person, home, others = await self._find(command.email)
        new = await self.temporary.make()
        for org_id in others:
            async with self.uow.begin(org_id) as unit:
                await _record(unit, person.id, command.reason)
        now = self.clock.now()
        async with self.uow.begin(home) as unit:
            person = await unit.persons.lock(person.id)
            await unit.sessions.revoke_all(RevokedReason.TEMP_PASSWORD_ISSUED, now, user_id=person.id)
            person = person.temp_password_given(now + self.temporary.life)
            await unit.persons.save(person)
            await unit.person_secrets.set_password(person.id, new.password_hash)
            await self.temporary.mail(unit, operator(home), person, new, told=True)
            await _record(unit, person.id, command.reason)
        await self.throttling.forgive(person.email)
        return OperatorResetDone(person.id, new.password)

    async def _find(self, email: str) -> tuple[Person, OrgId, list[OrgId]]:
        """Who it is, where a login would lead, and where else they belong."""
        async with self.uow.begin_global() as shared:
            person = await shared.persons.find_by_email(email)
            belongings: tuple[Belonging, ...] = ()
            if person is not None:
                belongings = await shared.belongings.of(person.id, self.clock.now())
        home = choose_belonging(belongings, None) or next(iter(belongings), None)
        if person is None or home is None:
            raise NotFound("email", "Nobody with this address belongs to any organisation.")
        return person, home.org_id, [b.org_id for b in belongings if b.org_id != home.org_id]


async def _record(unit: Unit, user_id: UserId, reason: str | None) -> None:
    actor, after = operator(unit.org_id), {"delivery": "temp_password"}
    await unit.audit.record(actor, "reset_temp_password", "user", user_id, after=after, reason=reason)
