from dataclasses import dataclass
from uuid import UUID

from application.identity.mailed_links import ShownLink
from application.identity.personal_notices import tell_person
from application.ports.passwords import Passwords
from application.ports.unit_of_work import Unit, UnitOfWork
from domain.identity.passwords import PasswordPolicy
from domain.identity.person import Person

OURS = "sweepline"


async def org_words(unit: Unit) -> tuple[str, ...]:
    """Of the organisation and ours: a password is not made from them."""
    org = await unit.directory.by_id(unit.org_id)
    return ((await unit.org.get()).name, org.slug if org else "", OURS)


async def tell_password_changed(unit: Unit, person: Person, event: UUID, request_id: str) -> None:
    await tell_person(unit, person, "password_changed", event, request_id)


@dataclass(frozen=True, slots=True)
class NewPasswordRule:
    """What a password chosen through a link must be, and its hash. Never inside a transaction."""

    uow: UnitOfWork
    passwords: Passwords
    policy: PasswordPolicy

    async def hash(self, shown: ShownLink, password: str, *, field: str) -> str:
        """Raises PasswordRefused."""
        async with self.uow.begin(shown.org_id) as unit:
            words = await org_words(unit)
        person = shown.person
        keeps_factor = person.mfa_enabled and person.proven_at is not None
        known = (person.email, *words)
        current = await self.passwords.verify(password, shown.password_hash)
        self.policy.require(
            password,
            field=field,
            mfa_enabled=keeps_factor,
            known_words=known,
            is_current=current.matches,
        )
        return await self.passwords.hash(password)
