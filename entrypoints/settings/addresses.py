"""Settings that say where something is: a start is better refused than every attempt to reach it."""

import re
from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from entrypoints.settings.load import Settings
from entrypoints.settings.parsing import Fault

IN_A_HEADER = re.compile(r"[!#-;=?-\[\]_a-z~]+")  # what a URL is written with: of ASCII, visible
VISIBLE = re.compile(r"[!-~]+")
IN_A_HOST = re.compile(r"[^\s/:@?#\[\]]+")
POSTGRES = frozenset({"postgres", "postgresql", "postgresql+asyncpg"})


def addresses(settings: Settings) -> Iterator[Fault]:
    yield from database_urls(settings)
    yield from base_url(settings)
    yield from redis(settings)
    yield from mail_server(settings)


def database_urls(settings: Settings) -> Iterator[Fault]:
    given = {"DATABASE_URL": settings.database.url, "DATABASE_OWNER_URL": settings.database.owner_url}
    for name, url in given.items():
        if url is not None and not is_postgres(url.reveal()):
            yield Fault(
                name,
                "is not the address of a PostgreSQL",
                "Set it as postgresql://user:password@host:5432/database, an @ of the password as %40",
            )


def is_postgres(url: str) -> bool:
    """As the engine will read it."""
    from sqlalchemy.engine import make_url  # noqa: PLC0415  # `sweepline --help` has no need of it
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415

    try:
        return make_url(url).drivername in POSTGRES
    except (ArgumentError, ValueError):  # the latter for a port that is no number
        return False


def redis(settings: Settings) -> Iterator[Fault]:
    url = settings.edge.redis_url
    if url is not None and not _is_redis(url.reveal()):
        yield Fault(
            "REDIS_URL",
            "is not the address of a Redis",
            "Set it as redis://host:6379/0, rediss:// or unix://",
        )


def _is_redis(url: str) -> bool:
    try:
        parts, port = urlsplit(url), urlsplit(url).port
    except ValueError:  # a port that is no number
        return False
    return parts.scheme in {"redis", "rediss", "unix"} and port != 0


def mail_server(settings: Settings) -> Iterator[Fault]:
    email = settings.email
    if email.mode == "sendgrid" and email.sendgrid_api_key is not None:
        if not VISIBLE.fullmatch(email.sendgrid_api_key.reveal()):
            yield Fault("SENDGRID_API_KEY", "is no key: it holds more than visible ASCII", "Copy it anew")
        return
    if email.mode != "smtp":
        return
    if email.smtp_host is not None and not _is_host(email.smtp_host):
        yield Fault(
            "SMTP_HOST",
            "is not the name or address of a server alone",
            "Set it as mail.example.com, 192.0.2.1 or 2001:db8::1, and the port as SMTP_PORT",
        )
    if bool(email.smtp_username) != bool(email.smtp_password):
        name, other = ("PASSWORD", "USERNAME") if email.smtp_username else ("USERNAME", "PASSWORD")
        yield Fault(f"SMTP_{name}", f"is missing beside SMTP_{other}", "Set both or neither")


def _is_host(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return IN_A_HOST.fullmatch(text) is not None
    return True


def base_url(settings: Settings) -> Iterator[Fault]:
    url = settings.general.public_base_url
    if url is None:
        return
    if not is_http(url):
        yield Fault(
            "PUBLIC_BASE_URL", "is not an http address", "Set it as https://host, without path or query"
        )
    elif not fits_header(url):
        yield Fault(
            "PUBLIC_BASE_URL",
            "holds what no link in the header of a mail may hold",
            "Write another script's host as its A-label (xn--...), and no user, blank or bracket",
        )


def fits_header(url: str) -> bool:
    """As `List-Unsubscribe` has it, in angle brackets, and `Location`: followed as it stands."""
    return IN_A_HEADER.fullmatch(url) is not None and "@" not in urlsplit(url).netloc


def is_http(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return (
            parts.scheme in {"http", "https"} and bool(parts.hostname) and not (parts.query or parts.fragment)
        )
    except ValueError:
        return False
