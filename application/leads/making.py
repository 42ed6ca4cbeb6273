"""The steps of making a lead that the public's way and the office's share, inside their transaction."""

from application.leads.lead_sheet import lead_for_sheet
from application.leads.lead_values import lead_values
from application.ports.identifiers import Identifiers
from application.ports.outbox import Message
from application.ports.unit_of_work import Unit
from application.pricing.prices import estimate_today
from domain.delivery.export_event import ExportMode
from domain.identity.actor import Actor
from domain.leads.errors import EstimateChanged, ReferralCodeUnknown
from domain.leads.lead import Lead
from domain.leads.referral import RANDOM_BYTES, as_typed, referral_code
from domain.shared.errors import Invalid, NotFound, Unavailable
from domain.shared.estimate import Estimate, Home
from domain.shared.ids import EventId
from domain.tenancy.org import Org

CODE_TRIES = 8


async def estimate_as_expected(unit: Unit, home: Home, expected_total_cents: int | None) -> Estimate:
    """Today's estimate. Raises EstimateChanged if the caller was shown another total."""
    estimate = await estimate_today(unit, home, pointer="home")
    if expected_total_cents is not None and expected_total_cents != estimate.total_before_tax_cents:
        raise EstimateChanged(estimate)
    return estimate


async def estimate_if_home(
    unit: Unit, home: Home | None, expected_total_cents: int | None
) -> Estimate | None:
    if home is not None:
        return await estimate_as_expected(unit, home, expected_total_cents)
    if expected_total_cents is not None:
        raise Invalid.field("expected_total_cents", "needs a home to be the price of")
    return None


async def known_referral_code(unit: Unit, code: str | None) -> str | None:
    """As it is stored. Raises ReferralCodeUnknown for one that is no lead's of this organisation."""
    if code is None:
        return None
    referrer = await unit.leads.find_by_referral_code(as_typed(code))
    if referrer is None:
        raise ReferralCodeUnknown
    return referrer.referral_code


async def unused_referral_code(unit: Unit, ids: Identifiers) -> str:
    for _ in range(CODE_TRIES):
        code = referral_code(ids.secret(RANDOM_BYTES))
        if await unit.leads.find_by_referral_code(code) is None:
            return code
    raise Unavailable("No free referral code was found. Try again.", retry_after_seconds=1)


async def store_new(
    unit: Unit, actor: Actor, lead: Lead, ids: Identifiers, exports: ExportMode | None
) -> None:
    """The lead, its audit row and the messages that every new lead causes."""
    await unit.leads.save(lead)
    await unit.audit.record(actor, "lead_create", "lead", lead.id, after=audited(lead))
    if lead.email is not None:
        await unit.outbox.add(_request_received(lead), request_id=actor.request_id)
    if exports is not None:
        org = await unit.directory.by_id(unit.org_id)
        if org is None:
            raise NotFound("org_id")
        if exports is ExportMode.SHEETS:
            await unit.exports.store(lead_for_sheet(org, lead, EventId(ids.new())))
        else:
            await unit.outbox.add(_export(org, lead), request_id=actor.request_id)


def audited(lead: Lead) -> dict[str, object]:
    """What the audit log may keep: nothing personal."""
    return {
        "status": lead.status.value,
        "source": lead.source.value,
        "total_before_tax_cents": lead.estimate.total_before_tax_cents if lead.estimate else None,
        "price_book_version": lead.estimate.price_book_version if lead.estimate else None,
    }


def told_price(lead: Lead) -> dict[str, object]:
    """What a mail about the lead says of its estimate."""
    estimate = lead.estimate
    if estimate is None:
        return {}
    return {
        "service_type": estimate.home.service_type,
        "frequency": estimate.home.frequency,
        "total_before_tax_cents": estimate.total_before_tax_cents,
        "currency": estimate.currency,
        "duration_minutes": estimate.duration_minutes,
    }


def told_request(lead: Lead) -> dict[str, object]:
    """All that a mail to the client says of the request."""
    return {"lead_id": str(lead.id), "lead_name": lead.name, **told_price(lead)}


def _request_received(lead: Lead) -> Message:
    return Message(
        kind="email",
        event_type="request_received",
        dedupe_key=f"lead:{lead.id}:request_received",
        resource_type="lead",
        resource_id=lead.id,
        payload={"to": lead.email, **told_request(lead)},
    )


def _export(org: Org, lead: Lead) -> Message:
    values = lead_values(lead, ())
    return Message(
        kind="export",
        event_type="lead.created",
        dedupe_key=f"lead:{lead.id}:export",
        resource_type="lead",
        resource_id=lead.id,
        payload={
            "type": "lead.created",
            "timestamp": values["created_at"],
            "org_id": str(org.id),
            "org_slug": org.slug,
            "data": values,
        },
    )
