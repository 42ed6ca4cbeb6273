"""A visitor takes a time for their own request."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from application.booking.announcing import tell_office
from application.booking.crowd import Crowd
from application.booking.draft import (
    Draft,
    estimated_add_ons,
    known_client,
    new_booking,
    payment_deadline,
    policy_for,
)
from application.booking.expiring import let_go
from application.booking.recording import record_new
from application.booking.refused_time import RefusedTimes, refusals_about
from application.booking.rules import InstallationRules
from application.booking.shown_booking import ShownBooking, shown
from application.booking.wanted_visit import (
    WantedVisit,
    facts_about,
    lock_people,
    offered_teams,
    overdue_in_the_way,
)
from application.ports.clock import Clock
from application.ports.entitlements import Entitlements
from application.ports.identifiers import Identifiers
from application.ports.unit_of_work import Unit, UnitOfWork
from application.retrying import retrying
from domain.booking.booking import Booking, BookingSource
from domain.booking.policy_snapshot import PolicySnapshot
from domain.booking.refusals import (
    LeadAlreadyBooked,
    LeadTokenInvalid,
    NeedsQuote,
    OnlineBookingClosed,
    SlotTaken,
)
from domain.booking.risk import RiskBand
from domain.booking.visit import LONGEST_MINUTES, SHORTEST_MINUTES, Details, TimeSlot
from domain.identity.actor import Actor, Need
from domain.leads.lead import Lead
from domain.scheduling.calendar import CalendarFacts
from domain.scheduling.offers import Audience
from domain.scheduling.settings import BookingSettings
from domain.shared.errors import TooMany
from domain.shared.estimate import Estimate
from domain.shared.ids import BookingId, LeadId, TeamId

HOUR_SECONDS = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatePublicBooking:
    lead_id: LeadId
    lead_token: str
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class PublicBookingMade:
    """`is_new` is false where the very same booking was there already."""

    shown: ShownBooking
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """What was asked, once it is certain who asks and what for."""

    actor: Actor
    lead: Lead
    estimate: Estimate
    wanted: WantedVisit
    now: datetime


@dataclass(frozen=True, slots=True)
class CreatePublicBookingHandler:
    uow: UnitOfWork
    clock: Clock
    ids: Identifiers
    entitlements: Entitlements
    rules: InstallationRules
    refused: RefusedTimes
    crowd: Crowd

    async def handle(self, actor: Actor, command: CreatePublicBooking) -> PublicBookingMade:
        actor.require(Need.PUBLIC)
        async with self.refused.explaining(actor.org_id, Audience.PUBLIC), self.crowd.turn():
            return await self._create(actor, command)

    @retrying
    async def _create(self, actor: Actor, command: CreatePublicBooking) -> PublicBookingMade:
        now = self.clock.now()
        async with self.uow.begin(actor.org_id) as unit:
            lead = await unit.leads.get(command.lead_id)
            if not lead.token_matches(sha256(command.lead_token.encode()).digest(), now):
                raise LeadTokenInvalid("This link does not open this request, or no longer does.")
            if made := await _standing_booking(unit, lead.id, command.starts_at, now):
                return PublicBookingMade(await shown(unit, made), is_new=False)
            estimate = _quoted(lead)
            wanted = WantedVisit(starts_at=command.starts_at, minutes=estimate.duration_minutes)
            asked = _Request(actor=actor, lead=lead, estimate=estimate, wanted=wanted, now=now)
            with refusals_about(wanted):
                return await self._take_a_team(unit, asked)

    async def _take_a_team(self, unit: Unit, asked: _Request) -> PublicBookingMade:
        """The best free team; should another visitor be quicker, the next one."""
        facts = await facts_about(unit, asked.wanted, asked.now)
        await self._require_open(asked.actor, facts.settings)
        teams = offered_teams(facts, asked.wanted, asked.now)
        await unit.calendar.share()
        await self._require_few(unit, asked)
        for team_id in teams:
            try:
                async with unit.savepoint():
                    return await self._book(unit, asked, facts, team_id)
            except SlotTaken:
                continue
        raise SlotTaken

    async def _require_open(self, actor: Actor, settings: BookingSettings) -> None:
        allowed = await self.entitlements.allows(actor.org_id, "booking_created")
        if not (settings.online_booking and allowed):
            raise OnlineBookingClosed("Visits cannot be booked online at the moment.")

    async def _require_few(self, unit: Unit, asked: _Request) -> None:
        """One person cannot fill a calendar."""
        live = await unit.bookings.count_live_public(known_client(asked.lead), asked.now)
        if live >= self.rules.public_bookings_per_contact:
            raise TooMany(
                "This contact has as many open bookings as one may have.", retry_after_seconds=HOUR_SECONDS
            )

    async def _book(
        self, unit: Unit, asked: _Request, seen: CalendarFacts, team_id: TeamId
    ) -> PublicBookingMade:
        await lock_people(unit, seen, team_id, ())
        overdue = await overdue_in_the_way(unit, seen, asked.wanted, team_id, asked.now)
        lead = await _lock_leads(unit, asked.lead.id, overdue)
        if made := await _standing_booking(unit, lead.id, asked.wanted.starts_at, asked.now):
            return PublicBookingMade(await shown(unit, made), is_new=False)
        facts = await facts_about(unit, asked.wanted, asked.now)
        if team_id not in offered_teams(facts, asked.wanted, asked.now):
            raise SlotTaken
        await let_go(unit, asked.actor, overdue, asked.now)
        slot = TimeSlot(
            team_id=team_id,
            starts_at=asked.wanted.starts_at,
            duration_minutes=asked.wanted.minutes,
            buffer_minutes=facts.travel_buffer_minutes,
        )
        booking = await self._decided(
            unit, asked, await _draft(unit, lead, asked.estimate), slot, facts.settings
        )
        await record_new(unit, asked.actor, booking, asked.now)
        await tell_office(unit, asked.actor, booking, facts.settings.office_email)
        return PublicBookingMade(await shown(unit, booking), is_new=True)

    async def _decided(
        self, unit: Unit, asked: _Request, draft: Draft, slot: TimeSlot, settings: BookingSettings
    ) -> Booking:
        """Confirmed at once where the organisation wants it so and nothing speaks against it."""
        policy = await policy_for(unit, draft, slot.starts_at, self.rules, asked.now)
        booking = new_booking(BookingId(self.ids.new()), draft, slot, policy, asked.now)
        if settings.auto_confirm and _is_certain(policy):
            return booking.confirmed_from_birth()
        deadline = payment_deadline(booking, settings, collectable=self.rules.payments_available)
        return replace(booking, expires_at=deadline)


def _is_certain(policy: PolicySnapshot) -> bool:
    return not policy.deposit.required and policy.risk.band is not RiskBand.HIGH


def _quoted(lead: Lead) -> Estimate:
    estimate = lead.estimate
    if estimate is None or not estimate.bookable:
        raise NeedsQuote("This visit needs a quote from the office first.")
    if not SHORTEST_MINUTES <= estimate.duration_minutes <= LONGEST_MINUTES:
        raise NeedsQuote("This visit is too long or too short to be booked online.")
    return estimate


async def _draft(unit: Unit, lead: Lead, estimate: Estimate) -> Draft:
    return Draft(
        source=BookingSource.PUBLIC,
        lead=lead,
        estimate=estimate,
        details=Details(
            service_type=estimate.home.service_type,
            address=lead.address,
            access_notes=lead.access_notes,
            notes=lead.notes,
        ),
        heavy=estimate.heavy,
        add_ons=await estimated_add_ons(unit, estimate),
    )


async def _standing_booking(
    unit: Unit, lead_id: LeadId, starts_at: datetime, now: datetime
) -> Booking | None:
    """This lead's booking of that very start. Raises LeadAlreadyBooked for another one still to come."""
    held = [booking for booking in await unit.bookings.live_of_lead(lead_id) if booking.holds(now)]
    for booking in held:
        if booking.slot.starts_at == starts_at:
            return booking
    if any(booking.slot.starts_at > now for booking in held):
        raise LeadAlreadyBooked("This request has a visit already; the office can move it.")
    return None


async def _lock_leads(unit: Unit, lead_id: LeadId, overdue: Sequence[Booking]) -> Lead:
    """Ours, and those whose overdue holds give way, in id order."""
    wanted = {lead_id} | {booking.lead_id for booking in overdue if booking.lead_id}
    locked = {each: await unit.leads.lock(each) for each in sorted(wanted)}
    return locked[lead_id]
