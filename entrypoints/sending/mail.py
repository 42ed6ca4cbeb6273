"""Who takes our mails, by EMAIL_MODE, and in whose name they go."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.utils import parseaddr

import httpx2

from adapters.local_disk.mailer import FileMailer
from adapters.sendgrid.mailer import API as SENDGRID
from adapters.sendgrid.mailer import SendGridMailer
from adapters.smtp.mailer import SmtpMailer, SmtpOptions
from application.delivery.compose import Sender
from entrypoints.settings import Fault, Settings, SettingsRefused
from entrypoints.settings.groups import EmailSettings

DEV_SENDER = "no-reply@sweepline.localhost"
"""In dev mails are files, and no answer need reach anybody."""


@asynccontextmanager
async def open_mailer(
    settings: Settings, tls: ssl.SSLContext | None = None
) -> AsyncIterator[FileMailer | SmtpMailer | SendGridMailer]:
    """Not for the mode `off`, in which nothing is composed. `tls`: with certificates that are loaded already,
    which takes a tenth of a second (`tls_for`)."""
    email = settings.email
    if email.mode == "file":
        yield FileMailer(settings.home / "mail")
    elif email.mode == "smtp" and email.smtp_host is not None:
        yield SmtpMailer(_smtp_options(email, email.smtp_host))
    elif email.mode == "sendgrid" and email.sendgrid_api_key is not None:
        async with httpx2.AsyncClient(verify=tls or True) as client:
            key = email.sendgrid_api_key.reveal()
            yield SendGridMailer(client, key, email.timeout_seconds, SENDGRID)
    else:
        raise SettingsRefused(
            (Fault("EMAIL_MODE", f"{email.mode} cannot send with this configuration", "Complete it"),)
        )


def tls_for(settings: Settings) -> ssl.SSLContext | None:
    """What `open_mailer` needs of it."""
    return httpx2.create_ssl_context() if settings.email.mode == "sendgrid" else None


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
