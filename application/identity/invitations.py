from dataclasses import dataclass, field
from datetime import datetime

from application.identity.guarded_passwords import GuardedPasswords, Proof
from application.identity.mailed_links import LinkReader, ShownLink, spend
from application.identity.new_password import NewPasswordRule
from application.identity.origin import Origin
from application.ports.clock import Clock
from application.ports.unit_of_work import Unit, UnitOfWork
from domain.identity.actor import Role
from domain.identity.errors import LinkInvalid
from domain.identity.link import LinkPurpose
from domain.identity.membership import Membership, MembershipStatus
from domain.identity.person import Person
from domain.identity.session import RevokedReason
from domain.shared.ids import OrgId
from domain.tenancy.org import OrgStatus


@dataclass(frozen=True, slots=True)
class InspectInvitation:
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """What the holder of the link may know before accepting."""

    org_name: str
    email: str
    role: Role
    expires_at: datetime
    sets_password: bool


@dataclass(frozen=True, slots=True)
class InspectInvitationHandler:
    uow: UnitOfWork
    reader: LinkReader

    async def handle(self, command: InspectInvitation) -> Invitation:
        """Changes nothing. Raises LinkInvalid."""
        shown = await self.reader.look_up(command.token, LinkPurpose.INVITATION)
        async with self.uow.begin(shown.org_id) as unit:
            member = await _invited(unit, shown.person)
            return Invitation(
                org_name=(await unit.org.get()).display_name,
                email=shown.person.email,
                role=member.role,
                expires_at=shown.link.expires_at,
                sets_password=shown.person.link_sets_password,
            )


@dataclass(frozen=True, slots=True)
class AcceptInvitation:
    """`password` is the new one where the invitation sets it, else the person's own, as proof."""

    token: str = field(repr=False)
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AcceptInvitationHandler:
    uow: UnitOfWork
    clock: Clock
    reader: LinkReader
    rule: NewPasswordRule
    guarded: GuardedPasswords

    async def handle(self, origin: Origin, command: AcceptInvitation) -> OrgId:
        """Raises LinkInvalid; and, while the link stays good, InvalidCredentials, TooManyTries,
        PasswordRefused."""
        shown = await self.reader.look_up(command.token, LinkPurpose.INVITATION)
        new_hash = None
        if shown.person.link_sets_password:
            new_hash = await self.rule.hash(shown, command.password, field="password")
        else:
            await self._prove(origin, shown, command.password)
        async with self.uow.begin(shown.org_id) as unit:
            person = await spend(unit, self.clock, shown)
            if person.password_epoch != shown.person.password_epoch:
                raise LinkInvalid  # what was proven is the password no longer
            await self._join(unit, origin, person, new_hash)
        return shown.org_id

    async def _prove(self, origin: Origin, shown: ShownLink, password: str) -> None:
        proof = Proof(
            origin=origin,
            purpose="invitation",
            email=shown.person.email,
            password=password,
            password_hash=shown.password_hash,
            user_id=shown.person.id,
        )
        await self.guarded.require(proof)

    async def _join(self, unit: Unit, origin: Origin, person: Person, new_hash: str | None) -> None:
        now = self.clock.now()
        member = await _invited(unit, person)
        after = member.accepted(now)
        await unit.memberships.save(after)
        if new_hash is not None:
            await unit.sessions.revoke_all(RevokedReason.PASSWORD_RESET, now, user_id=person.id)
            unproven = person.proven_at is None
            person = person.proved_by_link(now).password_changed()
            await unit.persons.save(person)
            await unit.person_secrets.set_password(person.id, new_hash)
            if unproven:
                await unit.person_secrets.set_factor(person.id, None, 0, ())
        actor = origin.stranger(unit.org_id, person, after.role)
        await unit.audit.record(
            actor,
            "accept_invitation",
            "user",
            person.id,
            before={"status": member.status.value},
            after={"status": after.status.value, "role": after.role.value},
        )


async def _invited(unit: Unit, person: Person) -> Membership:
    """Raises LinkInvalid where the invitation no longer stands, or the organisation is suspended."""
    member = await unit.memberships.find(person.id)
    org = await unit.directory.by_id(unit.org_id)
    if member is None or member.status is not MembershipStatus.INVITED:
        raise LinkInvalid
    if org is None or org.status is not OrgStatus.ACTIVE:
        raise LinkInvalid
    return await unit.memberships.lock(person.id)
