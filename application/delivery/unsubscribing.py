"""A recipient stops mails of one kind, or takes that back: by the link of such a mail, without signing in."""

from dataclasses import dataclass

from application.delivery.compose import letterhead
from application.delivery.unsubscribe_links import OptOut, UnsubscribeLinks, UnsubscribeTokenInvalid
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from application.ports.unit_of_work import Unit, UnitOfWork
from application.retrying import retrying
from domain.delivery.suppression import Reason, Scope, Suppression
from domain.shared.errors import NotFound
from domain.shared.ids import SuppressionId


@dataclass(frozen=True, slots=True)
class Choice:
    """What a page may say: never the address, for a link can be passed on."""

    org_name: str
    scope: Scope


@dataclass(frozen=True, slots=True)
class ShowUnsubscribeHandler:
    """Only looks: those who follow every link of a mail must not unsubscribe anybody."""

    uow: UnitOfWork
    links: UnsubscribeLinks

    async def handle(self, token: str) -> Choice:
        """Raises UnsubscribeTokenInvalid."""
        opt_out = self.links.read(token)
        async with self.uow.begin(opt_out.org_id) as unit:
            return await _choice(unit, opt_out)


@dataclass(frozen=True, slots=True)
class UnsubscribeHandler:
    """Once or again: the address is the same afterwards."""

    uow: UnitOfWork
    clock: Clock
    ids: Identifiers
    links: UnsubscribeLinks

    @retrying
    async def handle(self, token: str) -> Choice:
        """Raises UnsubscribeTokenInvalid."""
        opt_out = self.links.read(token)
        async with self.uow.begin(opt_out.org_id) as unit:
            choice = await _choice(unit, opt_out)
            suppression = Suppression(
                id=SuppressionId(self.ids.new()),
                recipient=await _recipient(unit, opt_out, self.links),
                address_hash=opt_out.address_hash,
                scope=opt_out.scope,
                reason=Reason.UNSUBSCRIBED,
                source_event_id=opt_out.event_id,
                created_at=self.clock.now(),
            )
            await unit.suppressions.add(suppression)
        return choice


@dataclass(frozen=True, slots=True)
class UndoUnsubscribeHandler:
    uow: UnitOfWork
    links: UnsubscribeLinks

    @retrying
    async def handle(self, token: str) -> Choice:
        """Raises UnsubscribeTokenInvalid. What was suppressed for another reason stays so."""
        opt_out = self.links.read(token)
        async with self.uow.begin(opt_out.org_id) as unit:
            choice = await _choice(unit, opt_out)
            recipient = await _recipient(unit, opt_out, self.links)
            hashes = [opt_out.address_hash]
            if recipient is not None:
                hashes += self.links.hashes(opt_out.org_id, recipient)
            await unit.suppressions.lift(recipient, hashes, opt_out.scope, Reason.UNSUBSCRIBED)
        return choice


async def _choice(unit: Unit, opt_out: OptOut) -> Choice:
    try:
        profile = await unit.org.get()
    except NotFound as error:  # signed by us, for another installation's organisation
        raise UnsubscribeTokenInvalid from error
    return Choice(letterhead(profile).org_name, opt_out.scope)


async def _recipient(unit: Unit, opt_out: OptOut, links: UnsubscribeLinks) -> str | None:
    """To whom the link was sent; None once that mail was erased."""
    email = await unit.emails.find(opt_out.event_id)
    if email is None or not email.recipient:
        return None
    own = opt_out.address_hash in links.hashes(opt_out.org_id, email.recipient)
    return email.recipient if own else None
