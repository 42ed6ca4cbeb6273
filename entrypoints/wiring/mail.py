"""How mail leaves, by EMAIL_MODE."""

from collections.abc import AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager
from email.utils import parseaddr

import httpx2
from dishka import Provider, Scope, provide

from adapters.local_disk.mailer import FileMailer
from adapters.sendgrid.mailer import API as SENDGRID
from adapters.sendgrid.mailer import SendGridMailer
from adapters.smtp.mailer import SmtpMailer, SmtpOptions
from application.delivery.compose import Sender
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
from entrypoints.settings import Fault, Settings, SettingsRefused
from entrypoints.settings.groups import EmailSettings

EMAIL = "email"
"""The circuit breaker of whoever takes mail."""
DEV_SENDER = "no-reply@sweepline.localhost"
"""In dev mails are files, and no answer need reach anybody."""


def mail_provider(settings: Settings) -> Provider:
    return NoMailProvider() if settings.email.mode == "off" else MailProvider()


class NoMailProvider(Provider):
    @provide(scope=Scope.APP)
    def channels(self, exports: ExportChannel) -> Channels:
        return Channels({"email": MailIsOff(), "export": exports})


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


@asynccontextmanager
async def open_mailer(settings: Settings) -> AsyncIterator[FileMailer | SmtpMailer | SendGridMailer]:
    """Not for the mode `off`, in which nothing is composed."""
    email = settings.email
    if email.mode == "file":
        yield FileMailer(settings.home / "mail")
    elif email.mode == "smtp" and email.smtp_host is not None:
        yield SmtpMailer(_smtp_options(email, email.smtp_host))
    elif email.mode == "sendgrid" and email.sendgrid_api_key is not None:
        async with httpx2.AsyncClient() as client:
            key = email.sendgrid_api_key.reveal()
            yield SendGridMailer(client, key, email.timeout_seconds, SENDGRID)
    else:
        raise SettingsRefused(
            (Fault("EMAIL_MODE", f"{email.mode} cannot send with this configuration", "Complete it"),)
        )


def _smtp_options(email: EmailSettings, host: str) -> SmtpOptions:
    return SmtpOptions(
        host=host,
        port=email.smtp_port,
        username=email.smtp_username,
        password=email.smtp_password.reveal() if email.smtp_password else None,
        encrypts=email.smtp_use_tls,
        timeout_seconds=email.smtp_timeout_seconds or email.timeout_seconds,
    )


def sender_of(settings: Settings) -> Sender:
    """EMAIL_FROM, which may hold a name too; EMAIL_FROM_NAME wins over that."""
    name, address = parseaddr(settings.email.sender or DEV_SENDER)
    return Sender(address=address, name=settings.email.sender_name or name)
