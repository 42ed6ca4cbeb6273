from dataclasses import dataclass

from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from application.ports.passwords import Passwords
from application.ports.unit_of_work import UnitOfWork
from application.retrying import retrying
from domain.identity.actor import Actor, Need, Role
from domain.identity.email import email_fault
from domain.identity.membership import Membership, MembershipStatus
from domain.identity.passwords import PasswordPolicy
from domain.identity.person import Person, new_user_id
from domain.shared.errors import Invalid
from domain.shared.ids import UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class AddMember:
    """Somebody new to the installation, with a password that stays theirs."""

    email: str
    name: str
    role: Role
    password: str


@dataclass(frozen=True, slots=True)
class AddMemberHandler:
    """For the operator, who hands the password over. Owners are added by owners alone."""

    uow: UnitOfWork
    clock: Clock
    ids: Identifiers
    passwords: Passwords
    policy: PasswordPolicy

    async def handle(self, actor: Actor, command: AddMember) -> UserId:
        """Raises EmailTaken for somebody known, PasswordRefused."""
        actor.require(Need.OWNER if command.role is Role.OWNER else Need.ADMIN)
        if message := email_fault(command.email):
            raise Invalid.field("email", message)
        known_words = (command.email, command.name)
        self.policy.require(command.password, field="password", mfa_enabled=False, known_words=known_words)
        password_hash = await self.passwords.hash(command.password)  # before the transaction: slow on purpose
        now = self.clock.now()
        person = Person(id=new_user_id(self.ids.secret), email=command.email.strip(), created_at=now)
        member = Membership(
            user_id=person.id,
            role=command.role,
            status=MembershipStatus.ACTIVE,
            name=command.name.strip(),
            created_at=now,
            updated_at=now,
        )
        return await self._add(actor, person, member, password_hash)

    @retrying
    async def _add(self, actor: Actor, person: Person, member: Membership, password_hash: str) -> UserId:
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            await unit.persons.add(person)
            await unit.person_secrets.set_password(person.id, password_hash)
            await unit.memberships.add(member)
            after = {"role": member.role.value, "status": member.status.value}
            await unit.audit.record(actor, "user_create", "user", person.id, after=after)
            await unit.seal(person.id)
        return person.id
