"""Mail by SMTP. The line is encrypted before anything is said, or nothing is said."""

import ssl
from contextlib import suppress
from dataclasses import dataclass, field

from aiosmtplib import (
    SMTP,
    SMTPException,
    SMTPNotSupported,
    SMTPResponseException,
    SMTPTimeoutError,
)

from adapters.mime.message import as_bytes
from adapters.peers.line import line_code
from application.ports.mailer import Mail
from domain.delivery.faults import DeliveryFailed, Fault, SmtpStage, smtp_fault

IMPLICIT_TLS_PORT = 465


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpOptions:
    """`encrypts`: TLS from the first byte on port 465, STARTTLS that must succeed on any other.
    `timeout_seconds` is for each step of the dialogue."""

    host: str
    port: int = 587
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    encrypts: bool = True
    timeout_seconds: float = 10


@dataclass(frozen=True, slots=True)
class SmtpMailer:
    """One connection for each mail. `trust` checks the server's certificate and its name."""

    options: SmtpOptions
    trust: ssl.SSLContext = field(default_factory=ssl.create_default_context)

    async def send(self, mail: Mail) -> str | None:
        content = as_bytes(mail)
        dialogue = _Dialogue(self._client(mail.sender.address.rpartition("@")[2]))
        try:
            await dialogue.open(self.options, self.trust)
            await dialogue.hand_over(mail.sender.address, mail.recipient.address, content)
        except (SMTPException, OSError) as error:
            raise DeliveryFailed(_fault(dialogue.stage, error)) from error
        finally:
            dialogue.client.close()
        return None

    async def greet(self) -> None:
        """Connect, encrypt and sign in as for a mail, and leave again. Raises DeliveryFailed."""
        dialogue = _Dialogue(self._client("localhost"))
        try:
            await dialogue.open(self.options, self.trust)
        except (SMTPException, OSError) as error:
            raise DeliveryFailed(_fault(dialogue.stage, error)) from error
        finally:
            dialogue.client.close()

    def _client(self, own_name: str) -> SMTP:
        options = self.options
        implicit = options.encrypts and options.port == IMPLICIT_TLS_PORT
        return SMTP(
            hostname=options.host,
            port=options.port,
            timeout=options.timeout_seconds,
            local_hostname=own_name,
            use_tls=implicit,
            start_tls=False,
            tls_context=self.trust if implicit else None,
        )


class _TlsUnavailable(SMTPException):
    """The server offers no STARTTLS, or refuses it."""


@dataclass(slots=True)
class _Dialogue:
    client: SMTP
    stage: SmtpStage = SmtpStage.GREETING

    async def open(self, options: SmtpOptions, trust: ssl.SSLContext) -> None:
        await self.client.connect()
        if options.encrypts and options.port != IMPLICIT_TLS_PORT:
            await self._encrypt(trust)
        if options.username is not None:
            self.stage = SmtpStage.LOGIN
            await self.client.login(options.username, options.password or "")

    async def hand_over(self, sender: str, recipient: str, content: bytes) -> None:
        self.stage = SmtpStage.SENDER
        await self.client.mail(sender)
        self.stage = SmtpStage.RECIPIENT
        await self.client.rcpt(recipient)
        self.stage = SmtpStage.DATA
        await self.client.data(content)
        with suppress(SMTPException, OSError):  # it has the mail: a poor farewell changes nothing
            await self.client.quit()

    async def _encrypt(self, trust: ssl.SSLContext) -> None:
        await self.client.ehlo()
        if not self.client.supports_extension("starttls"):
            raise _TlsUnavailable("no STARTTLS")
        try:
            await self.client.starttls(tls_context=trust)
        except SMTPResponseException as error:
            raise _TlsUnavailable("STARTTLS refused") from error


def _fault(stage: SmtpStage, error: Exception) -> Fault:
    if isinstance(error, SMTPResponseException):
        return smtp_fault(stage, error.code, error.message)
    return Fault.of(_code(stage, error))


def _code(stage: SmtpStage, error: Exception) -> str:
    if isinstance(error, _TlsUnavailable):
        return "smtp_tls_unavailable"
    if isinstance(error, SMTPTimeoutError):
        return "timeout"
    code = line_code(error)
    no_way_to_log_in = isinstance(error, SMTPNotSupported) or type(error) is SMTPException
    if code == "connection_failed" and stage is SmtpStage.LOGIN and no_way_to_log_in:
        return "smtp_auth_failed"
    return code
