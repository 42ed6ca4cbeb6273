from dataclasses import dataclass

from application.identity.issuing import IssuedTokens, TokenIssuer
from application.identity.log_out import own
from application.identity.new_password import org_words, tell_password_changed
from application.identity.password_proof import PasswordProof
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from application.ports.passwords import Passwords
from application.ports.unit_of_work import Unit, UnitOfWork
from application.retrying import retrying
from domain.identity.actor import Actor, Need
from domain.identity.passwords import PasswordPolicy, normalise_password
from domain.identity.person import Person
from domain.identity.session import RevokedReason, Session, SessionState
from domain.shared.errors import Unauthenticated
from domain.shared.ids import SessionId


@dataclass(frozen=True, slots=True)
class ChangePassword:
    current_password: str
    new_password: str


@dataclass(frozen=True, slots=True)
class ChangePasswordHandler:
    """Ends every other session of the person, in every organisation, and the temporary state."""

    uow: UnitOfWork
    clock: Clock
    ids: Identifiers
    passwords: Passwords
    policy: PasswordPolicy
    issuer: TokenIssuer
    proof: PasswordProof

    async def handle(self, actor: Actor, command: ChangePassword) -> IssuedTokens:
        """Raises InvalidCredentials, PasswordRefused."""
        actor.require(Need.SIGNED_IN)
        async with self.uow.begin(actor.org_id) as unit:
            await unit.recall(actor.once)  # done before, the current password is no longer current
            names = await org_words(unit)
        person = await self.proof.require(actor, command.current_password, purpose="change_password")
        self._check(person, names, command)
        new_hash = await self.passwords.hash(command.new_password)
        return await self._try(actor, person, new_hash)

    @retrying
    async def _try(self, actor: Actor, proven: Person, new_hash: str) -> IssuedTokens:
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            tokens = await self._change(unit, actor, proven, new_hash)
            await unit.seal(tokens)
        return tokens

    def _check(self, person: Person, names: tuple[str, ...], command: ChangePassword) -> None:
        self.policy.require(
            command.new_password,
            field="new_password",
            mfa_enabled=person.mfa_enabled,
            known_words=(person.email, *names),
            is_current=normalise_password(command.new_password)
            == normalise_password(command.current_password),
        )

    async def _change(self, unit: Unit, actor: Actor, proven: Person, new_hash: str) -> IssuedTokens:
        now = self.clock.now()
        _, old_session_id = own(actor)
        person = await unit.persons.lock(proven.id)
        membership = await unit.memberships.lock(person.id)
        old = await unit.sessions.lock(old_session_id)
        if old is None or old.state(now, proven.auth_epoch) is not SessionState.LIVE:
            raise Unauthenticated  # the session ended while we hashed
        if person.auth_epoch != proven.auth_epoch or not membership.active:
            raise Unauthenticated  # the password was changed meanwhile
        await unit.sessions.revoke_all(RevokedReason.PASSWORD_CHANGED, now, user_id=person.id)
        before = {"must_change_password": person.must_change_password}
        person = person.password_changed()
        await unit.persons.save(person)
        await unit.person_secrets.set_password(person.id, new_hash)
        session = Session.begin(
            id=SessionId(self.ids.new()),
            user_id=person.id,
            auth_epoch=person.auth_epoch,
            now=now,
            lifetimes=self.issuer.lifetimes,
            mfa_verified=old.mfa_verified,
            ip=actor.ip,
            user_agent=actor.user_agent,
        )
        refresh_token = self.issuer.new_refresh_token()
        await unit.sessions.add(session)
        await self.issuer.keep(unit, session, refresh_token, now)
        after = {"must_change_password": person.must_change_password}
        await unit.audit.record(actor, "change_password", "person", person.id, before=before, after=after)
        await tell_password_changed(unit, person, self.ids.new(), actor.request_id)
        return self.issuer.issue(
            unit.org_id, membership.role, session, refresh_token, now, must_change_password=False
        )
