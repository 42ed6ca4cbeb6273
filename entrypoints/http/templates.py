"""The mails that leave in an organisation's name, as they read."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from dishka import FromDishka
from litestar import Controller

from application.delivery.preview_mail import (
    ListTemplatesHandler,
    Preview,
    PreviewMail,
    PreviewMailHandler,
)
from domain.identity.actor import Actor, Need
from domain.shared.ids import BookingId, LeadId
from entrypoints.http.once import answer_once
from entrypoints.http.paging import Page
from entrypoints.http.routes import get, post
from entrypoints.http.values import MULTILINE

MailText = Annotated[str, MULTILINE]


class TemplateAnswer(msgspec.Struct):
    template: str
    version: int
    scope: str
    subject: str
    text: MailText
    html: MailText

    @classmethod
    def of(cls, preview: Preview) -> "TemplateAnswer":
        said = preview.rendered
        return cls(preview.template, said.version, preview.scope, said.subject, said.text, said.html)


class PreviewBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    template: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    lead_id: UUID | None = None
    booking_id: UUID | None = None
    invoice_id: UUID | None = None

    def command(self) -> PreviewMail:
        return PreviewMail(
            template=self.template,
            lead_id=None if self.lead_id is None else LeadId(self.lead_id),
            booking_id=None if self.booking_id is None else BookingId(self.booking_id),
            invoice_id=self.invoice_id,
        )


class PreviewAnswer(msgspec.Struct, kw_only=True, rename={"sender": "from"}):
    template: str
    version: int
    sender: str
    subject: str
    text: MailText
    html: MailText
    source: Literal["sample", "record"]

    @classmethod
    def of(cls, preview: Preview) -> "PreviewAnswer":
        said = preview.rendered
        return cls(
            template=preview.template,
            version=said.version,
            sender=preview.sender,
            subject=said.subject,
            text=said.text,
            html=said.html,
            source=preview.source,
        )


class TemplatesController(Controller):
    path = "/v1/admin/messaging/templates"
    tags = ["delivery"]

    @get(need=Need.DISPATCH, admin_route=True, summary="Every mail there is, with made-up values")
    async def list_them(
        self, actor: FromDishka[Actor], handler: FromDishka[ListTemplatesHandler]
    ) -> Page[TemplateAnswer]:
        return Page([TemplateAnswer.of(preview) for preview in await handler.handle(actor)])

    @post(
        "/preview",
        need=Need.DISPATCH,
        admin_route=True,
        status_code=200,
        summary="A mail as it would read, of made-up values or of a record; sends nothing",
        problems=("not_found", "template_context_missing"),
        example={"template": "booking_confirmed"},
    )
    async def preview(
        self, data: PreviewBody, actor: FromDishka[Actor], handler: FromDishka[PreviewMailHandler]
    ) -> PreviewAnswer:
        return await answer_once(actor, handler, data.command(), PreviewAnswer.of)
