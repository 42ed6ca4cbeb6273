"""What a confirmed booking does to its lead and to whoever sent it."""

from collections.abc import Iterable
from datetime import datetime

from application.ports.unit_of_work import Unit
from domain.leads.lead import Lead
from domain.shared.ids import LeadId


async def lead_was_booked(unit: Unit, lead_id: LeadId, now: datetime) -> Lead:
    """Called by every path that confirms a booking, in its transaction; calling it again changes nothing.

    The lead becomes BOOKED. Whoever referred it gets one credit, at most one ever, and none for sending
    themselves. Lock order: the lead, then its referrer.
    """
    lead = await unit.leads.lock(lead_id)
    booked = lead.booked(now)
    if lead.referred_by_code is not None and not lead.referral_settled:
        referrer = await unit.leads.find_by_referral_code(lead.referred_by_code)
        if referrer is not None and not referrer.same_person(lead):
            referrer = await unit.leads.lock(referrer.id)
            await unit.leads.save(referrer.credited(now))
        booked = booked.referral_weighed(now)
    if booked is not lead:
        await unit.leads.save(booked)
    return booked


async def leads_were_booked(unit: Unit, lead_ids: Iterable[LeadId | None], now: datetime) -> None:
    """As lead_was_booked, for each. Who sent somebody may be among them: the others are written first."""
    sent, plain = [], []
    for lead in await unit.leads.lock_many(sorted({lead_id for lead_id in lead_ids if lead_id is not None})):
        if lead.referred_by_code is not None and not lead.referral_settled:
            sent.append(lead.id)
        elif (booked := lead.booked(now)) is not lead:
            plain.append(booked)
    await unit.leads.save_many(plain)
    for lead_id in sent:
        await lead_was_booked(unit, lead_id, now)
