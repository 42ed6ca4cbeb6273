from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from application.identity.mailed_links import LinkMailer
from application.identity.members import require_admin, require_owner, require_standing
from application.identity.temp_passwords import TempPasswords
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from application.ports.unit_of_work import Unit, UnitOfWork
from application.ports.users import User
from application.retrying import retrying
from application.scheduling.audited import audited_worker
from domain.identity.actor import Actor, Role
from domain.identity.email import email_fault
from domain.identity.errors import AlreadyMember, EmailTaken
from domain.identity.link import LinkPurpose
from domain.identity.membership import Membership, MembershipStatus
from domain.identity.person import Person, new_user_id
from domain.scheduling.worker import Worker
from domain.shared.errors import Invalid
from domain.shared.ids import UserId, WorkerId


class Delivery(StrEnum):
    """How somebody comes by a way in."""

    TEMP_PASSWORD = "temp_password"  # noqa: S105  # a way, not a password
    INVITATION = "invitation"
    RESET_LINK = "reset_link"


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateUser:
    email: str
    role: Role = Role.VIEWER
    name: str | None = None
    worker_id: WorkerId | None = None
    delivery: Delivery = Delivery.TEMP_PASSWORD


@dataclass(frozen=True, slots=True)
class HandedOver:
    """A user, and how the way in was handed over. The password is told this once."""

    user: User
    delivery: Delivery
    temp_password: str | None


@dataclass(frozen=True, slots=True)
class CreateUserHandler:
    """A temporary password only for somebody new to the installation; everybody else is invited, and what
    is theirs stays untouched."""

    uow: UnitOfWork
    clock: Clock
    ids: Identifiers
    temporary: TempPasswords
    links: LinkMailer

    @retrying
    async def handle(self, actor: Actor, command: CreateUser) -> HandedOver:
        """Raises AlreadyMember, OwnerOnly, StepUpRequired, NotFound, Invalid."""
        require_admin(actor)
        require_owner(actor, command.role)
        if command.role is Role.OWNER:
            actor.require_fresh()
        if message := email_fault(command.email):
            raise Invalid.field("email", message)
        if command.worker_id is not None and command.role is not Role.WORKER:
            raise Invalid.field("worker_id", "is for the role worker alone")
        try:
            return await self._create(actor, command)
        except EmailTaken:  # born elsewhere at the same moment
            return await self._create(actor, command)

    async def _create(self, actor: Actor, command: CreateUser) -> HandedOver:
        new = await self.temporary.make() if command.delivery is Delivery.TEMP_PASSWORD else None
        now = self.clock.now()
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            await unit.org.lock()
            worker = await self._free_worker(unit, command.worker_id)
            known = await unit.persons.find_by_email(command.email)
            if known is not None:
                new = None
                person = await unit.persons.lock(known.id)
            else:
                person = Person(id=new_user_id(self.ids.secret), email=command.email.strip(), created_at=now)
                person = person if new is None else person.temp_password_given(now + self.temporary.life)
                await unit.persons.add(person)
            member = await self._join(unit, actor, command, person, now, invited=new is None)
            if new is not None:
                await unit.person_secrets.set_password(person.id, new.password_hash)
                await self.temporary.mail(unit, actor, person, new, told=False)
            else:
                await self.links.send(
                    unit,
                    person,
                    LinkPurpose.INVITATION,
                    role=member.role.value,
                    request_id=actor.request_id,
                )
            await _link(unit, actor, worker, person.id, now)
            delivery = Delivery.INVITATION if new is None else Delivery.TEMP_PASSWORD
            after = {"role": member.role.value, "status": member.status.value, "delivery": delivery.value}
            await unit.audit.record(actor, "create_user", "user", person.id, after=after)
            user = await unit.users.get(person.id)
            result = HandedOver(user, delivery, new.password if new else None)
            await unit.seal(result)
        return result

    @staticmethod
    async def _free_worker(unit: Unit, worker_id: WorkerId | None) -> Worker | None:
        if worker_id is None:
            return None
        worker = await unit.workers.lock(worker_id)
        if worker.user_id is not None:
            raise Invalid.field("worker_id", "has a login already")
        return worker

    @staticmethod
    async def _join(
        unit: Unit, actor: Actor, command: CreateUser, person: Person, now: datetime, *, invited: bool
    ) -> Membership:
        former = await unit.memberships.find(person.id)
        if former is not None:
            former = await unit.memberships.lock(person.id)
            if former.status is not MembershipStatus.INACTIVE:
                raise AlreadyMember
            require_owner(actor, former.role)
        await require_standing(unit, actor, command.role, *((former.role,) if former else ()))
        if former is not None:
            member = former.invited_again(command.role, command.name, now)
            await unit.memberships.save(member)
            return member
        member = Membership(
            user_id=person.id,
            role=command.role,
            status=MembershipStatus.INVITED if invited else MembershipStatus.ACTIVE,
            joined=not invited,
            name=command.name,
            created_at=now,
            updated_at=now,
        )
        await unit.memberships.add(member)
        return member


async def _link(unit: Unit, actor: Actor, worker: Worker | None, user_id: UserId, now: datetime) -> None:
    """A former login of this person stands back."""
    if worker is None:
        return
    await unlink_worker(unit, actor, user_id, now)
    await _save_login(unit, actor, worker, user_id, now)


async def unlink_worker(unit: Unit, actor: Actor, user_id: UserId, now: datetime) -> None:
    worker = await unit.workers.lock_by_user(user_id)
    if worker is not None:
        await _save_login(unit, actor, worker, None, now)


async def _save_login(
    unit: Unit, actor: Actor, before: Worker, user_id: UserId | None, now: datetime
) -> None:
    after = before.changed(now, user_id=user_id)
    await unit.workers.save(after)
    await unit.audit.record(
        actor,
        "worker_update",
        "worker",
        after.id,
        before=audited_worker(before),
        after=audited_worker(after),
    )
