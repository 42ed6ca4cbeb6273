"""Staff make a booking, for a request or without one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from application.booking.crowd import Crowd
from application.booking.draft import (
    Draft,
    chosen_add_ons,
    estimated_add_ons,
    is_heavy,
    new_booking,
    policy_for,
)
from application.booking.expiring import let_go
from application.booking.recording import record_new
from application.booking.refused_time import RefusedTimes, refusals_about
from application.booking.rules import InstallationRules
from application.booking.shown_booking import ShownBooking, shown
from application.booking.taking_time import look_for_teams, take
from application.booking.wanted_visit import WantedVisit, require_start_in_range
from application.ports.clock import Clock
from application.ports.entitlements import Entitlements
from application.ports.identifiers import Identifiers
from application.ports.unit_of_work import Unit, UnitOfWork
from application.retrying import retrying
from domain.booking.booking import Booking, BookingSource
from domain.booking.deposit import DepositStatus
from domain.booking.refusals import SlotTaken
from domain.booking.visit import LONGEST_MINUTES, SHORTEST_MINUTES, Details, TimeSlot
from domain.identity.actor import Actor, Need
from domain.leads.lead import Lead
from domain.pricing.offered import NamedCode, Offered, unknown_codes
from domain.pricing.price_book import PriceBook
from domain.scheduling.offers import Audience
from domain.shared.errors import Invalid, PaymentRequired
from domain.shared.ids import BookingId, LeadId, TeamId, WorkerId


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateBooking:
    """`add_ons` by code; None takes those of the estimate. `by_policy`: ask for a deposit."""

    starts_at: datetime
    lead_id: LeadId | None = None
    duration_minutes: int | None = None
    team_id: TeamId | None = None
    worker_ids: tuple[WorkerId, ...] = ()
    service_type: str | None = None
    add_ons: Mapping[str, int] | None = None
    address: str | None = None
    notes: str | None = None
    confirm: bool = True
    by_policy: bool = False


@dataclass(frozen=True, slots=True)
class CreateBookingHandler:
    uow: UnitOfWork
    clock: Clock
    ids: Identifiers
    entitlements: Entitlements
    rules: InstallationRules
    refused: RefusedTimes
    crowd: Crowd

    async def handle(self, actor: Actor, command: CreateBooking) -> ShownBooking:
        actor.require(Need.DISPATCH)
        async with self.refused.explaining(actor.org_id, Audience.STAFF), self.crowd.turn():
            return await self._create(actor, command)

    @retrying
    async def _create(self, actor: Actor, command: CreateBooking) -> ShownBooking:
        now = self.clock.now()
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            lead = await unit.leads.get(command.lead_id) if command.lead_id else None
            draft = await _draft(unit, lead, command)
            require_start_in_range(command.starts_at, now)
            if not await self.entitlements.allows(actor.org_id, "booking_created"):
                raise PaymentRequired(
                    "Your plan allows no more bookings this month.", members={"metric": "bookings"}
                )
            wanted = WantedVisit(
                starts_at=command.starts_at,
                minutes=_minutes(command, draft),
                team_id=command.team_id,
                worker_ids=draft.crew,
            )
            with refusals_about(wanted):
                booking = await self._take_a_team(unit, actor, command, draft, wanted, now)
            answer = await shown(unit, booking)
            await unit.seal(answer)
            return answer

    async def _take_a_team(
        self,
        unit: Unit,
        actor: Actor,
        command: CreateBooking,
        draft: Draft,
        wanted: WantedVisit,
        now: datetime,
    ) -> Booking:
        candidates = await look_for_teams(unit, wanted, now)
        await unit.calendar.share()
        for team_id in candidates.team_ids:
            try:
                async with unit.savepoint():
                    taken = await take(unit, candidates.facts, wanted, team_id, now)
                    await let_go(unit, actor, taken.overdue, now)
                    booking = await self._decided(unit, command, draft, taken.slot, now)
                    await record_new(unit, actor, booking, now)
                    return booking
            except SlotTaken:
                continue
        raise SlotTaken

    async def _decided(
        self, unit: Unit, command: CreateBooking, draft: Draft, slot: TimeSlot, now: datetime
    ) -> Booking:
        """Staff's word confirms, unless a deposit is to come first. Nothing of staff's expires by age."""
        policy = await policy_for(unit, draft, slot.starts_at, self.rules, now)
        booking = new_booking(BookingId(self.ids.new()), draft, slot, policy, now)
        waits = booking.deposit.status is DepositStatus.DUE
        return booking.confirmed_from_birth() if command.confirm and not waits else booking


async def _draft(unit: Unit, lead: Lead | None, command: CreateBooking) -> Draft:
    estimate = lead.estimate if lead else None
    service_type = command.service_type or (estimate.home.service_type if estimate else None)
    book = await unit.price_books.active()
    await _require_offered(unit, book, command)
    estimated = estimate is not None and service_type == estimate.home.service_type
    return Draft(
        source=BookingSource.OFFICE,
        lead=lead,
        estimate=estimate,
        details=Details(
            service_type=service_type,
            address=command.address or (lead.address if lead else None),
            access_notes=lead.access_notes if lead else None,
            notes=command.notes or (lead.notes if lead else None),
        ),
        heavy=estimate.heavy if estimate and estimated else is_heavy(book, service_type),
        add_ons=(
            await estimated_add_ons(unit, estimate)
            if command.add_ons is None
            else await chosen_add_ons(unit, command.add_ons)
        ),
        crew=tuple(sorted(set(command.worker_ids))),
        deposit_waived=not command.by_policy,
    )


async def _require_offered(unit: Unit, book: PriceBook, command: CreateBooking) -> None:
    """Raises Invalid at the pointer of each code that is not on offer."""
    named = [NamedCode(Offered.ADD_ON, code, f"add_ons/{code}") for code in command.add_ons or ()]
    if command.service_type:
        named.insert(0, NamedCode(Offered.SERVICE, command.service_type, "service_type"))
    if named and (faults := unknown_codes(book.terms, await unit.add_ons.list_active(), named)):
        raise Invalid("This visit names what is not on offer.", errors=faults)


def _minutes(command: CreateBooking, draft: Draft) -> int:
    if command.duration_minutes is not None:
        return command.duration_minutes
    if draft.estimate is None:
        raise Invalid.field("duration_minutes", "is required for a visit without an estimate")
    minutes = draft.estimate.duration_minutes
    if not SHORTEST_MINUTES <= minutes <= LONGEST_MINUTES:
        raise Invalid.field("duration_minutes", "is required: the estimate's length cannot be booked")
    return minutes
