"""Staff say who goes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from application.booking.announcing import tell_crew
from application.booking.crowd import Crowd
from application.booking.expiring import let_go
from application.booking.finishing_work import require_no_open_clock
from application.booking.recording import record_change
from application.booking.refused_time import RefusedTimes, refusals_about
from application.booking.reschedule_booking import lock_unchanged
from application.booking.shown_booking import ShownBooking, shown
from application.booking.wanted_visit import (
    WantedVisit,
    facts_about,
    in_its_way,
    lock_people,
    overdue_in_the_way,
    require_free,
    require_known,
)
from application.ports.clock import Clock
from application.ports.unit_of_work import Unit, UnitOfWork
from application.retrying import retrying
from domain.booking.booking import Booking
from domain.identity.actor import Actor, Need
from domain.scheduling.calendar import CalendarFacts
from domain.scheduling.offers import Audience
from domain.shared.errors import NotFound
from domain.shared.ids import BookingId, WorkerId
from domain.shared.versions import Expected, must_match


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignCrew:
    """Add these workers; `replace` sends them instead of the present crew."""

    booking_id: BookingId
    worker_ids: tuple[WorkerId, ...]
    replace: bool = False
    expected_version: Expected = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnassignCrew:
    booking_id: BookingId
    worker_ids: tuple[WorkerId, ...]
    expected_version: Expected = None


@dataclass(frozen=True, slots=True)
class AssignCrewHandler:
    uow: UnitOfWork
    clock: Clock
    refused: RefusedTimes
    crowd: Crowd

    async def handle(self, actor: Actor, command: AssignCrew) -> ShownBooking:
        actor.require(Need.DISPATCH)
        async with self.refused.explaining(actor.org_id, Audience.STAFF), self.crowd.turn():
            return await self._assign(actor, command)

    @retrying
    async def _assign(self, actor: Actor, command: AssignCrew) -> ShownBooking:
        now = self.clock.now()
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            await unit.bookings.claim(command.booking_id)
            booking = await unit.bookings.get(command.booking_id)
            must_match(booking.version, command.expected_version)
            crew = set(command.worker_ids) | (set() if command.replace else set(booking.crew))
            wanted = visit_of(booking, tuple(sorted(crew)))
            facts = await _facts(unit, wanted, now)
            require_known(facts, replace(wanted, team_id=None, worker_ids=command.worker_ids))
            if booking.assign(now, wanted.worker_ids) is not booking:
                with refusals_about(wanted):
                    booking = await self._send(unit, actor, booking, wanted, facts, now)
            answer = await shown(unit, booking)
            await unit.seal(answer)
            return answer

    async def _send(
        self,
        unit: Unit,
        actor: Actor,
        seen: Booking,
        wanted: WantedVisit,
        facts: CalendarFacts,
        now: datetime,
    ) -> Booking:
        added = tuple(sorted(set(wanted.worker_ids) - set(seen.crew)))
        coming = replace(wanted, team_id=None, worker_ids=added)
        require_free(facts, coming, None)
        await unit.calendar.share()
        await lock_people(unit, facts, None, added)
        overdue = await overdue_in_the_way(unit, facts, coming, None, now)
        locked = await lock_unchanged(unit, seen)
        require_free(await _facts(unit, coming, now), coming, None)
        await let_go(unit, actor, overdue, now)
        sent = locked.assign(now, wanted.worker_ids)
        return await _changed_crew(unit, actor, "booking_assign", locked, sent)


@dataclass(frozen=True, slots=True)
class UnassignCrewHandler:
    uow: UnitOfWork
    clock: Clock

    @retrying
    async def handle(self, actor: Actor, command: UnassignCrew) -> ShownBooking:
        actor.require(Need.DISPATCH)
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            booking = await unit.bookings.lock(command.booking_id)
            await _require_workers(unit, command.worker_ids)
            must_match(booking.version, command.expected_version)
            staying = tuple(sorted(set(booking.crew) - set(command.worker_ids)))
            freed = booking.assign(self.clock.now(), staying)
            if freed is not booking:
                await _changed_crew(unit, actor, "booking_unassign", booking, freed)
            answer = await shown(unit, freed)
            await unit.seal(answer)
            return answer


async def _changed_crew(unit: Unit, actor: Actor, action: str, before: Booking, after: Booking) -> Booking:
    await require_no_open_clock(unit, before, set(before.crew) - set(after.crew))
    await record_change(unit, actor, action, before, after)
    await tell_crew(unit, actor, after, set(before.crew) ^ set(after.crew))
    return after


def visit_of(booking: Booking, crew: tuple[WorkerId, ...]) -> WantedVisit:
    return WantedVisit(
        starts_at=booking.slot.starts_at,
        minutes=booking.slot.duration_minutes,
        team_id=booking.slot.team_id,
        worker_ids=crew,
        ignoring=booking.id,
        keeps=booking.slot,
    )


async def _facts(unit: Unit, wanted: WantedVisit, now: datetime) -> CalendarFacts:
    return in_its_way(await facts_about(unit, wanted, now), wanted)


async def _require_workers(unit: Unit, worker_ids: Sequence[WorkerId]) -> None:
    for index, worker_id in enumerate(worker_ids):
        try:
            await unit.workers.get(worker_id)
        except NotFound:
            raise NotFound(f"worker_ids/{index}") from None
