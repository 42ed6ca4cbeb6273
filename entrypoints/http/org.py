"""The organisation of the caller, and who the caller is in it."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from dishka import FromDishka
from litestar import Controller, Request, Response
from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import asdict

from application.delivery.compose import mail_fault
from application.tenancy.edit_org import EditOrg, EditOrgHandler
from application.tenancy.read_org import OrgView, ReadOrgHandler
from domain.identity.actor import Actor, Need, permissions_of
from domain.shared.errors import Unauthenticated
from domain.shared.versions import Expected
from domain.tenancy.org import (
    Branding,
    Contact,
    address_fault,
    color_fault,
    country_fault,
    currency_fault,
    logo_fault,
    phone_fault,
    slug_fault,
    timezone_fault,
)
from entrypoints.http.basic import VIA
from entrypoints.http.conditional import expected_version, tagged
from entrypoints.http.once import answer_once
from entrypoints.http.routes import get, patch
from entrypoints.http.texts import judged
from entrypoints.http.values import MULTILINE

Label = Annotated[str, Meta(min_length=1, max_length=80)]
Line = Annotated[str, Meta(max_length=500)]
Footer = Annotated[str, Meta(min_length=1, max_length=500), MULTILINE]
PostalAddress = Annotated[str, Meta(min_length=1, max_length=300), MULTILINE]
Mailbox = Annotated[Line, judged(lambda address: address_fault(address) or mail_fault(address))]
Logo = Annotated[Line, judged(logo_fault)]
Color = Annotated[Line, judged(color_fault)]
Phone = Annotated[Line, judged(phone_fault)]
Country = Annotated[Line, judged(country_fault)]
Slug = Annotated[str, Meta(min_length=3, max_length=40), judged(slug_fault)]
Timezone = Annotated[str, Meta(max_length=64), judged(timezone_fault)]
Currency = Annotated[str, Meta(min_length=3, max_length=3), judged(currency_fault)]


class BrandingBody(Struct):
    display_name: str
    logo_url: str | None
    primary_color: str
    email_from_name: str | None
    reply_to: str | None
    footer_text: str | None

    @classmethod
    def of(cls, branding: Branding, name: str) -> "BrandingBody":
        return cls(
            display_name=branding.display_name or name,
            logo_url=branding.logo_url,
            primary_color=branding.primary_color,
            email_from_name=branding.email_from_name,
            reply_to=branding.reply_to,
            footer_text=branding.footer_text,
        )


class ContactBody(Struct):
    email: str | None
    phone: str | None
    address: str | None
    country: str | None

    @classmethod
    def of(cls, contact: Contact) -> "ContactBody":
        return cls(contact.email, contact.phone, contact.address, contact.country)


class OrgBody(Struct):
    org_id: UUID
    slug: str
    status: str
    name: str
    timezone: str
    currency: str
    travel_buffer_minutes: int
    branding: BrandingBody
    contact: ContactBody
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, view: OrgView) -> "OrgBody":
        org, profile = view.org, view.profile
        return cls(
            org_id=org.id,
            slug=org.slug,
            status=org.status,
            name=profile.name,
            timezone=profile.timezone,
            currency=profile.currency,
            travel_buffer_minutes=profile.travel_buffer_minutes,
            branding=BrandingBody.of(profile.branding, profile.name),
            contact=ContactBody.of(profile.contact),
            created_at=profile.created_at,
            updated_at=profile.updated_at,
        )


class BrandingPatch(Struct, forbid_unknown_fields=True):
    display_name: Label | UnsetType | None = UNSET
    logo_url: Logo | UnsetType | None = UNSET
    primary_color: Color | UnsetType = UNSET
    email_from_name: Label | UnsetType | None = UNSET
    reply_to: Mailbox | UnsetType | None = UNSET
    footer_text: Footer | UnsetType | None = UNSET


class ContactPatch(Struct, forbid_unknown_fields=True):
    email: Mailbox | UnsetType | None = UNSET
    phone: Phone | UnsetType | None = UNSET
    address: PostalAddress | UnsetType | None = UNSET
    country: Country | UnsetType | None = UNSET


class OrgPatch(Struct, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=1, max_length=120)] | UnsetType = UNSET
    slug: Slug | UnsetType = UNSET
    timezone: Timezone | UnsetType = UNSET
    currency: Currency | UnsetType = UNSET
    travel_buffer_minutes: Annotated[int, Meta(ge=0, le=240)] | UnsetType = UNSET
    branding: BrandingPatch | UnsetType = UNSET
    contact: ContactPatch | UnsetType = UNSET

    def command(self, version: Expected) -> EditOrg:
        given = named(self)
        return EditOrg(
            expected_version=version,
            slug=given.pop("slug", None),
            branding=named(given.pop("branding", BrandingPatch())),
            contact=named(given.pop("contact", ContactPatch())),
            basics=given,
        )


def named(struct: Struct) -> dict[str, Any]:
    """The fields that were sent."""
    return {name: value for name, value in asdict(struct).items() if value is not UNSET}


class ProfileBody(Struct):
    username: str
    role: str
    permissions: list[str]
    auth_method: str
    mfa_verified: bool


class OrgContextBody(Struct):
    org_id: UUID
    slug: str
    name: str
    timezone: str
    currency: str
    via: str


class OrgController(Controller):
    path = "/v1/admin"
    tags = ["organisation"]

    @get("/org", need=Need.VIEW, admin_route=True, summary="The organisation's settings", answers=(304,))
    async def read(
        self, request: Request[Any, Any, Any], actor: FromDishka[Actor], handler: FromDishka[ReadOrgHandler]
    ) -> Response[OrgBody | None]:
        view = await handler.handle(actor)
        return tagged(request, OrgBody.of(view), view.profile.version)

    @patch(
        "/org",
        need=Need.ADMIN,
        admin_route=True,
        summary="Change the organisation's settings",
        problems=("slug_taken", "currency_in_use", "version_conflict"),
        example={"timezone": "Europe/Berlin", "branding": {"primary_color": "#0a7d4b"}},
    )
    async def edit(
        self,
        request: Request[Any, Any, Any],
        data: OrgPatch,
        actor: FromDishka[Actor],
        handler: FromDishka[EditOrgHandler],
    ) -> Response[OrgBody | None]:
        command = data.command(expected_version(request))
        return await answer_once(
            actor,
            handler,
            command,
            lambda view: tagged(request, OrgBody.of(view), view.profile.version),
        )

    @get("/profile", need=Need.VIEW, admin_route=True, summary="Who calls, and what the caller may do")
    async def profile(self, actor: FromDishka[Actor]) -> ProfileBody:
        if actor.role is None:
            raise Unauthenticated
        return ProfileBody(
            username=actor.name,
            role=actor.role,
            permissions=list(permissions_of(actor.role)),
            auth_method=actor.kind,
            mfa_verified=actor.mfa_verified,
        )


class OrgContextController(Controller):
    path = "/v1/auth/org-context"
    tags = ["auth"]

    @get(need=Need.SIGNED_IN, summary="Which organisation a credential leads to")
    async def read(
        self, request: Request[Any, Any, Any], actor: FromDishka[Actor], handler: FromDishka[ReadOrgHandler]
    ) -> OrgContextBody:
        view = await handler.handle(actor, Need.SIGNED_IN)
        org, profile = view.org, view.profile
        via = request.scope["state"].get(VIA, "token")
        return OrgContextBody(org.id, org.slug, profile.name, profile.timezone, profile.currency, via)
