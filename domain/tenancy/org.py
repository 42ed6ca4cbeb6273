"""An organisation: what the installation knows of it, and what it says of itself."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Self
from unicodedata import category
from zoneinfo import ZoneInfo

from domain.shared.codes import COUNTRIES, CURRENCIES
from domain.shared.errors import Conflict, FieldFault, Invalid
from domain.shared.ids import OrgId

DEFAULT_COLOR = "#1f6feb"
DEFAULT_TRAVEL_BUFFER_MINUTES = 30
_RESERVED = "admin api app auth client docs health public static v1 worker www"
RESERVED_SLUGS = frozenset(_RESERVED.split())
MOST_NAME, MOST_FOOTER, MOST_ADDRESS, MOST_EMAIL = 120, 500, 300, 254
MOST_LABEL = 80
MOST_TRAVEL_BUFFER_MINUTES = 240
_SLUG = re.compile(r"(?=.{3,40}\Z)[a-z0-9]+(-[a-z0-9]+)*")
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")
_LOGO = re.compile(r"(?=.{1,500}\Z)https://[^\s/?#@]+([/?#]\S*)?")


class SlugTaken(Conflict):
    code = "slug_taken"

    def __init__(self, slug: str) -> None:
        super().__init__(f"The slug {slug} is taken.", errors=[FieldFault("slug", "is taken")])


class OrgStatus(StrEnum):
    ACTIVE = "active"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Org:
    """The row of the directory: all that is known before a tenant is."""

    id: OrgId
    slug: str
    status: OrgStatus = OrgStatus.ACTIVE
    created_at: datetime

    def __post_init__(self) -> None:
        if message := slug_fault(self.slug):
            raise Invalid.field("slug", message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Branding:
    display_name: str | None = None  # none: the organisation's name
    logo_url: str | None = None
    primary_color: str = DEFAULT_COLOR
    email_from_name: str | None = None
    reply_to: str | None = None
    footer_text: str | None = None

    def faults(self) -> Iterator[FieldFault]:
        yield from _length("branding/display_name", self.display_name, MOST_LABEL)
        yield from _judged("branding/logo_url", self.logo_url, logo_fault)
        yield from _judged("branding/primary_color", self.primary_color, color_fault)
        yield from _length("branding/email_from_name", self.email_from_name, MOST_LABEL)
        yield from _judged("branding/reply_to", self.reply_to, address_fault)
        yield from _length("branding/footer_text", self.footer_text, MOST_FOOTER, one_line=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    email: str | None = None
    phone: str | None = None  # E.164
    address: str | None = None
    country: str | None = None  # ISO 3166-1 alpha-2

    def faults(self) -> Iterator[FieldFault]:
        yield from _judged("contact/email", self.email, address_fault)
        yield from _judged("contact/phone", self.phone, phone_fault)
        yield from _length("contact/address", self.address, MOST_ADDRESS, one_line=False)
        yield from _judged("contact/country", self.country, country_fault)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrgProfile:
    """What an organisation says of itself. Refuses nonsense, naming every fault at once."""

    name: str
    timezone: str  # IANA name; wall-clock rules are read in it
    currency: str  # ISO 4217
    travel_buffer_minutes: int = DEFAULT_TRAVEL_BUFFER_MINUTES
    branding: Branding = Branding()
    contact: Contact = Contact()
    version: int = 1
    created_at: datetime
    updated_at: datetime

    def __post_init__(self) -> None:
        if faults := tuple(self._faults()):
            raise Invalid("The organisation's profile is not valid.", errors=faults)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def display_name(self) -> str:
        return self.branding.display_name or self.name

    def edited(self, now: datetime, **changes: Any) -> Self:
        """The next version. Stored instants do not move with the zone."""
        return replace(self, **changes, version=self.version + 1, updated_at=now)

    def _faults(self) -> Iterator[FieldFault]:
        if not self.name:
            yield FieldFault("name", "is required")
        yield from _length("name", self.name, MOST_NAME)
        yield from _judged("timezone", self.timezone, timezone_fault)
        yield from _judged("currency", self.currency, currency_fault)
        if not 0 <= self.travel_buffer_minutes <= MOST_TRAVEL_BUFFER_MINUTES:
            yield FieldFault("travel_buffer_minutes", "is not between 0 and 240")
        yield from self.branding.faults()
        yield from self.contact.faults()


def slug_fault(slug: str) -> str | None:
    """What is wrong with a slug, if anything. Whether it is taken only the directory knows."""
    if not _SLUG.fullmatch(slug):
        return "is not 3 to 40 of a-z and 0-9, in words joined by single hyphens"
    return "is reserved" if slug in RESERVED_SLUGS else None


NO_ZONES = frozenset({"localtime", "posixrules"})


def is_timezone(name: str) -> bool:
    """An IANA name that this server's time zone database knows; its own files beside them are none."""
    if name in NO_ZONES or name.startswith(("posix/", "right/")):
        return False
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        return False
    return True


def timezone_fault(name: str) -> str | None:
    return None if is_timezone(name) else "is not a time zone like Europe/Berlin"


def currency_fault(code: str) -> str | None:
    return None if code in CURRENCIES else "is not an ISO 4217 code like USD"


def country_fault(code: str) -> str | None:
    return None if code in COUNTRIES else "is not an ISO 3166-1 code of two letters"


def logo_fault(address: str) -> str | None:
    return None if _LOGO.fullmatch(address) else "is not an https address of at most 500 characters"


def color_fault(color: str) -> str | None:
    return None if _COLOR.fullmatch(color) else "is not a colour like #1f6feb"


def phone_fault(number: str) -> str | None:
    return None if _E164.fullmatch(number) else "is not a plus sign and 7 to 15 digits (E.164)"


def address_fault(address: str) -> str | None:
    """Of a mailbox."""
    return None if len(address) <= MOST_EMAIL and _EMAIL.fullmatch(address) else "is not an e-mail address"


def _length(field: str, text: str | None, most: int, *, one_line: bool = True) -> Iterator[FieldFault]:
    if text is None:
        return
    if not 1 <= len(text) <= most:
        yield FieldFault(field, f"is not 1 to {most} characters long")
    allowed = "" if one_line else "\n\t"
    if any(category(sign) == "Cc" and sign not in allowed for sign in text):
        yield FieldFault(field, "contains control characters")


def _judged(field: str, text: str | None, judge: Callable[[str], str | None]) -> Iterator[FieldFault]:
    if text is not None and (message := judge(text)) is not None:
        yield FieldFault(field, message)
