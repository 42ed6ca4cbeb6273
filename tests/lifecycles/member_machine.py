"""Two organisations with people in one or both, and staff who try everything on everybody."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from adapters.memory.tables import OrgTables, snapshot
from adapters.memory.unit_of_work import MemoryUnitOfWork
from adapters.system.identifiers import SystemIdentifiers
from application.identity.change_role import ChangeRole
from application.identity.create_user import CreateUser, Delivery, HandedOver
from application.identity.invitations import AcceptInvitation, InspectInvitation
from application.identity.log_out_user import LogOutUser
from application.identity.member_status import Deactivate, Reactivate
from application.identity.resend_invitation import ResendInvitation
from application.identity.reset_password import ConfirmPasswordReset, RequestPasswordReset
from application.identity.reset_temp_password import ResetTempPassword
from domain.identity.actor import Actor, ActorKind, Role
from domain.identity.membership import MembershipStatus
from domain.shared.errors import DomainError
from domain.shared.ids import OrgId, UserId
from tests.support.clock import FixedClock
from tests.support.login import PASSWORD, caller
from tests.support.personnel import Personnel

PEOPLE = tuple(f"{name}@people.example" for name in ("ann", "bob"))
ORGS = st.integers(0, 1)
ACTOR = st.sampled_from([0, 0, 0, 1, 2])
WHO = st.sampled_from((*PEOPLE, *PEOPLE, "owner0@people.example", "nobody@people.example"))
ROLES = st.sampled_from([Role.OWNER, Role.ADMIN, Role.VIEWER])
FRESH = st.sampled_from([True, True, True, False])
type Deed = Callable[[Actor], Awaitable[Any]]


class MemberMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.clock = FixedClock()
        self.uow = MemoryUnitOfWork(self.clock, SystemIdentifiers())
        self.desk = Personnel(self.uow, self.clock)
        self.orgs: list[OrgId] = []
        self.own: dict[str, str] = {}  # what each person believes the own password is
        self.learned: list[dict[str, str]] = [{}, {}]  # by organisation: what its staff knows of whom
        self.made = 0

    def teardown(self) -> None:
        self.runner.close()

    @initialize(shared=st.sampled_from(["", "invited", "accepted"]))
    def found(self, shared: str) -> None:
        """Each has an admin whose first password its owner knows; the other may have invited that one too."""
        for number in (0, 1):
            email = f"owner{number}@people.example"
            created = self.runner.run(self.desk.create_org(f"org-{number}", email, PASSWORD))
            self.orgs.append(created.org_id)
            self.own[email] = PASSWORD
        for number, email in enumerate(PEOPLE):
            self.create(number, 0, email, Role.ADMIN, Delivery.TEMP_PASSWORD, fresh=True)
            if shared:
                self.create(1 - number, 0, email, Role.ADMIN, Delivery.INVITATION, fresh=True)
            if shared == "accepted":
                self.accept(1 - number, email)

    # What staff do

    @rule(org=ORGS, actor=ACTOR, email=st.sampled_from((*PEOPLE, "owner0@people.example")), role=ROLES,
          delivery=st.sampled_from([Delivery.TEMP_PASSWORD, Delivery.INVITATION]), fresh=FRESH)  # fmt: skip
    def create(self, org: int, actor: int, email: str, role: Role, delivery: Delivery, fresh: bool) -> None:
        command = CreateUser(email=email, role=role, delivery=delivery)
        answer = self.by_staff(org, actor, fresh, lambda who: self.desk.create_user.handle(who, command))
        self.hear(org, email, answer)

    @rule(org=ORGS, actor=ACTOR, who=WHO, role=ROLES, fresh=FRESH)
    def change_role(self, org: int, actor: int, who: str, role: Role, fresh: bool) -> None:
        command = ChangeRole(user_id=self.somebody(who), role=role)
        self.by_staff(org, actor, fresh, lambda staff: self.desk.change_role.handle(staff, command))

    @rule(org=ORGS, actor=ACTOR, who=WHO)
    def deactivate(self, org: int, actor: int, who: str) -> None:
        command = Deactivate(user_id=self.somebody(who))
        self.by_staff(org, actor, True, lambda staff: self.desk.deactivate.handle(staff, command))

    @rule(org=ORGS, actor=ACTOR, who=WHO)
    def reactivate(self, org: int, actor: int, who: str) -> None:
        command = Reactivate(user_id=self.somebody(who))
        self.by_staff(org, actor, True, lambda staff: self.desk.reactivate.handle(staff, command))

    @rule(org=ORGS, actor=ACTOR, who=WHO)
    def log_out(self, org: int, actor: int, who: str) -> None:
        command = LogOutUser(user_id=self.somebody(who))
        self.by_staff(org, actor, True, lambda staff: self.desk.log_out_user.handle(staff, command))

    @rule(org=ORGS, actor=ACTOR, who=WHO)
    def resend(self, org: int, actor: int, who: str) -> None:
        command = ResendInvitation(user_id=self.somebody(who))
        self.by_staff(org, actor, True, lambda staff: self.desk.resend_invitation.handle(staff, command))

    @rule(org=ORGS, actor=ACTOR, who=WHO)
    def reset(self, org: int, actor: int, who: str) -> None:
        command = ResetTempPassword(user_id=self.somebody(who))
        answer = self.by_staff(
            org, actor, True, lambda staff: self.desk.reset_temp_password.handle(staff, command)
        )
        self.hear(org, who, answer)

    @rule(org=ORGS, email=st.sampled_from(PEOPLE))
    def impersonate(self, org: int, email: str) -> None:
        """With a password that they were shown, staff sign in as the person and choose another."""
        if (known := self.learned[org].get(email)) is None:
            return
        self.made += 1
        chosen = f"chosen by somebody else {self.made}"

        async def take_over() -> None:
            tokens = await self.desk.log_in(email, known, org_id=self.orgs[org])
            await self.desk.change_password(caller(tokens), known, chosen)
            self.learned[org][email] = chosen

        self.attempt(take_over())

    # What people do themselves

    @rule(org=ORGS, email=st.sampled_from(PEOPLE))
    def accept(self, org: int, email: str) -> None:
        self.made += 1
        chosen = f"a secret of one's own {self.made}"

        async def follow() -> None:
            tokens = await self.desk.tokens_for(self.orgs[org], email, "invitation")
            if not tokens:
                return
            seen = await self.desk.inspect.handle(InspectInvitation(tokens[-1]))
            password = chosen if seen.sets_password else self.own.get(email, "forgotten")
            await self.desk.accept.handle(self.desk.origin, AcceptInvitation(tokens[-1], password))
            self.own[email] = password

        self.attempt(follow())

    @rule(email=st.sampled_from(PEOPLE))
    def forget(self, email: str) -> None:
        self.made += 1
        chosen = f"a secret of one's own {self.made}"

        async def reset() -> None:
            wanted = await self.desk.request_reset.handle(self.desk.origin, RequestPasswordReset(email))
            await self.desk.request_reset.send(self.desk.origin, wanted)
            if wanted.belonging is None:
                return
            tokens = await self.desk.tokens_for(wanted.belonging.org_id, email, "password_reset_link")
            confirm = ConfirmPasswordReset(tokens[-1], chosen)
            await self.desk.confirm_reset.handle(self.desk.origin, confirm)
            self.own[email] = chosen

        self.attempt(reset())

    @rule(email=st.sampled_from(PEOPLE), org=ORGS)
    def sign_in(self, email: str, org: int) -> None:
        self.attempt(self.desk.log_in(email, self.own.get(email, "forgotten"), org_id=self.orgs[org]))

    @rule(minutes=st.sampled_from([1, 31, 61, 73 * 60]))
    def wait(self, minutes: int) -> None:
        self.clock.advance(minutes=minutes)

    # What must hold

    @invariant()
    def every_organisation_has_an_active_owner(self) -> None:
        for org_id in self.orgs:
            members = self.uow.orgs[org_id].memberships.values()
            assert any(member.role is Role.OWNER and member.active for member in members)

    @invariant()
    def what_staff_learned_opens_nothing_elsewhere(self) -> None:
        for org, learned in enumerate(self.learned):
            elsewhere = self.tables(1 - org).memberships
            for email, password in learned.items():
                person = next(p for p in self.uow.shared.persons.values() if p.email == email)
                member = elsewhere.get(person.id)
                if member is not None and member.active:
                    stored = self.uow.shared.person_secrets[person.id].password_hash
                    assert not self.runner.run(self.desk.guarded.passwords.verify(password, stored)).matches

    def tables(self, org: int) -> OrgTables:
        return self.uow.orgs[self.orgs[org]]

    def somebody(self, email: str) -> UserId:
        """Anybody at all, a member here or not."""
        known = (person.id for person in self.uow.shared.persons.values() if person.email == email)
        return next(known, UserId(UUID(int=1)))

    def staff(self, org: int, number: int, fresh: bool) -> Actor:
        active = [m for m in self.tables(org).memberships.values() if m.status is MembershipStatus.ACTIVE]
        member = active[number % len(active)]
        return Actor(
            org_id=self.orgs[org],
            kind=ActorKind.BEARER,
            role=member.role,
            user_id=member.user_id,
            fresh=fresh,
            name="staff",
        )

    def by_staff(self, org: int, number: int, fresh: bool, deed: Deed) -> Any:
        """Nothing of the other organisation moves, nor of anybody who belongs to it."""
        here, there = snapshot(self.tables(org)), snapshot(self.tables(1 - org))
        shared = snapshot(self.uow.shared)
        answer = self.attempt(deed(self.staff(org, number, fresh)))
        assert self.tables(1 - org) == there
        for user_id in there.memberships:
            assert self.uow.shared.persons[user_id] == shared.persons[user_id]
            assert self.uow.shared.person_secrets.get(user_id) == shared.person_secrets.get(user_id)
        if isinstance(answer, DomainError):
            assert self.tables(org) == here
            assert self.uow.shared.persons == shared.persons
        return answer

    def attempt(self, deed: Any) -> Any:
        async def whole() -> Any:
            try:
                return await deed
            except DomainError as refusal:
                return refusal

        return self.runner.run(whole())

    def hear(self, org: int, email: str, answer: Any) -> None:
        if isinstance(answer, HandedOver) and answer.temp_password is not None:
            self.learned[org][email] = answer.temp_password
