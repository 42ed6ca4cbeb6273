"""The organisation's users: who may come in, as what, and who no longer."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from dishka import FromDishka
from litestar import Controller, Request, Response
from litestar.params import FromPath, FromQuery

from application.identity.change_role import ChangeRole, ChangeRoleHandler
from application.identity.create_user import CreateUserHandler, HandedOver
from application.identity.list_users import ListUsers, ListUsersHandler, ReadUser, ReadUserHandler
from application.identity.log_out_user import LogOutUser, LogOutUserHandler
from application.identity.member_status import Deactivate, DeactivateHandler, Reactivate, ReactivateHandler
from application.identity.resend_invitation import ResendInvitation, ResendInvitationHandler
from application.identity.reset_temp_password import ResetTempPassword, ResetTempPasswordHandler
from application.ports.users import User, UserFilter
from domain.identity.actor import Actor, Need, Role
from domain.identity.membership import MembershipStatus
from domain.shared.ids import UserId
from entrypoints.http.conditional import expected_version, tagged_as
from entrypoints.http.once import answer_once
from entrypoints.http.paging import CursorText, Limit, Page
from entrypoints.http.places import read_name_place, write_name_place
from entrypoints.http.routes import get, post
from entrypoints.http.user_bodies import (
    HandedOverBody,
    LoggedOutBody,
    NewUserBody,
    ReasonBody,
    RoleBody,
    UserBody,
)

Searched = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
CHANGES: dict[str, Any] = {"need": Need.ADMIN, "admin_route": True, "status_code": 200}
MEMBER = ("not_found", "owner_only", "version_conflict")
AnyRequest = Request[Any, Any, Any]


def entity_tag(user: User) -> str:
    """Which edit it is, for writes; and of all that is shown, for readers."""
    return f'"{user.version}-{user.digest}"'


def shown(request: AnyRequest, user: User) -> Response[UserBody | None]:
    return tagged_as(request, UserBody.of(user), entity_tag(user))


def handed_over(request: AnyRequest, result: HandedOver, *, created: bool) -> Response[HandedOverBody | None]:
    """With the secret in it: only this once."""
    headers = {"location": f"/v1/iam/users/{result.user.user_id}"} if created else None
    body, tag = HandedOverBody.handing(result), entity_tag(result.user)
    return tagged_as(request, body, tag, status_code=201 if created else 200, headers=headers)


class UsersController(Controller):
    path = "/v1/iam/users"
    tags = ["users"]

    @get(need=Need.ADMIN, admin_route=True, summary="Users by e-mail address")
    async def list_them(
        self,
        actor: FromDishka[Actor],
        handler: FromDishka[ListUsersHandler],
        role: FromQuery[Role | None] = None,
        status: FromQuery[MembershipStatus | None] = None,
        q: FromQuery[Searched | None] = None,
        limit: FromQuery[Limit] = 50,
        cursor: FromQuery[CursorText | None] = None,
    ) -> Page[UserBody]:
        place = read_name_place(cursor, of="users")
        after = None if place is None else (place[0], UserId(place[1]))
        page = await handler.handle(actor, ListUsers(UserFilter(role=role, status=status, q=q), after, limit))
        return Page([UserBody.of(user) for user in page.users], write_name_place(page.next, of="users"))

    @post(
        need=Need.ADMIN,
        admin_route=True,
        action="create_user",
        summary="Let somebody in, by a temporary password or by invitation",
        problems=("already_member", "owner_only", "step_up_required", "not_found", "overloaded"),
        example={"email": "dan@acme.example", "name": "Dan", "role": "dispatcher", "delivery": "invitation"},
    )
    async def create(
        self,
        request: AnyRequest,
        data: NewUserBody,
        actor: FromDishka[Actor],
        handler: FromDishka[CreateUserHandler],
    ) -> Response[HandedOverBody | None]:
        return await answer_once(
            actor, handler, data.command(), lambda made: handed_over(request, made, created=True)
        )

    @get(
        "/{user_id:uuid}",
        need=Need.ADMIN,
        admin_route=True,
        summary="One user",
        problems=("not_found",),
        answers=(304,),
    )
    async def one(
        self,
        request: AnyRequest,
        user_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handler: FromDishka[ReadUserHandler],
    ) -> Response[UserBody | None]:
        return shown(request, await handler.handle(actor, ReadUser(UserId(user_id))))

    @post(
        "/{user_id:uuid}/resend-invitation",
        **CHANGES,
        action="resend_invitation",
        summary="Invite once more, by a new link",
        problems=(*MEMBER, "not_invited"),
    )
    async def resend_invitation(
        self,
        request: AnyRequest,
        user_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handler: FromDishka[ResendInvitationHandler],
    ) -> Response[UserBody | None]:
        command = ResendInvitation(user_id=UserId(user_id), expected_version=expected_version(request))
        return await answer_once(actor, handler, command, lambda user: shown(request, user))

    @post(
        "/{user_id:uuid}/reset-temp-password",
        **CHANGES,
        action="reset_temp_password",
        summary="Give a temporary password, shown this once",
        problems=(*MEMBER, "idempotency_key_required", "own_account", "user_inactive", "overloaded"),
        example={"reason": "Forgot it on holiday"},
    )
    async def reset_temp_password(
        self,
        request: AnyRequest,
        user_id: FromPath[UUID],
        data: ReasonBody,
        actor: FromDishka[Actor],
        handler: FromDishka[ResetTempPasswordHandler],
    ) -> Response[HandedOverBody | None]:
        command = ResetTempPassword(
            user_id=UserId(user_id), expected_version=expected_version(request), reason=data.reason
        )
        return await answer_once(
            actor, handler, command, lambda made: handed_over(request, made, created=False)
        )

    @post(
        "/{user_id:uuid}/role",
        **CHANGES,
        summary="Give another role; ends the user's sessions here",
        problems=(*MEMBER, "own_account", "last_owner", "step_up_required"),
        example={"role": "finance"},
    )
    async def role(
        self,
        request: AnyRequest,
        user_id: FromPath[UUID],
        data: RoleBody,
        actor: FromDishka[Actor],
        handler: FromDishka[ChangeRoleHandler],
    ) -> Response[UserBody | None]:
        command = ChangeRole(
            user_id=UserId(user_id), expected_version=expected_version(request), role=data.role
        )
        return await answer_once(actor, handler, command, lambda user: shown(request, user))

    @post(
        "/{user_id:uuid}/deactivate",
        **CHANGES,
        summary="Shut a user out of this organisation",
        problems=(*MEMBER, "own_account", "last_owner"),
        example={"reason": "Left the company"},
    )
    async def deactivate(
        self,
        request: AnyRequest,
        user_id: FromPath[UUID],
        data: ReasonBody,
        actor: FromDishka[Actor],
        handler: FromDishka[DeactivateHandler],
    ) -> Response[UserBody | None]:
        command = Deactivate(
            user_id=UserId(user_id), expected_version=expected_version(request), reason=data.reason
        )
        return await answer_once(actor, handler, command, lambda user: shown(request, user))

    @post(
        "/{user_id:uuid}/reactivate",
        **CHANGES,
        summary="Let a user in again, with the old role",
        problems=MEMBER,
    )
    async def reactivate(
        self,
        request: AnyRequest,
        user_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handler: FromDishka[ReactivateHandler],
    ) -> Response[UserBody | None]:
        command = Reactivate(user_id=UserId(user_id), expected_version=expected_version(request))
        return await answer_once(actor, handler, command, lambda user: shown(request, user))

    @post(
        "/{user_id:uuid}/logout",
        **CHANGES,
        summary="End all of a user's sessions in this organisation",
        problems=MEMBER,
    )
    async def logout(
        self,
        request: AnyRequest,
        user_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handler: FromDishka[LogOutUserHandler],
    ) -> LoggedOutBody:
        command = LogOutUser(user_id=UserId(user_id), expected_version=expected_version(request))
        return await answer_once(actor, handler, command, LoggedOutBody)
