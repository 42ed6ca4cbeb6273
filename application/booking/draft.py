"""A booking in the making: all that is known of it before its time is certain."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from application.booking.rules import InstallationRules
from application.ports.bookings import KnownClient
from application.ports.unit_of_work import Unit
from domain.booking.booking import BookedDeposit, Booking, BookingSource, BookingStatus, hold_until
from domain.booking.circumstances import Circumstances
from domain.booking.deposit import DepositStatus
from domain.booking.policy_snapshot import PolicySnapshot, evaluate
from domain.booking.visit import BookedAddOn, Details, TimeSlot
from domain.leads.lead import Lead
from domain.pricing.price_book import PriceBook
from domain.scheduling.settings import BookingSettings
from domain.shared.errors import Invalid
from domain.shared.estimate import Estimate
from domain.shared.ids import BookingId, WorkerId

MOST_ADD_ONS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    source: BookingSource
    lead: Lead | None
    estimate: Estimate | None
    details: Details
    heavy: bool
    add_ons: tuple[BookedAddOn, ...]
    crew: tuple[WorkerId, ...] = ()
    deposit_waived: bool = False

    @property
    def total_cents(self) -> int | None:
        """The estimate's, with the extras that are really booked."""
        if self.estimate is None:
            return None
        labour = self.estimate.total_before_tax_cents - self.estimate.add_ons_cents
        return labour + sum(line.qty * line.unit_price_cents for line in self.add_ons)

    @property
    def crew_needed(self) -> int:
        return self.estimate.team_size if self.estimate else max(1, len(self.crew))


def known_client(lead: Lead | None) -> KnownClient:
    if lead is None:
        return KnownClient()
    return KnownClient(lead_id=lead.id, email_norm=lead.email_norm, phone_norm=lead.phone_norm)


async def policy_for(
    unit: Unit, draft: Draft, starts_at: datetime, rules: InstallationRules, now: datetime
) -> PolicySnapshot:
    """Risk, deposit and cancellation terms, decided now and kept for good."""
    settings, profile = await unit.booking_settings.get(), await unit.org.get()
    history = await unit.bookings.history_of(known_client(draft.lead))
    facts = Circumstances(
        evaluated_at=now,
        starts_at=starts_at,
        currency=draft.estimate.currency if draft.estimate else profile.currency,
        service_type=draft.details.service_type,
        heavy=draft.heavy,
        total_cents=draft.total_cents,
        postal_code=draft.lead.postal_code if draft.lead else None,
        first_time_client=not history.returning,
        client_cancellations=history.client_cancellations,
        deposit_waived=draft.deposit_waived,
    )
    return evaluate(facts, rules.policy(settings))


def new_booking(
    booking_id: BookingId, draft: Draft, slot: TimeSlot, policy: PolicySnapshot, now: datetime
) -> Booking:
    """Pending, without an end to its hold."""
    deposit = policy.deposit
    return Booking(
        id=booking_id,
        source=draft.source,
        lead_id=draft.lead.id if draft.lead else None,
        slot=slot,
        crew=draft.crew,
        crew_needed=draft.crew_needed,
        details=draft.details,
        estimate=draft.estimate,
        add_ons=draft.add_ons,
        currency=policy.currency,
        policy=policy,
        risk=policy.risk,
        deposit=BookedDeposit(
            required=deposit.required,
            cents=deposit.amount_cents if deposit.required else None,
            status=DepositStatus.DUE if deposit.required else DepositStatus.NONE,
            reasons=deposit.reasons,
        ),
        status=BookingStatus.PENDING,
        created_at=now,
        updated_at=now,
    )


def payment_deadline(booking: Booking, settings: BookingSettings, *, collectable: bool) -> datetime | None:
    """When an unpaid deposit lets go of the time; never where nobody could pay it."""
    if not (booking.deposit.required and collectable):
        return None
    return hold_until(booking.created_at, booking.slot.starts_at, settings.pending_ttl_minutes)


async def estimated_add_ons(unit: Unit, estimate: Estimate | None) -> tuple[BookedAddOn, ...]:
    """The extras of an estimate, as it priced them."""
    if estimate is None or not estimate.add_ons:
        return ()
    ids = {add_on.code: add_on.id for add_on in await unit.add_ons.list_after(None, MOST_ADD_ONS)}
    return tuple(
        BookedAddOn(
            add_on_id=ids[line.code],
            code=line.code,
            name=line.name,
            qty=line.qty,
            unit_price_cents=line.unit_price_cents,
            minutes=line.minutes,
        )
        for line in estimate.add_ons
    )


async def chosen_add_ons(unit: Unit, quantities: Mapping[str, int]) -> tuple[BookedAddOn, ...]:
    """By code, at today's prices; every one is on offer."""
    if not quantities:
        return ()
    known = {add_on.code: add_on for add_on in await unit.add_ons.list_active()}
    return tuple(
        BookedAddOn(
            add_on_id=known[code].id,
            code=code,
            name=known[code].name,
            qty=qty,
            unit_price_cents=known[code].price_cents,
            minutes=qty * known[code].minutes,
        )
        for code, qty in sorted(quantities.items())
    )


def require_service(book: PriceBook, service_type: str) -> None:
    if book.terms.service(service_type) is None:
        raise Invalid.field("service_type", "is not a service of the price book")


def is_heavy(book: PriceBook, service_type: str | None) -> bool:
    service = book.terms.service(service_type) if service_type else None
    return service is not None and service.heavy
