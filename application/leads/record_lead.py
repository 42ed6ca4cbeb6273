from dataclasses import dataclass

from application.leads.making import (
    estimate_if_home,
    known_referral_code,
    store_new,
    unused_referral_code,
)
from application.leads.policy import LeadPolicy
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from application.ports.unit_of_work import UnitOfWork
from application.retrying import retrying
from domain.identity.actor import Actor, Need
from domain.leads.lead import Lead, LeadDetails, LeadSource
from domain.shared.estimate import Home
from domain.shared.ids import LeadId


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordLead:
    """The office takes a request down, by phone or at the door."""

    details: LeadDetails
    home: Home | None = None
    referral_code: str | None = None
    expected_total_cents: int | None = None


@dataclass(frozen=True, slots=True)
class RecordLeadHandler:
    uow: UnitOfWork
    clock: Clock
    ids: Identifiers
    policy: LeadPolicy

    @retrying
    async def handle(self, actor: Actor, command: RecordLead) -> Lead:
        actor.require(Need.DISPATCH)
        now = self.clock.now()
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            lead = Lead(
                id=LeadId(self.ids.new()),
                details=command.details,
                source=LeadSource.OFFICE,
                estimate=await estimate_if_home(unit, command.home, command.expected_total_cents),
                referred_by_code=await known_referral_code(unit, command.referral_code),
                referral_code=await unused_referral_code(unit, self.ids),
                created_at=now,
                updated_at=now,
            )
            await store_new(unit, actor, lead, self.ids, self.policy.exports)
            await unit.seal(lead)
        return lead
