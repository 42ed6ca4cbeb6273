import asyncio
import time
from dataclasses import dataclass
from typing import NewType
from uuid import UUID

from application.identity.factor_tries import FactorTries
from application.identity.guarded_passwords import GuardedPasswords
from application.identity.issuing import IssuedTokens, TokenIssuer
from application.identity.origin import Origin
from application.identity.second_factor import NO_PROOF, FactorProof, SecondFactor
from application.identity.throttling import Admission
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from application.ports.passwords import Passwords
from application.ports.persons import Secret
from application.ports.unit_of_work import GlobalUnit, Unit, UnitOfWork
from domain.identity.errors import (
    InvalidCredentials,
    MfaRequired,
    OrgSuspended,
    Overloaded,
    TooManyTries,
)
from domain.identity.membership import Belonging, Membership, choose_belonging
from domain.identity.passwords import too_short
from domain.identity.person import Person
from domain.identity.session import Session
from domain.shared.errors import Invalid
from domain.shared.ids import OrgId, SessionId, UserId

NOBODY = UserId(UUID(int=0))
NOWHERE = OrgId(UUID(int=0))
RefusalPace = NewType("RefusalPace", float)
"""Seconds after which a refusal past a full bucket is told: longer than any of its steps together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogIn:
    """`org_id` and `org_slug` name the organisation; without them it is chosen."""

    email: str
    password: str
    org_id: OrgId | None = None
    org_slug: str | None = None
    proof: FactorProof = NO_PROOF


@dataclass(frozen=True, slots=True)
class Candidate:
    """Whose password it must be. Without a secret nothing matches."""

    person: Person | None
    belonging: Belonging | None
    secret: Secret | None


@dataclass(frozen=True, slots=True)
class Proven:
    """Whose password it was. `new_hash`: the same password under today's parameters, if that is due."""

    person: Person
    belonging: Belonging
    secret: Secret
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
    factor: SecondFactor
    tries: FactorTries
    pace: RefusalPace

    async def handle(self, origin: Origin, command: LogIn) -> IssuedTokens:
        """Raises InvalidCredentials, TooManyTries, Overloaded; only after the right password MfaRequired and
        OrgSuspended."""
        started = time.monotonic()
        admission = await self.guarded.throttling.admit_password(origin, command.email)
        if admission.refusal is None:
            return await self._log_in(admission, command)
        if command.proof.code is None:  # before anything is looked up: no hash would hide how long that takes
            await self.guarded.throttling.wrong(admission, "login")
            raise admission.refusal
        try:
            return await self._log_in(admission, command)
        except TooManyTries:  # at one pace, however far it came
            await asyncio.sleep(started + self.pace - time.monotonic())
            raise

    async def _log_in(self, admission: Admission, command: LogIn) -> IssuedTokens:
        throttling = self.guarded.throttling
        candidate = await self._find(admission, command)
        proven = await self._prove_password(admission, candidate, command)
        try:
            tokens = await self._enter(admission.origin, proven, command.proof)
        except (InvalidCredentials, MfaRequired, TooManyTries, OrgSuspended) as refused:
            if admission.refusal is not None and not isinstance(refused, OrgSuspended):
                raise admission.refusal from None
            await throttling.right(admission)
            raise
        await throttling.right(admission, logged_in=True)
        return tokens

    async def _find(self, admission: Admission, command: LogIn) -> Candidate:
        try:
            async with self.uow.begin_global() as shared:
                return await self._look_up(shared, command)
        except Invalid:
            await self.guarded.throttling.undo(admission)
            raise

    async def _prove_password(self, admission: Admission, candidate: Candidate, command: LogIn) -> Proven:
        """Past a full bucket the rightful owner alone is let on, who sends a code with the password. A hash
        is compared for whoever sends one, so that its time does not tell who has a factor."""
        secret, person, belonging = candidate.secret, candidate.person, candidate.belonging
        password_hash = secret.password_hash if secret is not None else None
        verdict = await self.guarded.compare(admission, command.password, password_hash)
        known = verdict.matches and (admission.refusal is None or (person is not None and person.mfa_enabled))
        if not known or person is None or belonging is None or secret is None:
            await self.guarded.throttling.wrong(admission, "login", person.id if person else None)
            raise admission.refusal or InvalidCredentials()
        if not person.mfa_enabled and too_short(command.password, mfa_enabled=False):
            person = person.must_choose_longer()
        new_hash = await self._rehash(command.password) if verdict.rehash_due else None
        return Proven(person, belonging, secret, new_hash)

    async def _rehash(self, password: str) -> str | None:
        """Not now, if there is no room: the login after this one will do."""
        try:
            return await self.passwords.hash(password)
        except Overloaded:
            return None

    async def _look_up(self, shared: GlobalUnit, command: LogIn) -> Candidate:
        now = self.clock.now()
        wanted = await self._wanted_org(shared, command)
        # The person first: if a factor is turned on or off between the two, the epoch is the old one, and
        # a session that was begun without its proof is dead at birth.
        person = await shared.persons.find_by_email(command.email)
        secret = await shared.person_secrets.for_login(command.email)
        belongings = await shared.belongings.of(person.id if person else NOBODY, now)
        belonging = choose_belonging(belongings, wanted)
        usable = belonging is not None and person is not None and person.password_counts(now)
        return Candidate(person, belonging, secret if usable else None)

    @staticmethod
    async def _wanted_org(shared: GlobalUnit, command: LogIn) -> OrgId | None:
        """An unknown slug is an organisation where nobody is a member."""
        if command.org_slug is None:
            return command.org_id
        org = await shared.directory.by_slug(command.org_slug)
        if command.org_id is not None and (org is None or org.id != command.org_id):
            raise Invalid.field("org_slug", "names another organisation than org_id")
        return org.id if org is not None else NOWHERE

    async def _enter(self, origin: Origin, proven: Proven, proof: FactorProof) -> IssuedTokens:
        person, secret = proven.person, proven.secret
        async with (
            self.tries.of_person(origin, person, proof, "login"),
            self.uow.begin(proven.belonging.org_id) as unit,
        ):
            if person.must_change_password:
                await self._remember_to_change(unit, person)
            membership = await unit.memberships.lock(person.id)
            if not membership.active:
                raise InvalidCredentials
            await self.factor.spend(unit, secret, proof)
            if not proven.belonging.org_active:
                raise OrgSuspended
            if proven.new_hash is not None and secret.password_hash is not None:
                await unit.person_secrets.rehash(person.id, secret.password_hash, proven.new_hash)
            mfa_verified = secret.factor.secret is not None  # its proof was just spent
            return await self._begin_session(unit, origin, person, membership, mfa_verified=mfa_verified)

    @staticmethod
    async def _remember_to_change(unit: Unit, person: Person) -> None:
        """Unless the password or the factor changed meanwhile: then this session is dead at its birth."""
        locked = await unit.persons.lock(person.id)
        if locked.auth_epoch == person.auth_epoch and not locked.must_change_password:
            await unit.persons.save(locked.must_choose_longer())

    async def _begin_session(
        self, unit: Unit, origin: Origin, person: Person, membership: Membership, *, mfa_verified: bool
    ) -> IssuedTokens:
        now = self.clock.now()
        session = Session.begin(
            id=SessionId(self.ids.new()),
            user_id=person.id,
            auth_epoch=person.auth_epoch,  # as it was when the password was checked
            now=now,
            lifetimes=self.issuer.lifetimes,
            mfa_verified=mfa_verified,
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
