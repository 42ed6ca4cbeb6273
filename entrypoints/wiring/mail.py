"""How mail leaves, by EMAIL_MODE."""

from collections.abc import AsyncIterable

from dishka import Provider, Scope, provide

from application.delivery.email_channel import EmailChannel, MailIsOff
from application.delivery.export_channel import ExportChannel
from application.delivery.rules import Channels
from application.delivery.unsubscribe_links import UnsubscribeLinks
from application.ports.clock import Clock
from application.ports.field_cipher import FieldCipher
from application.ports.identifiers import Identifiers
from application.ports.mailer import Mailer
from application.ports.templates import Templates
from entrypoints.http.measuring import Measures
from entrypoints.sending.mail import open_mailer, sender_of
from entrypoints.settings import Settings

EMAIL = "email"
"""The circuit breaker of whoever takes mail."""


def mail_provider(settings: Settings) -> Provider:
    return NoMailProvider() if settings.email.mode == "off" else MailProvider()


class NoMailProvider(Provider):
    @provide(scope=Scope.APP)
    def channels(self, templates: Templates, exports: ExportChannel) -> Channels:
        return Channels({"email": MailIsOff(templates), "export": exports})


class MailProvider(Provider):
    scope = Scope.APP

    @provide
    async def mailer(self, settings: Settings) -> AsyncIterable[Mailer]:
        async with open_mailer(settings) as mailer:
            yield mailer

    @provide
    def channels(
        self,
        settings: Settings,
        templates: Templates,
        mailer: Mailer,
        clock: Clock,
        cipher: FieldCipher,
        ids: Identifiers,
        exports: ExportChannel,
        links: UnsubscribeLinks,
        measures: Measures,
    ) -> Channels:
        mail = EmailChannel(
            templates=templates,
            mailer=mailer,
            sender=sender_of(settings),
            clock=clock,
            cipher=cipher,
            ids=ids,
            links=links,
            measures=measures,
            unsolicited_per_day=settings.field.unsolicited_mails_per_day,
        )
        return Channels({"email": mail, "export": exports}, circuits={"email": EMAIL})
