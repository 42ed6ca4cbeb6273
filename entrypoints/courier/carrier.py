"""What a courier carries messages with: what the settings say, and no database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from adapters.cryptography.sealing import AesGcmFieldCipher
from adapters.h11.kept_lines import KeptLines
from adapters.h11.webhooks import H11WebhookSender
from adapters.jinja.templates import JinjaTemplates
from adapters.system.clock import SystemClock
from adapters.system.identifiers import SystemIdentifiers
from application.delivery.email_channel import EmailChannel
from application.delivery.export_channel import ExportChannel, Exports
from application.delivery.rules import Channels
from application.ports.carrier import Carrier
from application.ports.mailer import Mailer
from application.ports.measures import Measures
from application.ports.templates import Templates
from application.ports.webhooks import WebhookSender
from entrypoints.keys import field_keys
from entrypoints.sending.exports import KEEP_SECONDS, export_target
from entrypoints.sending.links import unsubscribe_links_of
from entrypoints.sending.mail import open_mailer, sender_of
from entrypoints.settings import Settings


def kept_sender() -> WebhookSender:
    return H11WebhookSender(kept=KeptLines(KEEP_SECONDS))


@dataclass(frozen=True, slots=True)
class Equipment:
    """Loaded once, before couriers are forked: certificates, templates."""

    settings: Settings
    sender: WebhookSender
    templates: Templates = field(default_factory=JinjaTemplates)

    @asynccontextmanager
    async def open_carrier(self, measures: Measures) -> AsyncIterator[Carrier]:
        """For one courier: connections are its own."""
        exports = ExportChannel(self.sender, SystemClock(), Exports(export_target(self.settings)))
        if self.settings.email.mode == "off":
            yield Channels({"export": exports})
            return
        async with open_mailer(self.settings) as mailer:
            yield Channels({"export": exports, "email": self._mail(mailer, measures)})

    def _mail(self, mailer: Mailer, measures: Measures) -> EmailChannel:
        return EmailChannel(
            templates=self.templates,
            mailer=mailer,
            sender=sender_of(self.settings),
            clock=SystemClock(),
            cipher=AesGcmFieldCipher(field_keys(self.settings)),
            ids=SystemIdentifiers(),
            links=unsubscribe_links_of(self.settings),
            measures=measures,
        )
