"""The dispatcher's board, and its two questions: who could, and what is in the way."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import msgspec
from dishka import FromDishka
from litestar import Controller
from litestar.params import FromQuery

from application.scheduling.check_conflicts import CheckConflicts, CheckConflictsHandler
from application.scheduling.show_schedule import ShowSchedule, ShowScheduleHandler
from application.scheduling.suggest import Suggest, SuggestHandler
from domain.identity.actor import Actor, Need
from domain.shared.ids import BookingId, TeamId, WorkerId
from entrypoints.http.routes import get
from entrypoints.http.schedule_bodies import (
    BoardAnswer,
    ConflictsAnswer,
    SuggestionsAnswer,
    board_answer,
    conflicts_answer,
    suggestions_answer,
)
from entrypoints.http.slots import Minutes, Workers
from entrypoints.http.workers import Tags

MostSuggested = Annotated[int, msgspec.Meta(ge=1, le=500)]


class BoardView(StrEnum):
    DAY = "day"
    WEEK = "week"


class ScheduleController(Controller):
    path = "/v1/admin/schedule"

    @get(
        need=Need.DISPATCH,
        admin_route=True,
        summary="The board of a day, or of its week",
        problems=("not_found",),
    )
    async def board(
        self,
        actor: FromDishka[Actor],
        handler: FromDishka[ShowScheduleHandler],
        day: FromQuery[date | None] = None,
        view: FromQuery[BoardView] = BoardView.DAY,
        team_id: FromQuery[UUID | None] = None,
        slots_for_minutes: FromQuery[Minutes | None] = None,
    ) -> BoardAnswer:
        command = ShowSchedule(
            day=day,
            week=view is BoardView.WEEK,
            team_id=None if team_id is None else TeamId(team_id),
            slots_for_minutes=slots_for_minutes,
        )
        return board_answer(await handler.handle(actor, command), week=command.week)

    @get(
        "/suggestions",
        need=Need.DISPATCH,
        admin_route=True,
        summary="Who could work in a window, best first",
        problems=("invalid_window", "not_found"),
    )
    async def suggestions(
        self,
        actor: FromDishka[Actor],
        handler: FromDishka[SuggestHandler],
        starts_at: FromQuery[datetime],
        ends_at: FromQuery[datetime],
        skill_tags: FromQuery[Tags] = (),
        booking_id: FromQuery[UUID | None] = None,
        limit: FromQuery[MostSuggested] = 200,
    ) -> SuggestionsAnswer:
        command = Suggest(
            starts_at=starts_at,
            ends_at=ends_at,
            skill_tags=skill_tags,
            ignoring=None if booking_id is None else BookingId(booking_id),
            limit=limit,
        )
        return suggestions_answer(await handler.handle(actor, command))

    @get(
        "/conflicts",
        need=Need.DISPATCH,
        admin_route=True,
        summary="What is in the way of working in a window, and what is free instead",
        problems=("invalid_window", "cross_org"),
    )
    async def conflicts(
        self,
        actor: FromDishka[Actor],
        handler: FromDishka[CheckConflictsHandler],
        starts_at: FromQuery[datetime],
        ends_at: FromQuery[datetime],
        team_id: FromQuery[UUID | None] = None,
        worker_id: FromQuery[Workers] = (),
        booking_id: FromQuery[UUID | None] = None,
    ) -> ConflictsAnswer:
        command = CheckConflicts(
            starts_at=starts_at,
            ends_at=ends_at,
            team_id=None if team_id is None else TeamId(team_id),
            worker_ids=tuple(WorkerId(worker) for worker in worker_id),
            booking_id=None if booking_id is None else BookingId(booking_id),
        )
        return conflicts_answer(await handler.handle(actor, command))
