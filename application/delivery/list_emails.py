"""The mails of an organisation and what became of them, to look at."""

from collections.abc import Sequence
from dataclasses import dataclass

from application.delivery.subjects import with_subject
from application.ports.emails import EmailFilter, EmailPosition
from application.ports.templates import Templates
from application.ports.unit_of_work import Unit, UnitOfWork
from domain.delivery.email_event import EmailEvent
from domain.identity.actor import Actor, Need


@dataclass(frozen=True, slots=True)
class ListEmails:
    wanted: EmailFilter
    after: EmailPosition | None
    limit: int


@dataclass(frozen=True, slots=True)
class EmailPage:
    """`next` None: there is no more."""

    emails: Sequence[EmailEvent]
    next: EmailPosition | None


@dataclass(frozen=True, slots=True)
class ListEmailsHandler:
    uow: UnitOfWork
    templates: Templates

    async def handle(self, actor: Actor, command: ListEmails) -> EmailPage:
        actor.require(Need.VIEW)
        async with self.uow.begin(actor.org_id) as unit:
            found = await unit.emails.list_page(command.wanted, command.after, command.limit + 1)
            emails = await self._headed(unit, found[: command.limit])
        more = len(found) > len(emails)
        return EmailPage(emails, EmailPosition(emails[-1].created_at, emails[-1].event_id) if more else None)

    async def _headed(self, unit: Unit, emails: Sequence[EmailEvent]) -> Sequence[EmailEvent]:
        """One that was not composed yet under what would head it by now."""
        bare = [email.event_id for email in emails if email.recipient and not email.subject]
        if not bare:
            return emails
        values, profile = await unit.emails.values_of(bare), await unit.org.get()
        return [
            with_subject(self.templates, email, values[email.event_id], profile)
            if email.event_id in values
            else email
            for email in emails
        ]
