from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from application.leads.making import (
    estimate_as_expected,
    known_referral_code,
    store_new,
    told_price,
    unused_referral_code,
)
from application.leads.policy import LeadPolicy
from application.ports.clock import Clock
from application.ports.human_check import HumanCheck
from application.ports.identifiers import Identifiers
from application.ports.outbox import Message
from application.ports.unit_of_work import Unit, UnitOfWork
from application.retrying import retrying
from domain.identity.actor import Actor, Need
from domain.leads.errors import TooManyLeads
from domain.leads.lead import Lead, LeadDetails, LeadSource
from domain.leads.lead_token import SIZE_BYTES, lead_token, token_digest
from domain.shared.estimate import Home
from domain.shared.ids import LeadId

HOUR = timedelta(hours=1)
BOOK_NEXT = "Choose a time that suits you to complete your booking."
CALL_NEXT = "We have your request and will contact you to agree on a price and a time."


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestLead:
    """A stranger asks for work."""

    details: LeadDetails
    home: Home
    referral_code: str | None = None
    expected_total_cents: int | None = None
    captcha_token: str | None = None


@dataclass(frozen=True, slots=True)
class RequestedLead:
    lead: Lead
    token: str  # handed out this once; we keep its digest
    next_step_text: str


@dataclass(frozen=True, slots=True)
class RequestLeadHandler:
    uow: UnitOfWork
    clock: Clock
    ids: Identifiers
    human_check: HumanCheck
    policy: LeadPolicy

    async def handle(self, actor: Actor, command: RequestLead) -> RequestedLead:
        actor.require(Need.PUBLIC)
        await self.human_check.check(command.captcha_token, actor.ip)
        return await self._requested(actor, command)

    @retrying
    async def _requested(self, actor: Actor, command: RequestLead) -> RequestedLead:
        """Apart from the check, whose token is good once."""
        token = lead_token(self.ids.secret(SIZE_BYTES))
        async with self.uow.begin(actor.org_id) as unit:
            lead = await self._made(unit, actor, command, token)
            await store_new(unit, actor, lead, self.ids, self.policy.exports)
            settings = await unit.booking_settings.get()
            if settings.office_email is not None:
                await unit.outbox.add(_notice(lead, settings.office_email), request_id=actor.request_id)
        bookable = settings.online_booking and lead.estimate is not None and lead.estimate.bookable
        return RequestedLead(lead, token, BOOK_NEXT if bookable else CALL_NEXT)

    async def _made(self, unit: Unit, actor: Actor, command: RequestLead, token: str) -> Lead:
        address = actor.ip or "unknown"
        now = self.clock.now()
        await self._refuse_a_flood(unit, address, now)
        return Lead(
            id=LeadId(self.ids.new()),
            details=command.details,
            source=LeadSource.PUBLIC,
            estimate=await estimate_as_expected(unit, command.home, command.expected_total_cents),
            referred_by_code=await known_referral_code(unit, command.referral_code),
            referral_code=await unused_referral_code(unit, self.ids),
            token_sha256=token_digest(token),
            token_expires_at=now + self.policy.token_ttl,
            client_address=address,
            created_at=now,
            updated_at=now,
        )

    async def _refuse_a_flood(self, unit: Unit, address: str, now: datetime) -> None:
        earlier = await unit.leads.public_since(address, now - HOUR)
        if len(earlier) >= self.policy.public_leads_per_hour:
            free_at = earlier[-self.policy.public_leads_per_hour] + HOUR if earlier else now + HOUR
            raise TooManyLeads(max(1, ceil((free_at - now).total_seconds())))


def _notice(lead: Lead, office_email: str) -> Message:
    return Message(
        kind="email",
        event_type="lead_office_notice",
        dedupe_key=f"lead:{lead.id}:office_notice",
        resource_type="lead",
        resource_id=lead.id,
        payload={
            "to": office_email,
            "lead_id": str(lead.id),
            "lead_name": lead.name,
            "lead_phone": lead.phone,
            "lead_email": lead.email,
            "postal_code": lead.postal_code,
            **told_price(lead),
        },
    )
