"""A real mail server on loopback, with moods."""

import asyncio
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from ipaddress import ip_address
from pathlib import Path
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USERNAME, PASSWORD = "sweepline", "correct horse"


@dataclass(slots=True)
class Postbox:
    """What arrived, and what the server answers: by recipient, or after DATA."""

    received: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)  # to RCPT, by address
    sender_answer: str = ""
    data_answer: str = "250 2.0.0 taken"
    stall_seconds: float = 0
    drops: bool = False
    users: list[str] = field(default_factory=list)
    taken_at: list[float] = field(default_factory=list)  # Unix seconds

    async def handle_MAIL(  # noqa: N802  # aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.sender_answer:
            return self.sender_answer
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  # as above
        if self.stall_seconds:
            await asyncio.sleep(self.stall_seconds)
        if self.data_answer.startswith("2"):
            content = cast("bytes", envelope.content)
            self.received.append(message_from_bytes(content, policy=default))
            self.recipients.extend(envelope.rcpt_tos)
            self.taken_at.append(time.time())
        if self.drops:
            cast("Any", server).transport.abort()
        return self.data_answer

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: LoginPassword
    ) -> AuthResult:
        good = (data.login, data.password) == (USERNAME.encode(), PASSWORD.encode())
        if good:
            self.users.append(data.login.decode())
        return AuthResult(success=good, handled=False)


@dataclass(frozen=True, slots=True)
class Certificates:
    """A made-up authority and a server certificate for localhost that it signed."""

    authority: Path
    chain: Path

    def server_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.chain)
        return context

    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.authority))


@contextmanager
def mail_server(
    postbox: Postbox,
    *,
    tls: ssl.SSLContext | None = None,
    implicit: bool = False,
    login: bool = False,
    port: int | None = None,
) -> Iterator[int]:
    """The port it listens on. With `tls`, STARTTLS is asked for before anything else."""
    port = port or free_port()
    controller = Controller(
        postbox,
        hostname="127.0.0.1",
        port=port,
        ssl_context=tls if implicit else None,
        **_smtp_options(postbox, tls=None if implicit else tls, login=login),
    )
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def _smtp_options(postbox: Postbox, *, tls: ssl.SSLContext | None, login: bool) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if tls is not None:
        options |= {"tls_context": tls, "require_starttls": True}
    if login:
        options |= {"authenticator": postbox.authenticate, "auth_required": True}
    return options


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def make_certificates(folder: Path, lasting: timedelta = timedelta(days=1)) -> Certificates:
    """`lasting` below zero: the server's has expired."""
    authority_key, server_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test Authority")])
    authority = (
        _builder(name, name, authority_key, timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_may_sign_certificates(), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    hosts = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    server = (
        _builder(subject, name, server_key, lasting)
        .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False
        )
        .sign(authority_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "authority.pem").write_bytes(authority.public_bytes(pem))
    key = server_key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "chain.pem").write_bytes(key + server.public_bytes(pem))
    return Certificates(folder / "authority.pem", folder / "chain.pem")


def _may_sign_certificates() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, lasting: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + lasting)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
