"""How mails leave: composed from the message's values under the organisation's letterhead."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from application.delivery.channel import Receipt, Shipment
from application.delivery.compose import Sender, compose, letterhead
from application.delivery.sealed import opened
from application.delivery.suppressed import SuppressedRecipients
from application.delivery.unsubscribe_links import UnsubscribeLinks
from application.ports.clock import Clock
from application.ports.field_cipher import FieldCipher
from application.ports.identifiers import Identifiers
from application.ports.mailer import Mail, Mailer
from application.ports.measures import Counted, Figure, Measures, Unmeasured
from application.ports.templates import Templates
from application.ports.unit_of_work import Unit
from domain.delivery.email_event import EmailEvent
from domain.delivery.faults import DeliveryFailed
from domain.delivery.outbox_event import EventOutcome, OutboxEvent
from domain.delivery.suppression import Reason, Scope, Suppression
from domain.shared.ids import OrgId, SuppressionId
from domain.tenancy.org import OrgProfile

UNSOLICITED = ("request_received", "booking_pending")
"""Mails that a stranger can have sent to an address that is not theirs."""
HARD_BOUNCE = "recipient_refused"
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailReceipt(Receipt):
    template_version: int
    subject: str


@dataclass(frozen=True, slots=True)
class EmailShipment:
    org_id: OrgId
    event: OutboxEvent
    profile: OrgProfile
    channel: "EmailChannel"

    async def send(self) -> Receipt:
        channel, event, profile = self.channel, self.event, self.profile
        values = {**event.payload, **opened(channel.cipher, event)}
        stopping = (
            self.org_id,
            channel.templates.scope_of(event.event_type),
            event.id,
            str(values.get("to")),
        )
        paper = letterhead(profile, channel.links.url(*stopping))
        rendered = channel.templates.render(event.event_type, values, paper)
        headers = channel.links.headers(*stopping)
        mail = compose(self.org_id, event, rendered, profile, channel.sender, channel.clock.now(), headers)
        provider_message_id = await self._handed_over(mail)
        return EmailReceipt(
            provider_message_id=provider_message_id,
            template_version=rendered.version,
            subject=rendered.subject,
        )

    async def _handed_over(self, mail: Mail) -> str | None:
        """A call of the provider counts at once: it took place whatever its record comes to."""
        try:
            provider_message_id = await self.channel.mailer.send(mail)
        except DeliveryFailed as failed:
            self._count(Figure.EMAIL_ADAPTER_OUTCOMES, "refused" if failed.fault.permanent else "failed")
            if failed.fault.is_soft_bounce:
                self._count(Figure.EMAIL_BOUNCES, "soft")
            raise
        self._count(Figure.EMAIL_ADAPTER_OUTCOMES, "accepted")
        return provider_message_id

    def _count(self, figure: Figure, label: str) -> None:
        self.channel.measures.note([Counted(figure, (label,))])


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailChannel:
    """`unsolicited_per_day` bounds what strangers can send to one recipient of one organisation."""

    templates: Templates
    mailer: Mailer
    sender: Sender
    clock: Clock
    cipher: FieldCipher
    ids: Identifiers
    links: UnsubscribeLinks
    measures: Measures = field(default_factory=Unmeasured)
    unsolicited_per_day: int = 3

    async def prepare(self, unit: Unit, events: Sequence[OutboxEvent]) -> Sequence[Shipment | EventOutcome]:
        held_back = await SuppressedRecipients(self.templates, self.links).held_back(unit, events)
        profile = await unit.org.get()
        return [
            EventOutcome.SUPPRESSED
            if event.id in held_back
            else EventOutcome.SKIPPED
            if event.event_type in UNSOLICITED and await self._has_had_enough(unit, event)
            else EmailShipment(unit.org_id, event, profile, self)
            for event in events
        ]

    async def follow(self, unit: Unit, ends: Sequence[tuple[OutboxEvent, Receipt | None]]) -> None:
        emails = await unit.emails.find_many([event.id for event, _ in ends])
        followed = list[EmailEvent]()
        for event, receipt in ends:
            email = emails.get(event.id)
            if email is None:
                continue
            if isinstance(receipt, EmailReceipt):
                email = email.composed(receipt.template_version, receipt.subject)
            elif not email.subject:
                email = self._with_subject(email, event.payload, await unit.org.get())
            followed.append(email.follow(event, receipt.provider_message_id if receipt else None))
            await self._note(unit, event, followed[-1])
        await unit.emails.save_many(followed)

    async def _note(self, unit: Unit, event: OutboxEvent, email: EmailEvent) -> None:
        """What the end of a mail means beyond its own record."""
        if event.is_settled:
            unit.counts.add(Figure.EMAIL_NOTIFICATIONS, email.email_type, email.status.value)
        if event.dead_at is not None and event.last_error == HARD_BOUNCE:
            unit.counts.add(Figure.EMAIL_BOUNCES, "hard")
            await unit.suppressions.add(
                Suppression(
                    id=SuppressionId(self.ids.new()),
                    recipient=email.recipient,
                    scope=Scope.ALL,
                    reason=Reason.HARD_BOUNCE,
                    source_event_id=event.id,
                    created_at=event.dead_at,
                )
            )

    async def _has_had_enough(self, unit: Unit, event: OutboxEvent) -> bool:
        email = await unit.emails.find(event.id)
        if email is None:
            return False
        earlier = await unit.emails.count_earlier(email, UNSOLICITED, ONE_DAY)
        return earlier >= self.unsolicited_per_day

    def _with_subject(
        self, email: EmailEvent, values: Mapping[str, object], profile: OrgProfile
    ) -> EmailEvent:
        try:
            rendered = self.templates.render(email.email_type, {"secret": "", **values}, letterhead(profile))
        except DeliveryFailed:  # what cannot be composed has no subject
            return email
        return email.composed(rendered.version, rendered.subject)


@dataclass(frozen=True, slots=True)
class MailIsOff:
    """EMAIL_MODE=off: mails settle as skipped, and nobody need look."""

    async def prepare(self, unit: Unit, events: Sequence[OutboxEvent]) -> Sequence[Shipment | EventOutcome]:
        del unit
        return [EventOutcome.SKIPPED] * len(events)

    async def follow(self, unit: Unit, ends: Sequence[tuple[OutboxEvent, Receipt | None]]) -> None:
        emails = await unit.emails.find_many([event.id for event, _ in ends])
        followed = [emails[event.id].follow(event) for event, _ in ends if event.id in emails]
        await unit.emails.save_many(followed)
        for (event, _), email in zip([end for end in ends if end[0].id in emails], followed, strict=True):
            if event.is_settled:
                unit.counts.add(Figure.EMAIL_NOTIFICATIONS, email.email_type, email.status.value)
