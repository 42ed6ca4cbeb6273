"""A request for work: who asks, for what home, and how far it has come."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from hmac import compare_digest
from types import MappingProxyType
from typing import Any, Self

from domain.leads.errors import LeadMoveRefused
from domain.leads.lead_status import BY_HAND, LeadStatus
from domain.shared.contact import normal_email, normal_phone, normal_text, phone_fragment
from domain.shared.estimate import Estimate, Home
from domain.shared.ids import LeadId


class LeadSource(StrEnum):
    PUBLIC = "public"
    OFFICE = "office"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadDetails:
    """What the person says, and may say anew. The home is not here: it lives in its estimate."""

    name: str
    phone: str
    email: str | None = None
    postal_code: str | None = None
    address: str | None = None
    preferred_dates: tuple[date, ...] = ()
    access_notes: str | None = None
    parking: str | None = None
    pets: str | None = None
    allergies: str | None = None
    notes: str | None = None
    utm: MappingProxyType[str, str] = MappingProxyType({})
    referrer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """Every change of it adds one to `version`; what changes nothing gives back the same record."""

    id: LeadId
    details: LeadDetails
    status: LeadStatus = LeadStatus.NEW
    source: LeadSource
    estimate: Estimate | None = None
    referral_code: str
    referred_by_code: str | None = None
    referral_credits: int = 0
    referral_settled: bool = (
        False  # whether this lead's first confirmed booking has been weighed for a credit
    )
    token_sha256: bytes | None = None
    token_expires_at: datetime | None = None
    client_address: str | None = None  # whence a public lead came, for counting; never answered
    version: int = 1
    created_at: datetime
    updated_at: datetime

    @property
    def name(self) -> str:
        return self.details.name

    @property
    def phone(self) -> str:
        return self.details.phone

    @property
    def email(self) -> str | None:
        return self.details.email

    @property
    def postal_code(self) -> str | None:
        return self.details.postal_code

    @property
    def address(self) -> str | None:
        return self.details.address

    @property
    def access_notes(self) -> str | None:
        return self.details.access_notes

    @property
    def notes(self) -> str | None:
        return self.details.notes

    @property
    def home(self) -> Home | None:
        return self.estimate.home if self.estimate else None

    @property
    def name_norm(self) -> str:
        return normal_text(self.details.name)

    @property
    def email_norm(self) -> str | None:
        return normal_email(self.details.email) if self.details.email else None

    @property
    def phone_norm(self) -> str:
        return normal_phone(self.details.phone)

    def token_matches(self, token_sha256: bytes, now: datetime) -> bool:
        """Whether the token with this digest may book for this lead now. Takes equal time for any digest."""
        if self.token_sha256 is None or self.token_expires_at is None:
            return False
        return compare_digest(self.token_sha256, token_sha256) and now < self.token_expires_at

    def same_person(self, other: "Lead") -> bool:
        """Whether e-mail or phone are shared."""
        shares_email = self.email_norm is not None and self.email_norm == other.email_norm
        return shares_email or self.phone_norm == other.phone_norm

    def mentions(self, searched: str) -> bool:
        """Whether name, e-mail or phone contain it, whatever its case."""
        text, number = normal_text(searched), phone_fragment(searched)
        return (
            text in self.name_norm
            or text in (self.email_norm or "")
            or (number is not None and number in self.phone_norm)
        )

    # by hand

    def described(self, details: LeadDetails, estimate: Estimate | None, now: datetime) -> Self:
        """With these details, and this estimate where one was made for a new home."""
        return self._changed(now, details=details, estimate=estimate)

    def estimated(self, estimate: Estimate, now: datetime) -> Self:
        return self._changed(now, estimate=estimate)

    def moved(self, status: LeadStatus, now: datetime) -> Self:
        """By a person's hand. Raises LeadMoveRefused for a move that is not theirs to make."""
        if status is not self.status and status not in BY_HAND[self.status]:
            raise LeadMoveRefused(self.status, status)
        return self._changed(now, status=status)

    # by what happens to its bookings

    def booked(self, now: datetime) -> Self:
        """A booking of it was confirmed. A returning customer stays DONE."""
        return self if self.status is LeadStatus.DONE else self._changed(now, status=LeadStatus.BOOKED)

    def finished(self, now: datetime) -> Self:
        """A booking of it is done and none is live."""
        return self._changed(now, status=LeadStatus.DONE) if self.status is LeadStatus.BOOKED else self

    def released(self, now: datetime) -> Self:
        """Its last live booking was cancelled or expired, and none was done."""
        return self._changed(now, status=LeadStatus.CONTACTED) if self.status is LeadStatus.BOOKED else self

    # referrals

    def referral_weighed(self, now: datetime) -> Self:
        """Its first confirmed booking has been looked at: it earns nobody a credit again."""
        return self._changed(now, referral_settled=True)

    def credited(self, now: datetime) -> Self:
        return self._changed(now, referral_credits=self.referral_credits + 1)

    def _changed(self, now: datetime, **new: Any) -> Self:
        if all(getattr(self, field) == value for field, value in new.items()):
            return self
        return replace(self, **new, version=self.version + 1, updated_at=now)
