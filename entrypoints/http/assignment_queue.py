"""The dispatcher's queue of visits that nobody is assigned to."""

from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from dishka import FromDishka
from litestar import Controller
from litestar.params import FromQuery, QueryParameter

from application.booking.list_waiting import ListWaiting, ListWaitingHandler, Waiting, WaitingQueue
from domain.booking.booking import BookingStatus
from domain.identity.actor import Actor, Need
from entrypoints.http.dead_letters import QueueLimit
from entrypoints.http.lead_bodies import ActionAnswer
from entrypoints.http.paging import Offset
from entrypoints.http.routes import get
from entrypoints.http.schedule_bodies import CrewAnswer

Days = Annotated[
    int,
    msgspec.Meta(ge=1, le=30),
    QueryParameter(description="Visits that start within so many times 24 hours."),
]
HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)


class WaitingAnswer(msgspec.Struct, kw_only=True):
    """Hours and days are elapsed ones, to a hundredth; negative once the visit has begun."""

    booking_id: UUID
    lead_name: str | None
    lead_phone: str | None
    lead_email: str | None
    starts_at: datetime
    ends_at: datetime
    duration_minutes: int
    status: BookingStatus
    service_type: str | None
    team_id: UUID
    team_name: str
    crew_needed: int
    created_at: datetime
    hours_until_start: float
    days_until_start: float
    urgency: Literal["urgent", "normal"]
    suggested_workers: list[CrewAnswer]
    actions: list[ActionAnswer]


class WaitingQueueAnswer(msgspec.Struct, kw_only=True):
    items: list[WaitingAnswer]
    total: int
    limit: int
    offset: int
    urgent_count: int


class AssignmentQueueController(Controller):
    path = "/v1/admin/queue/assignments"

    @get(need=Need.DISPATCH, admin_route=True, summary="Visits that nobody is assigned to, by start")
    async def waiting(
        self,
        actor: FromDishka[Actor],
        handler: FromDishka[ListWaitingHandler],
        days_ahead: FromQuery[Days] = 7,
        limit: FromQuery[QueueLimit] = 50,
        offset: FromQuery[Offset] = 0,
    ) -> WaitingQueueAnswer:
        query = ListWaiting(days_ahead=days_ahead, limit=limit, offset=offset)
        queue = await handler.handle(actor, query)
        return WaitingQueueAnswer(
            items=[_answer(item, queue) for item in queue.items],
            total=queue.total,
            limit=limit,
            offset=offset,
            urgent_count=queue.urgent,
        )


def _answer(item: Waiting, queue: WaitingQueue) -> WaitingAnswer:
    visit = item.visit
    ahead = visit.starts_at - queue.now
    href = f"/v1/admin/bookings/{visit.booking_id}"
    return WaitingAnswer(
        booking_id=visit.booking_id,
        lead_name=visit.lead_name,
        lead_phone=visit.lead_phone,
        lead_email=visit.lead_email,
        starts_at=visit.starts_at,
        ends_at=visit.ends_at,
        duration_minutes=(visit.ends_at - visit.starts_at) // MINUTE,
        status=BookingStatus(visit.status),
        service_type=visit.service_type,
        team_id=visit.team_id,
        team_name=visit.team_name,
        crew_needed=visit.crew_needed,
        created_at=visit.created_at,
        hours_until_start=round(ahead / HOUR, 2),
        days_until_start=round(ahead / DAY, 2),
        urgency="urgent" if item.is_urgent else "normal",
        suggested_workers=[CrewAnswer(worker_id=worker.id, name=worker.name) for worker in item.suggested],
        actions=[ActionAnswer("assign", "POST", f"{href}/assign"), ActionAnswer("open", "GET", href)],
    )
