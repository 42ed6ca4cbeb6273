"""Links that came by mail: a forgotten password, an invitation. None of these says who is known here."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from dishka import FromDishka
from litestar import Controller, Response
from litestar.background_tasks import BackgroundTask
from msgspec import Meta, Struct

from application.identity.invitations import (
    AcceptInvitation,
    AcceptInvitationHandler,
    InspectInvitation,
    InspectInvitationHandler,
    Invitation,
)
from application.identity.origin import Origin
from application.identity.reset_password import (
    ConfirmPasswordReset,
    ConfirmPasswordResetHandler,
    RequestPasswordReset,
    RequestPasswordResetHandler,
)
from domain.identity.actor import Need, Role
from domain.identity.email import email_fault
from entrypoints.http.auth_bodies import EmailText, NewPasswordText, StatusAnswer
from entrypoints.http.masking import masked_email
from entrypoints.http.routes import post
from entrypoints.http.texts import judged

Token = Annotated[str, Meta(min_length=1, max_length=200)]
TOKEN_EXAMPLE = "1VYfBpz9lT6GzOhhXUYcn2xqAPW6vhkdE2BQYlmXkzs"  # noqa: S105  # opens nothing


class ResetRequestBody(Struct, forbid_unknown_fields=True):
    email: Annotated[EmailText, judged(email_fault)]
    captcha_token: Annotated[str, Meta(min_length=1, max_length=2048)] | None = None


class ResetConfirmBody(Struct, forbid_unknown_fields=True):
    token: Token
    new_password: NewPasswordText


class InspectBody(Struct, forbid_unknown_fields=True):
    token: Token


class AcceptBody(Struct, forbid_unknown_fields=True):
    token: Token
    password: NewPasswordText


class InvitationAnswer(Struct):
    org_name: str
    email_masked: str
    role: Role
    expires_at: datetime
    sets_password: bool

    @classmethod
    def of(cls, invitation: Invitation) -> "InvitationAnswer":
        return cls(
            org_name=invitation.org_name,
            email_masked=masked_email(invitation.email),
            role=invitation.role,
            expires_at=invitation.expires_at,
            sets_password=invitation.sets_password,
        )


class AcceptedAnswer(Struct):
    org_id: UUID
    status: str = "accepted"


class MailedLinksController(Controller):
    path = "/v1/auth"
    tags = ["auth"]

    @post(
        "/password-reset/request",
        need=Need.PUBLIC,
        summary="Ask for a link to set a new password",
        status_code=202,
        problems=("captcha_failed", "upstream_unavailable", "rate_limited"),
        example={"email": "olive@acme.example"},
    )
    async def request_reset(
        self,
        data: ResetRequestBody,
        origin: FromDishka[Origin],
        handler: FromDishka[RequestPasswordResetHandler],
    ) -> Response[StatusAnswer]:
        wanted = await handler.handle(origin, RequestPasswordReset(data.email, data.captcha_token))
        # After the answer has left: what only a known address causes must not be told by time.
        sending = BackgroundTask(handler.send, origin, wanted)
        return Response(StatusAnswer("accepted"), status_code=202, background=sending)

    @post(
        "/password-reset/confirm",
        need=Need.PUBLIC,
        summary="Set a new password by a mailed link; ends all sessions",
        status_code=200,
        problems=("link_invalid", "password_policy", "overloaded"),
        example={"token": TOKEN_EXAMPLE, "new_password": "correct horse battery staple"},
    )
    async def confirm_reset(
        self,
        data: ResetConfirmBody,
        origin: FromDishka[Origin],
        handler: FromDishka[ConfirmPasswordResetHandler],
    ) -> StatusAnswer:
        await handler.handle(origin, ConfirmPasswordReset(data.token, data.new_password))
        return StatusAnswer()

    @post(
        "/invitations/inspect",
        need=Need.PUBLIC,
        summary="What an invitation is for, before accepting it",
        status_code=200,
        problems=("link_invalid",),
        example={"token": TOKEN_EXAMPLE},
    )
    async def inspect(
        self, data: InspectBody, handler: FromDishka[InspectInvitationHandler]
    ) -> InvitationAnswer:
        return InvitationAnswer.of(await handler.handle(InspectInvitation(data.token)))

    @post(
        "/invitations/accept",
        need=Need.PUBLIC,
        summary="Accept an invitation",
        status_code=200,
        problems=("link_invalid", "invalid_credentials", "password_policy", "rate_limited", "overloaded"),
        example={"token": TOKEN_EXAMPLE, "password": "correct horse battery staple"},
    )
    async def accept(
        self,
        data: AcceptBody,
        origin: FromDishka[Origin],
        handler: FromDishka[AcceptInvitationHandler],
    ) -> AcceptedAnswer:
        return AcceptedAnswer(await handler.handle(origin, AcceptInvitation(data.token, data.password)))
