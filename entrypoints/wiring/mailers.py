"""Which mailer EMAIL_MODE names."""

from email.utils import parseaddr

from adapters.local_disk.mailer import FileMailer
from adapters.smtp.mailer import SmtpMailer, SmtpOptions
from application.delivery.compose import Sender
from application.ports.mailer import Mailer
from entrypoints.settings import Fault, Settings, SettingsRefused

DEV_SENDER = "no-reply@sweepline.localhost"
"""In dev mails are files, and no answer need reach anybody."""


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
