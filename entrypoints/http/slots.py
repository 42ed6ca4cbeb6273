"""Free times, for the public and for the office."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from dishka import FromDishka
from litestar import Controller
from litestar.params import FromQuery, QueryParameter

from application.scheduling.find_slots import FindSlots, FindSlotsHandler, Slot, SlotsView
from domain.identity.actor import Actor, Need
from domain.scheduling.offers import Audience
from domain.shared.ids import TeamId, WorkerId
from entrypoints.http.routes import get

Minutes = Annotated[int, msgspec.Meta(ge=15, le=1440)]
Workers = Annotated[tuple[UUID, ...], msgspec.Meta(max_length=20)]
FirstDay = Annotated[date | None, QueryParameter(name="from", description="A local day; default: today.")]
LastDay = Annotated[date | None, QueryParameter(description="Included; default: from + 6 days.")]


class SlotAnswer(msgspec.Struct, kw_only=True):
    starts_at: datetime
    ends_at: datetime


class SlotTeam(msgspec.Struct, kw_only=True):
    team_id: UUID
    team_name: str


class StaffSlotAnswer(SlotAnswer, kw_only=True):
    teams: list[SlotTeam]


class SlotDayAnswer[S](msgspec.Struct, kw_only=True):
    date: date
    slots: list[S]


class SlotsAnswer[S](msgspec.Struct, kw_only=True):
    timezone: str
    duration_minutes: int
    days: list[SlotDayAnswer[S]]
    next_available: datetime | None
    closed: bool


class PublicSlotsController(Controller):
    path = "/v1/public/{org_slug:str}/slots"

    @get(need=Need.PUBLIC, summary="Starts that can be booked", problems=("invalid_window", "not_found"))
    async def find(
        self,
        actor: FromDishka[Actor],
        handler: FromDishka[FindSlotsHandler],
        duration_minutes: FromQuery[Minutes],
        from_: FirstDay = None,
        to: LastDay = None,
    ) -> SlotsAnswer[SlotAnswer]:
        command = FindSlots(audience=Audience.PUBLIC, duration_minutes=duration_minutes, first=from_, last=to)
        view = await handler.handle(actor, command)
        days = [
            SlotDayAnswer(
                date=day.date, slots=[SlotAnswer(starts_at=s.starts_at, ends_at=s.ends_at) for s in day.slots]
            )
            for day in view.days
        ]
        return _answer(view, days)


class SlotsController(Controller):
    path = "/v1/admin/slots"

    @get(
        need=Need.DISPATCH,
        admin_route=True,
        summary="Free starts, with the teams that could take them",
        problems=("invalid_window", "not_found"),
    )
    async def find(
        self,
        actor: FromDishka[Actor],
        handler: FromDishka[FindSlotsHandler],
        duration_minutes: FromQuery[Minutes],
        from_: FirstDay = None,
        to: LastDay = None,
        team_id: FromQuery[UUID | None] = None,
        worker_id: FromQuery[Workers] = (),
    ) -> SlotsAnswer[StaffSlotAnswer]:
        command = FindSlots(
            audience=Audience.STAFF,
            duration_minutes=duration_minutes,
            first=from_,
            last=to,
            team_id=None if team_id is None else TeamId(team_id),
            worker_ids=tuple(WorkerId(worker) for worker in worker_id),
        )
        view = await handler.handle(actor, command)
        days = [
            SlotDayAnswer(date=day.date, slots=[_staff_slot(slot) for slot in day.slots]) for day in view.days
        ]
        return _answer(view, days)


def _answer[S](view: SlotsView, days: list[SlotDayAnswer[S]]) -> SlotsAnswer[S]:
    return SlotsAnswer(
        timezone=view.timezone,
        duration_minutes=view.duration_minutes,
        days=days,
        next_available=view.next_available,
        closed=view.closed,
    )


def _staff_slot(slot: Slot) -> StaffSlotAnswer:
    return StaffSlotAnswer(
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        teams=[SlotTeam(team_id=team.id, team_name=team.name) for team in slot.teams],
    )
