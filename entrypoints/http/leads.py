"""The office's leads."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from dishka import FromDishka
from litestar import Controller, Request, Response
from litestar.params import FromPath, FromQuery

from application.leads.change_lead import ChangeLead, ChangeLeadHandler
from application.leads.estimate_lead import EstimateLead, EstimateLeadHandler
from application.leads.list_leads import ListLeads, ListLeadsHandler
from application.leads.move_lead import MoveLead, MoveLeadHandler
from application.leads.read_lead import LeadView, ReadLead, ReadLeadHandler
from application.leads.record_lead import RecordLead, RecordLeadHandler
from application.ports.leads import LeadPosition
from domain.identity.actor import Actor, Need
from domain.leads.lead import Lead
from domain.leads.lead_status import LeadStatus
from domain.shared.ids import LeadId
from entrypoints.http.conditional import expected_version, tagged
from entrypoints.http.lead_bodies import (
    LEAD_EXAMPLE,
    LeadAnswer,
    LeadChangeBody,
    LeadStatusBody,
    OfficeLeadBody,
    lead_answer,
)
from entrypoints.http.once import answer_once
from entrypoints.http.paging import CursorText, Limit, Page
from entrypoints.http.places import read_instant_place, write_instant_place
from entrypoints.http.routes import get, patch, post

Searched = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class LeadsController(Controller):
    path = "/v1/admin/leads"

    @get(need=Need.VIEW, admin_route=True, summary="Leads, newest first")
    async def list_them(
        self,
        actor: FromDishka[Actor],
        handler: FromDishka[ListLeadsHandler],
        status: FromQuery[list[LeadStatus] | None] = None,
        q: FromQuery[Searched | None] = None,
        created_from: FromQuery[date | None] = None,
        created_to: FromQuery[date | None] = None,
        limit: FromQuery[Limit] = 50,
        cursor: FromQuery[CursorText | None] = None,
    ) -> Page[LeadAnswer]:
        page = await handler.handle(
            actor,
            ListLeads(
                statuses=frozenset(status or ()),
                q=q,
                created_from=created_from,
                created_to=created_to,
                after=_position(cursor),
                limit=limit,
            ),
        )
        return Page([lead_answer(view, actor) for view in page.views], _cursor(page.next))

    @post(
        need=Need.DISPATCH,
        admin_route=True,
        summary="Take a request down in the office",
        problems=("referral_code_unknown", "estimate_changed"),
        example=LEAD_EXAMPLE,
    )
    async def record(
        self,
        request: Request[Any, Any, Any],
        data: OfficeLeadBody,
        actor: FromDishka[Actor],
        handler: FromDishka[RecordLeadHandler],
    ) -> Response[LeadAnswer | None]:
        command = RecordLead(
            details=data.details(),
            home=data.home.as_home() if data.home else None,
            referral_code=data.referral_code,
            expected_total_cents=data.expected_total_cents,
        )

        def respond(lead: Lead) -> Response[LeadAnswer | None]:
            headers = {"location": f"/v1/admin/leads/{lead.id}"}
            answer = lead_answer(LeadView(lead), actor)
            return tagged(request, answer, lead.version, status_code=201, headers=headers)

        return await answer_once(actor, handler, command, respond)

    @get(
        "/{lead_id:uuid}",
        need=Need.VIEW,
        admin_route=True,
        summary="One lead",
        problems=("not_found",),
        answers=(304,),
    )
    async def one(
        self,
        request: Request[Any, Any, Any],
        lead_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handler: FromDishka[ReadLeadHandler],
    ) -> Response[LeadAnswer | None]:
        return _answered(request, await handler.handle(actor, ReadLead(LeadId(lead_id))), actor)

    @patch(
        "/{lead_id:uuid}",
        need=Need.DISPATCH,
        admin_route=True,
        summary="Change what a lead says; a new home makes a new estimate",
        problems=("not_found", "version_conflict"),
        example={"notes": "Prefers mornings", "home": {"beds": 2, "baths": 1.5}},
    )
    async def change(
        self,
        request: Request[Any, Any, Any],
        lead_id: FromPath[UUID],
        data: LeadChangeBody,
        actor: FromDishka[Actor],
        handler: FromDishka[ChangeLeadHandler],
    ) -> Response[LeadAnswer | None]:
        command = ChangeLead(
            lead_id=LeadId(lead_id),
            details=data.given_details(),
            home=data.home.as_home() if data.home else None,
            no_home=data.home is None,
            expected_version=expected_version(request),
        )
        return await answer_once(actor, handler, command, lambda done: _answered(request, done, actor))

    @post(
        "/{lead_id:uuid}/estimate",
        need=Need.DISPATCH,
        admin_route=True,
        summary="Estimate a lead anew by today's price book",
        problems=("not_found", "version_conflict"),
        status_code=200,
    )
    async def estimate(
        self,
        request: Request[Any, Any, Any],
        lead_id: FromPath[UUID],
        actor: FromDishka[Actor],
        handler: FromDishka[EstimateLeadHandler],
    ) -> Response[LeadAnswer | None]:
        command = EstimateLead(LeadId(lead_id), expected_version(request))
        return await answer_once(actor, handler, command, lambda done: _answered(request, done, actor))

    @post(
        "/{lead_id:uuid}/status",
        need=Need.DISPATCH,
        admin_route=True,
        summary="Move a lead by hand",
        problems=("not_found", "lead_move_refused", "version_conflict"),
        status_code=200,
        example={"status": "CONTACTED"},
    )
    async def move(
        self,
        request: Request[Any, Any, Any],
        lead_id: FromPath[UUID],
        data: LeadStatusBody,
        actor: FromDishka[Actor],
        handler: FromDishka[MoveLeadHandler],
    ) -> Response[LeadAnswer | None]:
        command = MoveLead(LeadId(lead_id), data.status, expected_version(request))
        return await answer_once(actor, handler, command, lambda done: _answered(request, done, actor))


def _answered(request: Request[Any, Any, Any], view: LeadView, reader: Actor) -> Response[LeadAnswer | None]:
    return tagged(request, lead_answer(view, reader), view.lead.version)


def _position(cursor: str | None) -> LeadPosition | None:
    place = read_instant_place(cursor, of="leads")
    return None if place is None else LeadPosition(place[0], LeadId(place[1]))


def _cursor(position: LeadPosition | None) -> str | None:
    place = None if position is None else (position.created_at, position.lead_id)
    return write_instant_place(place, of="leads")
