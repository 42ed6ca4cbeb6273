"""How mails leave: composed from the message's values under the organisation's letterhead."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from application.delivery.compose import Sender, compose, letterhead
from application.delivery.sealed import opened
from application.delivery.subjects import with_subject
from application.delivery.suppressed import SuppressedRecipients
from application.delivery.unsubscribe_links import UnsubscribeLinks
from application.ports.carrier import Receipt, Shipment
from application.ports.clock import Clock
from application.ports.field_cipher import FieldCipher
from application.ports.identifiers import Identifiers
from application.ports.mailer import Mail, Mailer
from application.ports.measures import Counted, Figure, Measures, Unmeasured
from application.ports.outbox import is_too_large
from application.ports.templates import Templates
from application.ports.unit_of_work import Unit
from domain.delivery.email_event import EmailEvent
from domain.delivery.faults import DeliveryFailed, Fault
from domain.delivery.outbox_event import EventOutcome, OutboxEvent
from domain.delivery.suppression import Reason, Scope, Suppression
from domain.shared.ids import SuppressionId
from domain.tenancy.org import OrgProfile

UNSOLICITED = ("request_received", "booking_pending")
"""Mails that a stranger can have sent to an address that is not theirs."""
HARD_BOUNCE = "recipient_refused"
ONE_DAY = timedelta(days=1)


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
            else Shipment(org_id=unit.org_id, event=event, profile=profile)
            for event in events
        ]

    async def carry(self, shipment: Shipment) -> Receipt:
        org_id, event, profile = shipment.org_id, shipment.event, shipment.profile
        if profile is None:
            raise ValueError("A mail needs a letterhead.")
        if is_too_large(event.kind, event.payload):
            raise DeliveryFailed(Fault.of("payload_too_large"))
        values = {**event.payload, **opened(self.cipher, event)}
        stopping = (org_id, self.templates.scope_of(event.event_type), event.id, str(values.get("to")))
        paper = letterhead(profile, self.links.url(*stopping))
        rendered = self.templates.render(event.event_type, values, paper)
        headers = self.links.headers(*stopping)
        mail = compose(org_id, event, rendered, profile, self.sender, self.clock.now(), headers)
        return Receipt(
            provider_message_id=await self._hand_over(mail),
            template_version=rendered.version,
            subject=rendered.subject,
        )

    async def follow(self, unit: Unit, ends: Sequence[tuple[OutboxEvent, Receipt | None]]) -> None:
        emails = await unit.emails.find_many([event.id for event, _ in ends])
        followed = list[EmailEvent]()
        for event, receipt in ends:
            email = emails.get(event.id)
            if email is None:
                continue
            if receipt is not None and receipt.template_version is not None:
                email = email.composed(receipt.template_version, receipt.subject)
            elif not email.subject and not event.leases_lost:  # composing it may end a process
                email = with_subject(self.templates, email, event.payload, await unit.org.get())
            followed.append(email.follow(event, receipt.provider_message_id if receipt else None))
            await self._note(unit, event, followed[-1])
        await unit.emails.save_many(followed)

    async def _hand_over(self, mail: Mail) -> str | None:
        """A call of the provider counts at once: it took place whatever its record comes to."""
        try:
            provider_message_id = await self.mailer.send(mail)
        except DeliveryFailed as failed:
            self._count(Figure.EMAIL_ADAPTER_OUTCOMES, "refused" if failed.fault.permanent else "failed")
            if failed.fault.is_soft_bounce:
                self._count(Figure.EMAIL_BOUNCES, "soft")
            raise
        self._count(Figure.EMAIL_ADAPTER_OUTCOMES, "accepted")
        return provider_message_id

    def _count(self, figure: Figure, label: str) -> None:
        self.measures.note([Counted(figure, (label,))])

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
        if email is None or email.resend_of is not None:  # the office's doing, not a stranger's
            return False
        earlier = await unit.emails.count_earlier(email, UNSOLICITED, ONE_DAY)
        return earlier >= self.unsolicited_per_day


@dataclass(frozen=True, slots=True)
class MailIsOff:
    """EMAIL_MODE=off: mails settle as skipped, and nobody need look."""

    templates: Templates

    async def prepare(self, unit: Unit, events: Sequence[OutboxEvent]) -> Sequence[Shipment | EventOutcome]:
        del unit
        return [EventOutcome.SKIPPED] * len(events)

    async def carry(self, shipment: Shipment) -> Receipt:
        """There is none: nothing is prepared to be sent."""
        del shipment
        raise DeliveryFailed(Fault.of("unknown_kind"))

    async def follow(self, unit: Unit, ends: Sequence[tuple[OutboxEvent, Receipt | None]]) -> None:
        emails = await unit.emails.find_many([event.id for event, _ in ends])
        profile = await unit.org.get()
        followed = [
            self._headed(emails[event.id], event, profile).follow(event)
            for event, _ in ends
            if event.id in emails
        ]
        await unit.emails.save_many(followed)
        for (event, _), email in zip([end for end in ends if end[0].id in emails], followed, strict=True):
            if event.is_settled:
                unit.counts.add(Figure.EMAIL_NOTIFICATIONS, email.email_type, email.status.value)

    def _headed(self, email: EmailEvent, event: OutboxEvent, profile: OrgProfile) -> EmailEvent:
        if email.subject or event.leases_lost:  # composed before, or composing it may end a process
            return email
        return with_subject(self.templates, email, event.payload, profile)
