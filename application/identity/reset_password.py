from dataclasses import dataclass, field
from datetime import timedelta

from application.identity.log_in import NOBODY
from application.identity.mailed_links import LinkMailer, LinkReader, spend
from application.identity.new_password import NewPasswordRule, tell_password_changed
from application.identity.origin import Origin
from application.identity.throttling import Throttling
from application.ports.clock import Clock
from application.ports.human_check import HumanCheck
from application.ports.identifiers import Identifiers
from application.ports.unit_of_work import UnitOfWork
from application.retrying import retrying
from domain.identity.link import RESETS_AN_HOUR, LinkPurpose
from domain.identity.membership import Belonging, choose_belonging
from domain.identity.person import Person
from domain.identity.session import RevokedReason

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class RequestPasswordReset:
    email: str
    captcha_token: str | None = None


@dataclass(frozen=True, slots=True)
class ResetWanted:
    """Whose mailbox gets a link, and through which organisation; nobody's, for whom there is none."""

    person: Person | None
    belonging: Belonging | None


@dataclass(frozen=True, slots=True)
class RequestPasswordResetHandler:
    """Two steps, so that nobody learns by time whether an address is known: `handle` does the same for all,
    and the answer goes out before `send` does what only known ones need."""

    uow: UnitOfWork
    clock: Clock
    human_check: HumanCheck
    links: LinkMailer

    async def handle(self, origin: Origin, command: RequestPasswordReset) -> ResetWanted:
        """Raises CaptchaFailed."""
        await self.human_check.check(command.captcha_token, origin.ip)
        async with self.uow.begin_global() as shared:
            person = await shared.persons.find_by_email(command.email)
            asked = person.id if person is not None else NOBODY
            belongings = await shared.belongings.of(asked, self.clock.now())
        usable = [belonging for belonging in belongings if belonging.org_active]
        return ResetWanted(person, choose_belonging(usable, None))

    async def send(self, origin: Origin, wanted: ResetWanted) -> None:
        """At most three links an hour; the last of them stays good."""
        if wanted.person is None or wanted.belonging is None:
            return
        purpose = LinkPurpose.PASSWORD_RESET
        async with self.uow.begin(wanted.belonging.org_id) as unit:
            person = await unit.persons.lock(wanted.person.id)
            since = self.clock.now() - HOUR
            if await unit.links.count_since(person.id, purpose, since) >= RESETS_AN_HOUR:
                return
            await self.links.send(unit, person, purpose, request_id=origin.request_id)
            actor = origin.stranger(unit.org_id, person)
            await unit.audit.record(actor, "password_reset_request", "person", person.id)


@dataclass(frozen=True, slots=True)
class ConfirmPasswordReset:
    token: str = field(repr=False)
    new_password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ConfirmPasswordResetHandler:
    """A new password for whoever reads the mailbox. Every session of every organisation ends; the factor of
    a proven person stays."""

    uow: UnitOfWork
    clock: Clock
    ids: Identifiers
    reader: LinkReader
    rule: NewPasswordRule
    throttling: Throttling

    @retrying
    async def handle(self, origin: Origin, command: ConfirmPasswordReset) -> None:
        """Raises LinkInvalid; PasswordRefused, and the link stays good."""
        shown = await self.reader.look_up(command.token, LinkPurpose.PASSWORD_RESET)
        password_hash = await self.rule.hash(shown, command.new_password, field="new_password")
        async with self.uow.begin(shown.org_id) as unit:
            person = await spend(unit, self.clock, shown)
            now = self.clock.now()
            await unit.sessions.revoke_all(RevokedReason.PASSWORD_RESET, now, user_id=person.id)
            unproven = person.proven_at is None
            person = person.proved_by_link(now).password_changed()
            await unit.persons.save(person)
            await unit.person_secrets.set_password(person.id, password_hash)
            if unproven:
                await unit.person_secrets.set_factor(person.id, None, 0, ())
            await tell_password_changed(unit, person, self.ids.new(), origin.request_id)
            actor = origin.stranger(unit.org_id, person)
            await unit.audit.record(actor, "password_reset", "person", person.id)
        await self.throttling.forgive(person.email)
