"""The extras of an order: set as a whole, at the price that they had when they were booked."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from application.booking.crowd import Crowd
from application.booking.draft import chosen_add_ons
from application.booking.expiring import let_go
from application.booking.recording import record_change
from application.booking.refused_time import RefusedTimes, refusals_about
from application.booking.reschedule_booking import lock_unchanged
from application.booking.shown_booking import ShownBooking, shown
from application.booking.taking_time import look_for_teams, take
from application.booking.wanted_visit import WantedVisit, warnings_about
from application.ports.clock import Clock
from application.ports.unit_of_work import Unit, UnitOfWork
from application.retrying import retrying
from domain.booking.booking import Booking
from domain.booking.visit import LONGEST_MINUTES, BookedAddOn, TimeSlot
from domain.identity.actor import Actor, Need
from domain.pricing.offered import NamedCode, Offered, unknown_codes
from domain.scheduling.offers import Audience
from domain.shared.errors import Invalid
from domain.shared.ids import BookingId
from domain.shared.versions import Expected, must_match


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAddOns:
    """The whole set, by code. `extend_slot`: the time that is held grows where the work no longer fits."""

    booking_id: BookingId
    quantities: Mapping[str, int]
    extend_slot: bool = False
    expected_version: Expected = None


@dataclass(frozen=True, slots=True)
class SetAddOnsHandler:
    uow: UnitOfWork
    clock: Clock
    refused: RefusedTimes
    crowd: Crowd

    async def handle(self, actor: Actor, command: SetAddOns) -> ShownBooking:
        actor.require(Need.DISPATCH)
        async with self.refused.explaining(actor.org_id, Audience.STAFF), self.crowd.turn():
            return await self._set(actor, command)

    @retrying
    async def _set(self, actor: Actor, command: SetAddOns) -> ShownBooking:
        now = self.clock.now()
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            await unit.bookings.claim(command.booking_id)
            booking = await unit.bookings.get(command.booking_id)
            must_match(booking.version, command.expected_version)
            add_ons = await _lines(unit, booking, command.quantities)
            minutes = _minutes(booking.with_add_ons(now, add_ons, booking.slot), command)
            if minutes > booking.slot.duration_minutes:
                whole = _visit(booking, booking.slot.starts_at, minutes)
                with refusals_about(whole):
                    booking = await self._extend(unit, actor, booking, add_ons, whole, now)
            else:
                locked = await lock_unchanged(unit, booking)
                booking = await _record(unit, actor, locked, locked.with_add_ons(now, add_ons, locked.slot))
            answer = await shown(unit, booking)
            await unit.seal(answer)
            return answer

    async def _extend(
        self,
        unit: Unit,
        actor: Actor,
        seen: Booking,
        add_ons: tuple[BookedAddOn, ...],
        whole: WantedVisit,
        now: datetime,
    ) -> Booking:
        """Only what is added must be free: what the visit has, it keeps."""
        team_id = seen.slot.team_id
        added = _visit(seen, seen.slot.ends_at, whole.minutes - seen.slot.duration_minutes)
        candidates = await look_for_teams(unit, added, now)
        await unit.calendar.share()
        taken = await take(unit, candidates.facts, added, team_id, now)
        locked = await lock_unchanged(unit, seen)
        await let_go(unit, actor, taken.overdue, now)
        slot = TimeSlot(
            team_id=team_id,
            starts_at=whole.starts_at,
            duration_minutes=whole.minutes,
            buffer_minutes=taken.slot.buffer_minutes,
            warnings=warnings_about(candidates.facts, whole, team_id),
        )
        return await _record(unit, actor, locked, locked.with_add_ons(now, add_ons, slot))


async def _record(unit: Unit, actor: Actor, before: Booking, after: Booking) -> Booking:
    if after is not before:
        await record_change(unit, actor, "booking_addons", before, after)
    return after


async def _lines(unit: Unit, booking: Booking, quantities: Mapping[str, int]) -> tuple[BookedAddOn, ...]:
    """By code. What is booked already keeps price and length, also when it is offered no longer."""
    booked = {line.code: line for line in booking.add_ons}
    fresh = {code: qty for code, qty in quantities.items() if code not in booked}
    await _require_offered(unit, fresh)
    kept = tuple(
        replace(booked[code], qty=qty, minutes=booked[code].minutes // booked[code].qty * qty)
        for code, qty in quantities.items()
        if code in booked
    )
    lines = sorted((*kept, *await chosen_add_ons(unit, fresh)), key=lambda line: line.code)
    return booking.add_ons if {line.code: line for line in lines} == booked else tuple(lines)


async def _require_offered(unit: Unit, quantities: Mapping[str, int]) -> None:
    """Raises Invalid at the pointer of each code that is not on offer."""
    if not quantities:
        return
    named = [NamedCode(Offered.ADD_ON, code, f"add_ons/{code}") for code in quantities]
    book = await unit.price_books.active()
    if faults := unknown_codes(book.terms, await unit.add_ons.list_active(), named):
        raise Invalid("This order names extras that are not on offer.", errors=faults)


def _minutes(booking: Booking, command: SetAddOns) -> int:
    """How long the visit is to be: never shorter than it is."""
    held = booking.slot.duration_minutes
    if not command.extend_slot or booking.planned_minutes <= held:
        return held
    if booking.minutes_to_hold > LONGEST_MINUTES:
        raise Invalid.field("add_ons", f"would make the visit longer than {LONGEST_MINUTES} minutes")
    return booking.minutes_to_hold


def _visit(booking: Booking, starts_at: datetime, minutes: int) -> WantedVisit:
    return WantedVisit(
        starts_at=starts_at,
        minutes=minutes,
        team_id=booking.slot.team_id,
        worker_ids=booking.crew,
        ignoring=booking.id,
    )
