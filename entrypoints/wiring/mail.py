"""How mail leaves, by EMAIL_MODE."""

from email.utils import parseaddr

from dishka import Provider, Scope, provide

from adapters.jinja.templates import JinjaTemplates
from adapters.local_disk.mailer import FileMailer
from adapters.smtp.mailer import SmtpMailer, SmtpOptions
from application.delivery.compose import Sender
from application.delivery.email_channel import EmailChannel, MailIsOff
from application.delivery.rules import Channels
from application.ports.clock import Clock
from application.ports.field_cipher import FieldCipher
from application.ports.mailer import Mailer
from application.ports.templates import Templates
from entrypoints.settings import Fault, Settings, SettingsRefused

DEV_SENDER = "no-reply@sweepline.localhost"
"""In dev mails are files, and no answer need reach anybody."""


def mail_provider(settings: Settings) -> Provider:
    return NoMailProvider() if settings.email.mode == "off" else MailProvider()


class NoMailProvider(Provider):
    @provide(scope=Scope.APP)
    def channels(self) -> Channels:
        return Channels({"email": MailIsOff()})


class MailProvider(Provider):
    scope = Scope.APP

    @provide
    def templates(self) -> Templates:
        return JinjaTemplates()

    @provide
    def mailer(self, settings: Settings) -> Mailer:
        return make_mailer(settings)

    @provide
    def channels(
        self, settings: Settings, templates: Templates, mailer: Mailer, clock: Clock, cipher: FieldCipher
    ) -> Channels:
        mail = EmailChannel(
            templates=templates,
            mailer=mailer,
            sender=sender_of(settings),
            clock=clock,
            cipher=cipher,
            unsolicited_per_day=settings.field.unsolicited_mails_per_day,
        )
        return Channels({"email": mail})


def make_mailer(settings: Settings) -> Mailer:
    """Not for the mode `off`, in which nothing is composed."""
    email = settings.email
    if email.mode == "file":
        return FileMailer(settings.home / "mail")
    if email.mode == "smtp" and email.smtp_host is not None:
        return SmtpMailer(
            SmtpOptions(
                host=email.smtp_host,
                port=email.smtp_port,
                username=email.smtp_username,
                password=email.smtp_password.reveal() if email.smtp_password else None,
                encrypts=email.smtp_use_tls,
                timeout_seconds=email.smtp_timeout_seconds or email.timeout_seconds,
            )
        )
    raise SettingsRefused(
        (Fault("EMAIL_MODE", f"{email.mode} cannot send with this configuration", "Use smtp, file or off"),)
    )


def sender_of(settings: Settings) -> Sender:
    """EMAIL_FROM, which may hold a name too; EMAIL_FROM_NAME wins over that."""
    name, address = parseaddr(settings.email.sender or DEV_SENDER)
    return Sender(address=address, name=settings.email.sender_name or name)
