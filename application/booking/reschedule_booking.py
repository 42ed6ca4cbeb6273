"""Staff move a booking: to another time, length, team or crew."""

from dataclasses import dataclass
from datetime import datetime

from application.booking.announcing import outdated_by_moving, tell_client, withdraw
from application.booking.crowd import Crowd
from application.booking.expiring import let_go
from application.booking.recording import record_change
from application.booking.refused_time import RefusedTimes, refusals_about
from application.booking.shown_booking import ShownBooking, shown
from application.booking.taking_time import look_for_teams, take
from application.booking.wanted_visit import WantedVisit, require_start_in_range
from application.ports.clock import Clock
from application.ports.unit_of_work import Unit, UnitOfWork
from application.retrying import retrying
from domain.booking.booking import Booking
from domain.booking.visit import TimeSlot
from domain.identity.actor import Actor, Need
from domain.scheduling.offers import Audience
from domain.shared.errors import Contended
from domain.shared.ids import BookingId, TeamId, WorkerId
from domain.shared.versions import Expected, must_match


@dataclass(frozen=True, slots=True, kw_only=True)
class RescheduleBooking:
    """What is None stays. An empty tuple of workers sends nobody yet."""

    booking_id: BookingId
    starts_at: datetime
    duration_minutes: int | None = None
    team_id: TeamId | None = None
    worker_ids: tuple[WorkerId, ...] | None = None
    notify: bool = True
    expected_version: Expected = None


@dataclass(frozen=True, slots=True)
class RescheduleBookingHandler:
    uow: UnitOfWork
    clock: Clock
    refused: RefusedTimes
    crowd: Crowd

    async def handle(self, actor: Actor, command: RescheduleBooking) -> ShownBooking:
        actor.require(Need.DISPATCH)
        async with self.refused.explaining(actor.org_id, Audience.STAFF), self.crowd.turn():
            return await self._reschedule(actor, command)

    @retrying
    async def _reschedule(self, actor: Actor, command: RescheduleBooking) -> ShownBooking:
        now = self.clock.now()
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            await unit.bookings.claim(command.booking_id)
            booking = await unit.bookings.get(command.booking_id)
            must_match(booking.version, command.expected_version)
            wanted = _wanted(booking, command)
            if booking.reschedule(now, _same_buffer(booking, wanted), wanted.worker_ids) is not booking:
                if wanted.starts_at != booking.slot.starts_at:
                    require_start_in_range(wanted.starts_at, now)
                with refusals_about(wanted):
                    booking = await self._move(unit, actor, booking, wanted, now, notify=command.notify)
            answer = await shown(unit, booking)
            await unit.seal(answer)
            return answer

    async def _move(
        self, unit: Unit, actor: Actor, seen: Booking, wanted: WantedVisit, now: datetime, *, notify: bool
    ) -> Booking:
        candidates = await look_for_teams(unit, wanted, now)
        await unit.calendar.share()
        taken = await take(unit, candidates.facts, wanted, candidates.team_ids[0], now)
        locked = await lock_unchanged(unit, seen)
        await let_go(unit, actor, taken.overdue, now)
        moved = locked.reschedule(now, taken.slot, wanted.worker_ids)
        await record_change(unit, actor, "booking_reschedule", locked, moved)
        await withdraw(unit, moved, outdated_by_moving(locked.slot, moved.slot))
        if notify and _another_time(seen.slot, moved.slot):
            await tell_client(unit, actor, "booking_rescheduled", moved, key=f"rescheduled:{moved.version}")
        return moved


async def lock_unchanged(unit: Unit, seen: Booking) -> Booking:
    """Raises Contended where somebody wrote it since: what was decided by it must be decided anew."""
    locked = await unit.bookings.lock(seen.id)
    if locked.version != seen.version:
        raise Contended("Somebody changed this booking at the same time.", retry_after_seconds=1)
    return locked


def _wanted(booking: Booking, command: RescheduleBooking) -> WantedVisit:
    crew = booking.crew if command.worker_ids is None else tuple(sorted(set(command.worker_ids)))
    return WantedVisit(
        starts_at=command.starts_at,
        minutes=command.duration_minutes or booking.slot.duration_minutes,
        team_id=command.team_id or booking.slot.team_id,
        worker_ids=crew,
        ignoring=booking.id,
    )


def _same_buffer(booking: Booking, wanted: WantedVisit) -> TimeSlot:
    return TimeSlot(
        team_id=wanted.team_id or booking.slot.team_id,
        starts_at=wanted.starts_at,
        duration_minutes=wanted.minutes,
        buffer_minutes=booking.slot.buffer_minutes,
    )


def _another_time(old: TimeSlot, new: TimeSlot) -> bool:
    return (old.starts_at, old.ends_at) != (new.starts_at, new.ends_at)
