"""What a courier carries messages with: what the settings say, and no database."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Self

from adapters.cryptography.sealing import AesGcmFieldCipher
from adapters.h11.kept_lines import KeptLines
from adapters.h11.webhooks import H11WebhookSender
from adapters.jinja.templates import JinjaTemplates
from adapters.system.clock import SystemClock
from adapters.system.identifiers import SystemIdentifiers
from application.delivery.email_channel import EmailChannel
from application.delivery.export_channel import ExportChannel, Exports
from application.delivery.rules import Channels
from application.delivery.unsubscribe_links import UnsubscribeLinks
from application.ports.carrier import Carrier
from application.ports.clock import Clock
from application.ports.field_cipher import FieldCipher
from application.ports.mailer import Mailer
from application.ports.measures import Measures
from application.ports.templates import Templates
from application.ports.webhooks import WebhookSender
from entrypoints.keys import field_keys
from entrypoints.sending.exports import KEEP_SECONDS, export_target
from entrypoints.sending.links import unsubscribe_links_of
from entrypoints.sending.mail import open_mailer, sender_of, tls_for
from entrypoints.settings import Settings


def kept_sender() -> WebhookSender:
    return H11WebhookSender(kept=KeptLines(KEEP_SECONDS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """Loaded once, before couriers are forked: keys, certificates, templates."""

    settings: Settings
    exports: ExportChannel
    links: UnsubscribeLinks
    cipher: FieldCipher
    tls: ssl.SSLContext | None = None
    clock: Clock = field(default_factory=SystemClock)
    templates: Templates = field(default_factory=JinjaTemplates)

    @classmethod
    def of(cls, settings: Settings, sender: WebhookSender) -> Self:
        return cls(
            settings=settings,
            exports=ExportChannel(sender, SystemClock(), Exports(export_target(settings))),
            links=unsubscribe_links_of(settings),
            cipher=AesGcmFieldCipher(field_keys(settings)),
            tls=tls_for(settings),
        )

    @asynccontextmanager
    async def open_carrier(self, measures: Measures) -> AsyncIterator[Carrier]:
        """For one courier: connections are its own."""
        if self.settings.email.mode == "off":
            yield Channels({"export": self.exports})
            return
        async with open_mailer(self.settings, self.tls) as mailer:
            yield Channels({"export": self.exports, "email": self._mail(mailer, measures)})

    def _mail(self, mailer: Mailer, measures: Measures) -> EmailChannel:
        return EmailChannel(
            templates=self.templates,
            mailer=mailer,
            sender=sender_of(self.settings),
            clock=self.clock,
            cipher=self.cipher,
            ids=SystemIdentifiers(),
            links=self.links,
            measures=measures,
        )
