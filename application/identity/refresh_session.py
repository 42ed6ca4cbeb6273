from dataclasses import dataclass, replace
from datetime import datetime

from application.identity.factor_tries import FactorTries
from application.identity.issuing import IssuedTokens, TokenIssuer, token_sha256
from application.identity.origin import Origin
from application.identity.second_factor import NO_PROOF, FactorProof, SecondFactor
from application.ports.clock import Clock
from application.ports.outbox import Message
from application.ports.tokens import TokenSealer
from application.ports.unit_of_work import Unit, UnitOfWork
from application.retrying import retrying
from domain.identity.errors import MfaRequired, OrgSuspended, RefreshExpired, RefreshInvalid, RefreshReused
from domain.identity.membership import Membership
from domain.identity.person import Person
from domain.identity.session import RefreshToken, RevokedReason, Session, SessionState
from domain.shared.errors import Unauthenticated
from domain.shared.ids import OrgId
from domain.tenancy.org import OrgStatus

OPEN = frozenset({SessionState.LIVE, SessionState.DORMANT})


@dataclass(frozen=True, slots=True)
class RefreshSession:
    refresh_token: str
    mfa_code: str | None = None


@dataclass(frozen=True, slots=True)
class Family:
    """A presented token with everything that decides about it, its session locked."""

    token: RefreshToken
    session: Session
    person: Person
    membership: Membership

    def state(self, now: datetime) -> SessionState:
        return self.session.state(now, self.person.auth_epoch)


@dataclass(frozen=True, slots=True)
class RefreshSessionHandler:
    """Exchanges a refresh token for its one child. An error changes nothing, but for reuse: that ends the
    family, and commits before it is told."""

    uow: UnitOfWork
    clock: Clock
    issuer: TokenIssuer
    sealer: TokenSealer
    factor: SecondFactor
    tries: FactorTries

    async def handle(self, origin: Origin, command: RefreshSession) -> IssuedTokens:
        """Raises RefreshInvalid, RefreshExpired, RefreshReused, OrgSuspended; MfaRequired when the session
        has not shown a factor that is on."""
        org_id, presented = await self._org_of(command.refresh_token), command.refresh_token
        try:
            return await self._try(org_id, origin, presented, NO_PROOF)
        except MfaRequired:
            if command.mfa_code is None:
                raise
        proof = FactorProof(code=command.mfa_code)
        async with self.tries.of_person(origin, await self._whose(org_id, presented), proof, "refresh"):
            return await self._try(org_id, origin, presented, proof)

    @retrying
    async def _try(self, org_id: OrgId, origin: Origin, presented: str, proof: FactorProof) -> IssuedTokens:
        async with self.uow.begin(org_id) as unit:
            outcome = await self._exchange(unit, origin, presented, proof)
        if isinstance(outcome, Unauthenticated):
            raise outcome
        return outcome

    async def _whose(self, org_id: OrgId, presented: str) -> Person:
        async with self.uow.begin(org_id) as unit:
            return (await self._lock_family(unit, presented)).person

    async def _org_of(self, refresh_token: str) -> OrgId:
        async with self.uow.begin_global() as shared:
            org_id = await shared.refresh_token_owners.find(token_sha256(refresh_token))
            org = await shared.directory.by_id(org_id) if org_id is not None else None
        if org is None:
            raise RefreshInvalid
        if org.status is not OrgStatus.ACTIVE:
            raise OrgSuspended
        return org.id

    async def _exchange(
        self, unit: Unit, origin: Origin, presented: str, proof: FactorProof
    ) -> IssuedTokens | Unauthenticated:
        now = self.clock.now()
        family = await self._lock_family(unit, presented)
        token, state = family.token, family.state(now)
        alive = state in OPEN and family.membership.active
        if token.rotated_at is not None:
            if alive and token.may_repeat(family.session, now, self.issuer.lifetimes.reuse_grace):
                return self._repeat(unit.org_id, family, presented, now)
            if state in OPEN:
                await self._end_family(unit, origin, family, now)
            return RefreshReused()
        if state is SessionState.EXPIRED or (alive and now >= token.expires_at):
            return RefreshExpired()
        if not alive:
            return RefreshInvalid()
        if family.person.mfa_enabled and not family.session.mfa_verified:
            family = await self._show_factor(unit, family, proof)
        return await self._rotate(unit, family, presented, now)

    async def _show_factor(self, unit: Unit, family: Family, proof: FactorProof) -> Family:
        secret = await unit.person_secrets.for_step_up(family.person.id)
        if secret is None:
            raise RefreshInvalid
        await self.factor.spend(unit, secret, proof)
        return replace(family, session=family.session.factor_shown())

    @staticmethod
    async def _lock_family(unit: Unit, presented: str) -> Family:
        found = await unit.refresh_tokens.find(token_sha256(presented))
        session = await unit.sessions.lock(found.session_id) if found is not None else None
        # Read again: whoever held the lock before us may have spent it.
        token = await unit.refresh_tokens.find(token_sha256(presented))
        if session is None or token is None:
            raise RefreshInvalid
        membership = await unit.memberships.find(session.user_id)
        if membership is None:
            raise RefreshInvalid
        return Family(token, session, await unit.persons.get(session.user_id), membership)

    async def _rotate(self, unit: Unit, family: Family, presented: str, now: datetime) -> IssuedTokens:
        child = self.issuer.new_refresh_token()
        session = family.session.refreshed(now, self.issuer.lifetimes)
        await unit.refresh_tokens.save(family.token.rotated(now, self.sealer.seal(presented, child)))
        await self.issuer.keep(unit, session, child, now)
        await unit.sessions.save(session)
        return self._issue(unit.org_id, family, session, child, now)

    def _repeat(self, org_id: OrgId, family: Family, presented: str, now: datetime) -> IssuedTokens:
        child = self.sealer.open(presented, family.token.sealed_child or b"")
        return self._issue(org_id, family, family.session, child, now)

    def _issue(
        self, org_id: OrgId, family: Family, session: Session, refresh_token: str, now: datetime
    ) -> IssuedTokens:
        return self.issuer.issue(
            org_id,
            family.membership.role,
            session,
            refresh_token,
            now,
            must_change_password=family.person.must_change_password,
        )

    @staticmethod
    async def _end_family(unit: Unit, origin: Origin, family: Family, now: datetime) -> None:
        session = family.session
        await unit.sessions.save(session.revoked(RevokedReason.REFRESH_REUSED, now))
        actor = origin.bearer(family.person, unit.org_id, family.membership.role, session.id)
        await unit.audit.record(actor, "refresh_reused", "session", session.id, outcome="refused")
        notice = Message(
            kind="email",
            event_type="refresh_reused",
            dedupe_key=f"user:{session.user_id}:refresh_reused:{session.id}",
            resource_type="person",
            resource_id=session.user_id,
            payload={"to": family.person.email},
        )
        await unit.outbox.add(notice, request_id=origin.request_id)
