"""Teams and their working hours."""

from typing import Any
from uuid import UUID

from dishka import FromDishka
from litestar import Controller, Request, Response
from litestar.params import FromPath, FromQuery

from application.scheduling.read_teams import ListTeams, ListTeamsHandler, ReadTeam, ReadTeamHandler, TeamView
from application.scheduling.working_hours import (
    ReadWorkingHours,
    ReadWorkingHoursHandler,
    SetWorkingHours,
    SetWorkingHoursHandler,
)
from application.scheduling.write_teams import (
    AddTeam,
    AddTeamHandler,
    ChangeTeam,
    ChangeTeamHandler,
    DeleteTeam,
    DeleteTeamHandler,
)
from domain.identity.actor import Actor, Need
from domain.shared.ids import TeamId
from entrypoints.http.conditional import expected_version, tagged
from entrypoints.http.once import answer_once
from entrypoints.http.paging import CursorText, Limit, Page
from entrypoints.http.places import read_name_place, write_name_place
from entrypoints.http.routes import delete, get, patch, post, put
from entrypoints.http.team_bodies import (
    HOURS_EXAMPLE,
    TEAM_EXAMPLE,
    HoursAnswer,
    HoursBody,
    TeamAnswer,
    TeamBody,
    TeamChangeBody,
    hours_answer,
    team_answer,
    week_of,
)


class TeamsController(Controller):
    path = "/v1/admin/teams"

    @get(need=Need.VIEW, admin_route=True, summary="Teams by name")
    async def list_them(
        self,
        actor: FromDishka[Actor],
        handler: FromDishka[ListTeamsHandler],
        active: FromQuery[bool | None] = None,
        limit: FromQuery[Limit] = 50,
        cursor: FromQuery[CursorText | None] = None,
    ) -> Page[TeamAnswer]:
        place = read_name_place(cursor, of="teams")
        after = None if place is None else (place[0], TeamId(place[1]))
        page = await handler.handle(actor, ListTeams(active=active, after=after, limit=limit))
        return Page([team_answer(view) for view in page.views], write_name_place(page.next, of="teams"))

    @post(
        need=Need.ADMIN,
        admin_route=True,
        summary="Add a team",
        problems=("team_name_taken",),
        example=TEAM_EXAMPLE,
    )
    async def add(
        self,
        request: Request[Any, Any, Any],
        data: TeamBody,
        actor: FromDishka[Actor],
        handler: FromDishka[AddTeamHandler],
    ) -> Response[TeamAnswer | None]:
        command = AddTeam(
            name=data.name,
            color=data.color.lower() if data.color else None,
            is_active=data.is_active,
            is_default=data.is_default,
        )

        def respond(view: TeamView) -> Response[TeamAnswer | None]:
            headers = {"location": f"/v1/admin/teams/{view.team.id}"}
            return _answered(request, view, status_code=201, headers=headers)

        return await answer_once(actor, handler, command, respond)

    @get(
        "/{team_id:uuid}",
        need=Need.VIEW,
        admin_route=True,
        summary="One team",
        problems=("not_found",),
        answers=(304,),
    )
    async def one(
        self,
        request: Request[Any, Any, Any],
        team_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handler: FromDishka[ReadTeamHandler],
    ) -> Response[TeamAnswer | None]:
        return _answered(request, await handler.handle(actor, ReadTeam(TeamId(team_id))))

    @patch(
        "/{team_id:uuid}",
        need=Need.ADMIN,
        admin_route=True,
        summary="Change a team, or make it the default one",
        problems=("not_found", "team_name_taken", "team_in_use", "version_conflict"),
        example={"is_default": True},
    )
    async def change(
        self,
        request: Request[Any, Any, Any],
        team_id: FromPath[UUID],
        data: TeamChangeBody,
        actor: FromDishka[Actor],
        handler: FromDishka[ChangeTeamHandler],
    ) -> Response[TeamAnswer | None]:
        command = ChangeTeam(
            team_id=TeamId(team_id), changes=data.changes(), expected_version=expected_version(request)
        )
        return await answer_once(actor, handler, command, lambda view: _answered(request, view))

    @delete(
        "/{team_id:uuid}",
        need=Need.ADMIN,
        admin_route=True,
        summary="Delete a team that nothing ever named",
        problems=("not_found", "team_in_use", "version_conflict"),
    )
    async def remove(
        self,
        request: Request[Any, Any, Any],
        team_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handler: FromDishka[DeleteTeamHandler],
    ) -> None:
        command = DeleteTeam(team_id=TeamId(team_id), expected_version=expected_version(request))
        await handler.handle(actor, command)

    @put(
        "/{team_id:uuid}/working-hours",
        need=Need.ADMIN,
        admin_route=True,
        summary="Set a team's whole week, or let it inherit",
        problems=("not_found", "version_conflict"),
        example=HOURS_EXAMPLE,
    )
    async def set_hours(
        self,
        request: Request[Any, Any, Any],
        team_id: FromPath[UUID],
        data: HoursBody,
        actor: FromDishka[Actor],
        handler: FromDishka[SetWorkingHoursHandler],
    ) -> Response[HoursAnswer | None]:
        command = SetWorkingHours(
            team_id=TeamId(team_id),
            week=None if data.hours is None else week_of(data.hours, "hours"),
            expected_version=expected_version(request),
        )
        return await answer_once(
            actor, handler, command, lambda hours: tagged(request, hours_answer(hours), hours.team.version)
        )


class WorkingHoursController(Controller):
    path = "/v1/admin/working-hours"

    @get(need=Need.VIEW, admin_route=True, summary="When teams work", problems=("not_found",))
    async def all_teams(
        self,
        actor: FromDishka[Actor],
        handler: FromDishka[ReadWorkingHoursHandler],
        team_id: FromQuery[UUID | None] = None,
    ) -> Page[HoursAnswer]:
        wanted = None if team_id is None else TeamId(team_id)
        found = await handler.handle(actor, ReadWorkingHours(wanted))
        return Page([hours_answer(hours) for hours in found])


def _answered(
    request: Request[Any, Any, Any],
    view: TeamView,
    *,
    status_code: int = 200,
    headers: dict[str, str] | None = None,
) -> Response[TeamAnswer | None]:
    answer = team_answer(view)
    return tagged(request, answer, view.team.version, status_code=status_code, headers=headers)
