from dataclasses import dataclass
from uuid import UUID

from application.identity.failures import FailureLog
from application.identity.issuing import IssuedTokens, TokenIssuer
from application.identity.origin import Origin
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from application.ports.passwords import Passwords
from application.ports.unit_of_work import GlobalUnit, Unit, UnitOfWork
from domain.identity.errors import InvalidCredentials, OrgSuspended
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
class LogInHandler:
    """Known and unknown addresses take the same steps: the same statements, one full hash."""

    uow: UnitOfWork
    clock: Clock
    ids: Identifiers
    passwords: Passwords
    issuer: TokenIssuer
    failures: FailureLog

    async def handle(self, origin: Origin, command: LogIn) -> IssuedTokens:
        """Raises InvalidCredentials; only after the right password OrgSuspended."""
        async with self.uow.begin_global() as shared:
            candidate = await self._look_up(shared, command)
        verdict = await self.passwords.verify(command.password, candidate.password_hash)
        person, belonging = candidate.person, candidate.belonging
        if not verdict.matches or person is None or belonging is None:
            await self.failures.record(origin, "login", command.email)
            raise InvalidCredentials
        if not belonging.org_active:
            raise OrgSuspended
        new_hash = await self.passwords.hash(command.password) if verdict.rehash_due else None
        async with self.uow.begin(belonging.org_id) as unit:
            if new_hash is not None and candidate.password_hash is not None:
                await unit.person_secrets.rehash(person.id, candidate.password_hash, new_hash)
            return await self._begin_session(unit, origin, person)

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
