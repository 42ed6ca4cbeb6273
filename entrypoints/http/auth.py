"""Signing in and out, tokens, one's own sessions."""

from uuid import UUID

from dishka import FromDishka
from litestar import Controller
from litestar.params import FromPath

from application.identity.change_password import ChangePassword, ChangePasswordHandler
from application.identity.log_in import LogIn, LogInHandler
from application.identity.log_out import LogOut, LogOutEverywhere, LogOutEverywhereHandler, LogOutHandler
from application.identity.origin import Origin
from application.identity.own_sessions import (
    ListOwnSessions,
    ListOwnSessionsHandler,
    RevokeOwnSession,
    RevokeOwnSessionHandler,
)
from application.identity.read_me import ReadMeHandler
from application.identity.refresh_session import RefreshSession, RefreshSessionHandler
from application.identity.step_up import StepUp, StepUpHandler
from domain.identity.actor import Actor, Need
from domain.shared.errors import FieldFault
from domain.shared.ids import OrgId, SessionId
from entrypoints.http.auth_bodies import (
    MOST_PASSWORD_BYTES,
    ChangePasswordBody,
    FreshAnswer,
    LoginBody,
    LogoutAllAnswer,
    LogoutAllBody,
    MeBody,
    RefreshBody,
    SessionBody,
    StatusAnswer,
    StepUpBody,
    TokenAnswer,
    proof_of,
    two_proofs,
)
from entrypoints.http.authentication import AFTER_LOGOUT, TEMP_PASSWORD
from entrypoints.http.once import answer_once
from entrypoints.http.paging import CursorText, Limit, Page, read_cursor, write_cursor
from entrypoints.http.routes import delete, get, post
from entrypoints.http.validation import refuse

TOKEN_EXAMPLE = {"email": "olive@acme.example", "password": "correct horse battery staple"}


class AuthController(Controller):
    path = "/v1/auth"
    tags = ["auth"]

    @post(
        "/login",
        need=Need.PUBLIC,
        summary="Sign in with e-mail and password",
        status_code=200,
        problems=("invalid_credentials", "mfa_required", "org_suspended", "rate_limited", "overloaded"),
        example=TOKEN_EXAMPLE,
    )
    async def login(
        self, data: LoginBody, origin: FromDishka[Origin], handler: FromDishka[LogInHandler]
    ) -> TokenAnswer:
        faults = oversized(password=data.password)
        if faults := faults + two_proofs(data.mfa_code, data.recovery_code, "mfa_code"):
            raise refuse(faults)
        command = LogIn(
            email=data.email,
            password=data.password,
            org_id=None if data.org_id is None else OrgId(data.org_id),
            org_slug=data.org_slug,
            proof=proof_of(data.mfa_code, data.recovery_code),
        )
        return TokenAnswer.of(await handler.handle(origin, command))

    @post(
        "/refresh",
        need=Need.PUBLIC,
        summary="Exchange a refresh token for new tokens",
        status_code=200,
        problems=(
            "refresh_invalid",
            "refresh_expired",
            "refresh_reused",
            "mfa_required",
            "org_suspended",
            "rate_limited",
        ),
        example={"refresh_token": "1VYfBpz9lT6GzOhhXUYcn2xqAPW6vhkdE2BQYlmXkzs"},
    )
    async def refresh(
        self, data: RefreshBody, origin: FromDishka[Origin], handler: FromDishka[RefreshSessionHandler]
    ) -> TokenAnswer:
        return TokenAnswer.of(await handler.handle(origin, RefreshSession(data.refresh_token, data.mfa_code)))

    @post(
        "/logout",
        need=Need.SIGNED_IN,
        summary="End this session",
        status_code=200,
        traits=(TEMP_PASSWORD, AFTER_LOGOUT),
    )
    async def logout(self, actor: FromDishka[Actor], handler: FromDishka[LogOutHandler]) -> StatusAnswer:
        return await answer_once(actor, handler, LogOut(), lambda _: StatusAnswer())

    @post(
        "/logout-all",
        need=Need.SIGNED_IN,
        summary="End all of one's sessions, in every organisation",
        status_code=200,
        example={"keep_current": True},
    )
    async def logout_all(
        self,
        data: LogoutAllBody,
        actor: FromDishka[Actor],
        handler: FromDishka[LogOutEverywhereHandler],
    ) -> LogoutAllAnswer:
        command = LogOutEverywhere(data.keep_current)
        return await answer_once(actor, handler, command, LogoutAllAnswer)

    @post(
        "/change-password",
        need=Need.SIGNED_IN,
        summary="Choose a new password; ends all other sessions",
        status_code=200,
        problems=("invalid_credentials", "password_policy", "rate_limited", "overloaded"),
        traits=(TEMP_PASSWORD,),
        example={"current_password": "temporary-k3Vq9wZ", "new_password": "correct horse battery staple"},
    )
    async def change_password(
        self,
        data: ChangePasswordBody,
        actor: FromDishka[Actor],
        handler: FromDishka[ChangePasswordHandler],
    ) -> TokenAnswer:
        faults = oversized(current_password=data.current_password)
        if faults:
            raise refuse(faults)
        command = ChangePassword(data.current_password, data.new_password)
        return await answer_once(actor, handler, command, TokenAnswer.of)

    @post(
        "/step-up",
        need=Need.SIGNED_IN,
        summary="Prove oneself again, for what wants a fresh session",
        status_code=200,
        problems=("invalid_credentials", "mfa_required", "rate_limited", "overloaded"),
        example={"password": "correct horse battery staple"},
    )
    async def step_up(
        self, data: StepUpBody, actor: FromDishka[Actor], handler: FromDishka[StepUpHandler]
    ) -> FreshAnswer:
        faults = oversized(password=data.password)
        if faults := faults + two_proofs(data.mfa_code, data.recovery_code, "mfa_code"):
            raise refuse(faults)
        command = StepUp(data.password, proof_of(data.mfa_code, data.recovery_code))
        return await answer_once(actor, handler, command, FreshAnswer)

    @get("/me", need=Need.SIGNED_IN, summary="Who one is", traits=(TEMP_PASSWORD,))
    async def me(self, actor: FromDishka[Actor], handler: FromDishka[ReadMeHandler]) -> MeBody:
        return MeBody.of(await handler.handle(actor), actor.org_id)

    @get("/sessions", need=Need.SIGNED_IN, summary="One's own live sessions in this organisation")
    async def sessions(
        self,
        actor: FromDishka[Actor],
        handler: FromDishka[ListOwnSessionsHandler],
        limit: Limit = 50,
        cursor: CursorText | None = None,
    ) -> Page[SessionBody]:
        position = read_cursor(cursor, tuple[UUID], of="sessions")
        after = None if position is None else SessionId(position[0])
        found = await handler.handle(actor, ListOwnSessions(limit, after))
        more = write_cursor(found[limit - 1].id, of="sessions") if len(found) > limit else None
        return Page([SessionBody.of(session, actor.session_id) for session in found[:limit]], more)

    @delete(
        "/sessions/{session_id:uuid}",
        need=Need.SIGNED_IN,
        summary="End one of one's own sessions",
        status_code=204,
        problems=("not_found",),
    )
    async def revoke_session(
        self,
        session_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handler: FromDishka[RevokeOwnSessionHandler],
    ) -> None:
        await handler.handle(actor, RevokeOwnSession(SessionId(session_id)))


def oversized(**texts: str) -> list[FieldFault]:
    """A length in characters is the schema's; this is the one in bytes."""
    return [
        FieldFault(name, f"must have at most {MOST_PASSWORD_BYTES} bytes")
        for name, text in texts.items()
        if len(text.encode(errors="surrogatepass")) > MOST_PASSWORD_BYTES
    ]
