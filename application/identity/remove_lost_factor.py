from dataclasses import dataclass

from application.identity.factor_removal import record_removal, remove_factor
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from application.ports.unit_of_work import UnitOfWork
from application.tenancy.founding import operator
from domain.identity.errors import MfaNotEnrolled
from domain.identity.membership import choose_belonging
from domain.identity.person import Person
from domain.shared.errors import NotFound
from domain.shared.ids import OrgId, UserId


@dataclass(frozen=True, slots=True)
class RemoveLostFactor:
    """Of whoever has this address, in however many organisations."""

    email: str
    reason: str


@dataclass(frozen=True, slots=True)
class RemoveLostFactorHandler:
    """For the operator (`sweepline user disable-mfa`): where no owner can, or may, help."""

    uow: UnitOfWork
    clock: Clock
    ids: Identifiers

    async def handle(self, command: RemoveLostFactor) -> UserId:
        """Raises NotFound for an address that nobody has or who belongs nowhere, MfaNotEnrolled.

        Each organisation of the person gets its audit row. A transaction is of one organisation: the rows of
        the others are written first, so that no removal stays without them."""
        person, orgs = await self._find(command.email)
        first, *others = orgs
        for org_id in others:
            async with self.uow.begin(org_id) as unit:
                await record_removal(unit, operator(org_id), person.id, command.reason)
        async with self.uow.begin(first) as unit:
            person = await unit.persons.lock(person.id)
            await remove_factor(
                unit, self.ids, operator(first), person, self.clock.now(), reason=command.reason
            )
        return person.id

    async def _find(self, email: str) -> tuple[Person, list[OrgId]]:
        """With the organisation that gets the mail at the head."""
        async with self.uow.begin_global() as shared:
            person = await shared.persons.find_by_email(email)
            found = () if person is None else await shared.belongings.of(person.id, self.clock.now())
        if person is None or not found:
            raise NotFound("email", "Nobody has this e-mail address.")
        if not person.mfa_enabled:
            raise MfaNotEnrolled
        preferred = choose_belonging(found, None) or found[0]
        others = [belonging.org_id for belonging in found if belonging.org_id != preferred.org_id]
        return person, [preferred.org_id, *others]
