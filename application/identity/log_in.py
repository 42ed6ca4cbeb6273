from dataclasses import dataclass
from uuid import UUID

from application.identity.guarded_passwords import GuardedPasswords
from application.identity.issuing import IssuedTokens, TokenIssuer
from application.identity.origin import Origin
from application.identity.throttling import Admission
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from application.ports.passwords import Passwords
from application.ports.unit_of_work import GlobalUnit, Unit, UnitOfWork
from domain.identity.errors import InvalidCredentials, OrgSuspended, Overloaded
from domain.identity.membership import Belonging, choose_belonging
from domain.identity.person import Person
from domain.identity.session import Session
from domain.shared.errors import Invalid
from domain.shared.ids import OrgId, SessionId, UserId

NOBODY = UserId(UUID(int=0))
NOWHERE = OrgId(UUID(int=0))


@dataclass(frozen=True, slots=True, kw_only=True)
class LogIn:
    """`org_id` and `org_slug` name the organisation; without them it is chosen."""

    email: str
    password: str
    org_id: OrgId | None = None
    org_slug: str | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """Whose password it must be. Without a hash nothing matches."""

    person: Person | None
    belonging: Belonging | None
    password_hash: str | None


@dataclass(frozen=True, slots=True)
class Proven:
    """Whose password it was. `new_hash`: the same password under today's parameters, if that is due."""

    person: Person
    belonging: Belonging
    password_hash: str | None
    new_hash: str | None


@dataclass(frozen=True, slots=True)
class LogInHandler:
    """Throttle, password, factor, state of the organisation, in this order.

    Known and unknown addresses take the same steps: the same statements, one full hash."""

    uow: UnitOfWork
    clock: Clock
    ids: Identifiers
    passwords: Passwords
    issuer: TokenIssuer
    guarded: GuardedPasswords

    async def handle(self, origin: Origin, command: LogIn) -> IssuedTokens:
        """Raises InvalidCredentials, TooManyTries, Overloaded; only after the right password OrgSuspended."""
        async with self.uow.begin_global() as shared:
            candidate = await self._look_up(shared, command)
        admission = await self.guarded.throttling.admit_password(origin, command.email)
        proven = await self._prove_password(admission, candidate, command)
        if not proven.belonging.org_active:
            await self.guarded.throttling.right(admission)
            raise OrgSuspended
        async with self.uow.begin(proven.belonging.org_id) as unit:
            if proven.new_hash is not None and proven.password_hash is not None:
                await unit.person_secrets.rehash(proven.person.id, proven.password_hash, proven.new_hash)
            tokens = await self._begin_session(unit, origin, proven.person)
        await self.guarded.throttling.right(admission, logged_in=True)
        return tokens

    async def _prove_password(self, admission: Admission, candidate: Candidate, command: LogIn) -> Proven:
        if admission.refusal is not None:
            await self.guarded.throttling.wrong(admission, "login")
            raise admission.refusal
        verdict = await self.guarded.compare(admission, command.password, candidate.password_hash)
        person, belonging = candidate.person, candidate.belonging
        if not verdict.matches or person is None or belonging is None:
            await self.guarded.throttling.wrong(admission, "login", person.id if person else None)
            raise InvalidCredentials
        new_hash = await self._rehash(command.password) if verdict.rehash_due else None
        return Proven(person, belonging, candidate.password_hash, new_hash)

    async def _rehash(self, password: str) -> str | None:
        """Not now, if there is no room: the login after this one will do."""
        try:
            return await self.passwords.hash(password)
        except Overloaded:
            return None

    async def _look_up(self, shared: GlobalUnit, command: LogIn) -> Candidate:
        now = self.clock.now()
        wanted = await self._wanted_org(shared, command)
        secret = await shared.person_secrets.for_login(command.email)
        person = await shared.persons.find_by_email(command.email)
        belongings = await shared.belongings.of(person.id if person else NOBODY, now)
        belonging = choose_belonging(belongings, wanted)
        usable = belonging is not None and person is not None and person.password_counts(now)
        return Candidate(person, belonging, secret.password_hash if secret and usable else None)

    @staticmethod
    async def _wanted_org(shared: GlobalUnit, command: LogIn) -> OrgId | None:
        """An unknown slug is an organisation where nobody is a member."""
        if command.org_slug is None:
            return command.org_id
        org = await shared.directory.by_slug(command.org_slug)
        if command.org_id is not None and (org is None or org.id != command.org_id):
            raise Invalid.field("org_slug", "names another organisation than org_id")
        return org.id if org is not None else NOWHERE

    async def _begin_session(self, unit: Unit, origin: Origin, person: Person) -> IssuedTokens:
        now = self.clock.now()
        membership = await unit.memberships.lock(person.id)
        if not membership.active:
            raise InvalidCredentials
        session = Session.begin(
            id=SessionId(self.ids.new()),
            user_id=person.id,
            auth_epoch=person.auth_epoch,  # as it was when the password was checked
            now=now,
            lifetimes=self.issuer.lifetimes,
            ip=origin.ip,
            user_agent=origin.user_agent,
        )
        refresh_token = self.issuer.new_refresh_token()
        await unit.sessions.add(session)
        await self.issuer.keep(unit, session, refresh_token, now)
        await unit.memberships.save(membership.logged_in(now))
        actor = origin.bearer(person, unit.org_id, membership.role, session.id)
        await unit.audit.record(actor, "login", "session", session.id)
        return self.issuer.issue(
            unit.org_id,
            membership.role,
            session,
            refresh_token,
            now,
            must_change_password=person.must_change_password,
        )
