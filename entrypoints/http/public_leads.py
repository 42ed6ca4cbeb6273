"""A stranger asks for work."""

from dishka import FromDishka
from litestar import Controller

from application.leads.request_lead import RequestedLead, RequestLead, RequestLeadHandler
from domain.identity.actor import Actor, Need
from entrypoints.http.home_body import estimate_answer
from entrypoints.http.lead_bodies import LEAD_EXAMPLE, PublicLeadBody, RequestedLeadAnswer
from entrypoints.http.routes import post


def requested_lead_answer(requested: RequestedLead) -> RequestedLeadAnswer:
    lead = requested.lead
    return RequestedLeadAnswer(
        lead_id=lead.id,
        lead_token=requested.token,
        lead_token_expires_at=lead.token_expires_at,
        status=lead.status,
        referral_code=lead.referral_code,
        estimate=estimate_answer(lead.estimate) if lead.estimate else None,
        next_step_text=requested.next_step_text,
    )


class PublicLeadsController(Controller):
    path = "/v1/public/{org_slug:str}/leads"

    @post(
        need=Need.PUBLIC,
        summary="Leave a request, priced on the spot, with a token to book by",
        problems=(
            "not_found",
            "captcha_failed",
            "estimate_changed",
            "referral_code_unknown",
            "upstream_unavailable",
        ),
        example=LEAD_EXAMPLE,
    )
    async def request_lead(
        self,
        data: PublicLeadBody,
        actor: FromDishka[Actor],
        handler: FromDishka[RequestLeadHandler],
    ) -> RequestedLeadAnswer:
        command = RequestLead(
            details=data.details(),
            home=data.home.as_home(),
            referral_code=data.referral_code,
            expected_total_cents=data.expected_total_cents,
            captcha_token=data.captcha_token,
        )
        return requested_lead_answer(await handler.handle(actor, command))
