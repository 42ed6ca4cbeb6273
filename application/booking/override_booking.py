"""Administrators decide otherwise than the terms of a booking; the terms themselves never change."""

from dataclasses import dataclass
from datetime import datetime

from application.booking.recording import record_change
from application.booking.shown_booking import ShownBooking, shown
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from application.ports.unit_of_work import UnitOfWork
from application.retrying import retrying
from domain.booking.override import BookingOverride, OverrideKind, OverrideValue, overridden, standing
from domain.identity.actor import Actor, Need
from domain.shared.ids import BookingId, OverrideId
from domain.shared.versions import Expected, must_match


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideBooking:
    booking_id: BookingId
    kind: OverrideKind
    value: OverrideValue
    reason: str
    expected_version: Expected = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOverrides:
    booking_id: BookingId
    after: tuple[datetime, OverrideId] | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class OverridePage:
    items: tuple[BookingOverride, ...]
    following: tuple[datetime, OverrideId] | None


@dataclass(frozen=True, slots=True)
class OverrideBookingHandler:
    uow: UnitOfWork
    clock: Clock
    ids: Identifiers

    @retrying
    async def handle(self, actor: Actor, command: OverrideBooking) -> ShownBooking:
        actor.require(Need.ADMIN)
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            booking = await unit.bookings.lock(command.booking_id)
            must_match(booking.version, command.expected_version)
            now = self.clock.now()  # under the lock, so that decisions stand in the order they were made in
            share = (await unit.booking_settings.get()).deposit_bps
            after = overridden(
                booking, command.kind, command.value, command.reason, now=now, standard_bps=share
            )
            if after is not booking:
                await record_change(unit, actor, "booking_override", booking, after, reason=command.reason)
                decision = BookingOverride(
                    id=OverrideId(self.ids.new()),
                    booking_id=booking.id,
                    kind=command.kind,
                    value=command.value,
                    before=standing(booking, command.kind),
                    reason=command.reason,
                    created_by=actor.user_id,
                    created_at=now,
                )
                await unit.overrides.add(decision)
            answer = await shown(unit, after)
            await unit.seal(answer)
            return answer


@dataclass(frozen=True, slots=True)
class ListOverridesHandler:
    uow: UnitOfWork

    async def handle(self, actor: Actor, query: ListOverrides) -> OverridePage:
        actor.require(Need.ADMIN)
        async with self.uow.begin(actor.org_id) as unit:
            await unit.bookings.get(query.booking_id)
            found = await unit.overrides.list_page(query.booking_id, query.after, query.limit + 1)
        items = tuple(found[: query.limit])
        more = len(found) > query.limit
        return OverridePage(items, (items[-1].created_at, items[-1].id) if more else None)
