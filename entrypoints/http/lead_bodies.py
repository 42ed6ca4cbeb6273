"""A lead as it is sent and answered."""

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from application.leads.lead_values import lead_values
from application.leads.read_lead import LeadView
from domain.identity.actor import Actor, Need
from domain.leads.lead import LeadDetails, LeadSource
from domain.leads.lead_status import BY_HAND, LeadStatus
from entrypoints.http.home_body import HOME_EXAMPLE, EstimateAnswer, HomeAnswer, HomeBody
from entrypoints.http.masking import as_seen_by
from entrypoints.http.texts import Address, Email, Name, Notes, Phone, PostalCode, ShortNotes

Days = Annotated[list[date], Meta(max_length=10)]
UtmText = Annotated[str, Meta(max_length=100)]
Referrer = Annotated[str, Meta(max_length=255)]
ReferralCode = Annotated[str, Meta(min_length=4, max_length=16)]
Total = Annotated[int, Meta(ge=0, le=10**15)]


class UtmBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    source: UtmText | None = None
    medium: UtmText | None = None
    campaign: UtmText | None = None
    term: UtmText | None = None
    content: UtmText | None = None


class LeadBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What a person says of themselves."""

    name: Name
    phone: Phone
    email: Email | None = None
    postal_code: PostalCode | None = None
    address: Address | None = None
    preferred_dates: Days = []
    access_notes: ShortNotes | None = None
    parking: ShortNotes | None = None
    pets: ShortNotes | None = None
    allergies: ShortNotes | None = None
    notes: Notes | None = None
    utm: UtmBody | None = None
    referrer: Referrer | None = None

    def details(self) -> LeadDetails:
        return LeadDetails(**given_details({name: getattr(self, name) for name in DETAIL_FIELDS}))


DETAIL_FIELDS = LeadBody.__struct_fields__


class PublicLeadBody(LeadBody):
    home: HomeBody
    referral_code: ReferralCode | None = None
    expected_total_cents: Total | None = None
    captcha_token: Annotated[str, Meta(max_length=2048)] | None = None


class OfficeLeadBody(LeadBody):
    home: HomeBody | None = None
    referral_code: ReferralCode | None = None
    expected_total_cents: Total | None = None


class LeadChangeBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What is left out stays; null takes away what may be absent."""

    name: Name | UnsetType = UNSET
    phone: Phone | UnsetType = UNSET
    email: Email | UnsetType | None = UNSET
    postal_code: PostalCode | UnsetType | None = UNSET
    address: Address | UnsetType | None = UNSET
    preferred_dates: Days | UnsetType = UNSET
    access_notes: ShortNotes | UnsetType | None = UNSET
    parking: ShortNotes | UnsetType | None = UNSET
    pets: ShortNotes | UnsetType | None = UNSET
    allergies: ShortNotes | UnsetType | None = UNSET
    notes: Notes | UnsetType | None = UNSET
    utm: UtmBody | UnsetType | None = UNSET
    referrer: Referrer | UnsetType | None = UNSET
    home: HomeBody | UnsetType | None = UNSET

    def given_details(self) -> dict[str, Any]:
        fields = {name: getattr(self, name) for name in DETAIL_FIELDS}
        return given_details({name: value for name, value in fields.items() if value is not UNSET})


def given_details(fields: Mapping[str, Any]) -> dict[str, Any]:
    """As LeadDetails keeps them: text that says nothing is no text."""
    details = {name: None if value == "" else value for name, value in fields.items()}
    if "preferred_dates" in details:
        details["preferred_dates"] = tuple(details["preferred_dates"] or ())
    if "utm" in details:
        utm = msgspec.structs.asdict(details["utm"]) if details["utm"] else {}
        details["utm"] = MappingProxyType({name: text for name, text in utm.items() if text})
    return details


class LeadStatusBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    status: LeadStatus


class ActionAnswer(msgspec.Struct):
    rel: str
    method: str
    href: str


class LeadAnswer(msgspec.Struct, kw_only=True):
    lead_id: UUID
    status: LeadStatus
    source: LeadSource
    name: str
    phone: str
    email: str | None
    postal_code: str | None
    address: str | None
    preferred_dates: list[date]
    access_notes: str | None
    parking: str | None
    pets: str | None
    allergies: str | None
    notes: str | None
    home: HomeAnswer | None
    estimate: EstimateAnswer | None
    utm: UtmBody
    referrer: str | None
    referral_code: str
    referred_by_code: str | None
    referral_credits: int
    booking_ids: list[UUID]
    version: int
    created_at: datetime
    updated_at: datetime
    actions: list[ActionAnswer]


def lead_answer(view: LeadView, reader: Actor) -> LeadAnswer:
    values = as_seen_by(reader.role, lead_values(view.lead, view.booking_ids))
    return msgspec.convert({**values, "actions": _actions(view, reader)}, LeadAnswer)


def _actions(view: LeadView, reader: Actor) -> list[dict[str, str]]:
    if not reader.may(Need.DISPATCH):
        return []
    href = f"/v1/admin/leads/{view.lead.id}"
    actions = [{"rel": "update", "method": "PATCH", "href": href}]
    if view.lead.home is not None:
        actions.append({"rel": "estimate", "method": "POST", "href": f"{href}/estimate"})
    if BY_HAND[view.lead.status]:
        actions.append({"rel": "status", "method": "POST", "href": f"{href}/status"})
    return actions


class RequestedLeadAnswer(msgspec.Struct, kw_only=True):
    lead_id: UUID
    lead_token: str
    lead_token_expires_at: datetime | None
    status: LeadStatus
    referral_code: str
    estimate: EstimateAnswer | None
    next_step_text: str


LEAD_EXAMPLE: dict[str, Any] = {
    "name": "Jane Doe",
    "phone": "+1 555 010 0134",
    "email": "jane@example.com",
    "postal_code": "10001",
    "address": "1 Main Street",
    "preferred_dates": ["2026-12-01"],
    "home": HOME_EXAMPLE,
}
