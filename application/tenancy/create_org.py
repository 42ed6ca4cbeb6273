from dataclasses import dataclass
from datetime import datetime, timedelta

from application.identity.new_password import OURS
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from application.ports.passwords import Passwords
from application.ports.unit_of_work import Unit, UnitOfWork
from application.tenancy.founding import Founding
from domain.identity.actor import Role
from domain.identity.email import email_fault
from domain.identity.errors import EmailTaken
from domain.identity.membership import Membership, MembershipStatus
from domain.identity.passwords import PasswordPolicy, temp_password
from domain.identity.person import Person, new_user_id
from domain.shared.errors import Invalid
from domain.shared.ids import OrgId, UserId
from domain.tenancy.org import Org, OrgProfile


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateOrg:
    """`owner_password` None: a new owner gets a temporary one."""

    name: str
    slug: str
    owner_email: str
    timezone: str = "UTC"
    currency: str = "USD"
    owner_password: str | None = None


@dataclass(frozen=True, slots=True)
class CreatedOrg:
    """`temp_password` is told this once. None: the owner has a password already, or was given one."""

    org_id: OrgId
    user_id: UserId
    temp_password: str | None


@dataclass(frozen=True, slots=True)
class NewOwner:
    person: Person
    password_hash: str
    temp_password: str | None


@dataclass(frozen=True, slots=True)
class CreateOrgHandler:
    uow: UnitOfWork
    clock: Clock
    ids: Identifiers
    passwords: Passwords
    policy: PasswordPolicy
    founding: Founding
    temp_password_life: timedelta

    async def handle(self, command: CreateOrg) -> CreatedOrg:
        """For the operator. An owner who is known already keeps the own password.

        Raises SlugTaken, Invalid, PasswordRefused."""
        now = self.clock.now()
        if message := email_fault(command.owner_email):
            raise Invalid.field("owner_email", message)
        if len(command.name.strip().splitlines()) > 1:  # U+2028 too: the name stands in headers of mails
            raise Invalid.field("name", "is not on one line")
        org = Org(id=OrgId(self.ids.new()), slug=command.slug, created_at=now)
        profile = OrgProfile(
            name=command.name.strip(),
            timezone=command.timezone,
            currency=command.currency,
            created_at=now,
            updated_at=now,
        )
        try:
            return await self._create(command, org, profile)
        except EmailTaken:  # the same new owner, of another organisation, at the same moment
            return await self._create(command, org, profile)

    async def _create(self, command: CreateOrg, org: Org, profile: OrgProfile) -> CreatedOrg:
        now = org.created_at
        async with self.uow.begin_global() as shared:
            known = await shared.persons.find_by_email(command.owner_email)
        owner = known or await self._new_owner(command, now)
        async with self.uow.begin(org.id) as unit:
            await self.founding.found(unit, org, profile, now)
            owner_id = await self._add(unit, owner)
            await unit.memberships.add(
                Membership(
                    user_id=owner_id,
                    role=Role.OWNER,
                    status=MembershipStatus.ACTIVE,
                    created_at=now,
                    updated_at=now,
                )
            )
        return CreatedOrg(org.id, owner_id, None if isinstance(owner, Person) else owner.temp_password)

    async def _new_owner(self, command: CreateOrg, now: datetime) -> NewOwner:
        """Hashed before the transaction begins: that is slow on purpose."""
        person = Person(id=new_user_id(self.ids.secret), email=command.owner_email.strip(), created_at=now)
        if (chosen := command.owner_password) is not None:
            known_words = (command.owner_email, command.name, command.slug, OURS)
            self.policy.require(chosen, field="owner_password", mfa_enabled=False, known_words=known_words)
            return NewOwner(person, await self.passwords.hash(chosen), None)
        temporary = temp_password(self.ids.secret)
        person = person.temp_password_given(now + self.temp_password_life)
        return NewOwner(person, await self.passwords.hash(temporary), temporary)

    @staticmethod
    async def _add(unit: Unit, new: Person | NewOwner) -> UserId:
        if isinstance(new, Person):
            return (await unit.persons.lock(new.id)).id  # where else they belong counts elsewhere
        await unit.persons.add(new.person)
        await unit.person_secrets.set_password(new.person.id, new.password_hash)
        return new.person.id
