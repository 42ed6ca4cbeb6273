"""How each deed is done to one booking after another: the single verb's own guards, without its writing."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from application.booking.announcing import (
    OUTDATED_BY_ENDING,
    tell_clients,
    tell_crews,
    withdraw_each,
)
from application.booking.assign_crew import visit_of
from application.booking.bulk.calendar import BulkCalendar
from application.booking.bulk.deeds import (
    AssignEach,
    CancelEach,
    Changes,
    ConfirmEach,
    Deed,
    ReassignEach,
    RemindEach,
    SetTeamOfEach,
    UnassignEach,
)
from application.booking.finishing_work import require_no_open_clock
from application.booking.lead_moves import leads_lost_bookings
from application.booking.refused_time import refusals_about
from application.booking.wanted_visit import (
    WantedVisit,
    in_its_way,
    lock_in_order,
    overdue_in_the_way,
    require_free,
    warnings_about,
)
from application.leads.crediting import leads_were_booked
from application.ports.unit_of_work import Unit
from domain.booking.booking import Booking, BookingStatus
from domain.booking.refusals import BookingMoveRefused
from domain.booking.visit import TimeSlot
from domain.identity.actor import Actor
from domain.scheduling.calendar import CalendarFacts
from domain.scheduling.local_time import day_of
from domain.shared.errors import Contended, NotFound
from domain.shared.ids import BookingId, TeamId, WorkerId


@dataclass(frozen=True, slots=True)
class Decided:
    """The booking after the deed, and overdue holds that stand in its way: they are to go first."""

    after: Booking
    overdue: Sequence[Booking] = ()


class Verb(Protocol):
    audited_as: str
    reason: str | None

    async def lock(self, ids: Sequence[BookingId]) -> dict[BookingId, Booking]:
        """Those that there are, and whatever else the deed must keep from others. Raises NotFound for
        what the deed itself names."""

    async def decide(self, booking: Booking) -> Decided:
        """Raises as the single verb does."""

    def took(self, after: Booking) -> None:
        """It is decided: whoever comes after it meets it so."""

    async def follow(self, changes: Changes) -> None:
        """What else is to be written, once the changes are."""


@dataclass(slots=True)
class _Plain:
    """A deed that takes nobody's time: the bookings alone are locked."""

    unit: Unit
    actor: Actor
    now: datetime
    reason: str | None = field(default=None, init=False)

    async def lock(self, ids: Sequence[BookingId]) -> dict[BookingId, Booking]:
        return {booking.id: booking for booking in await self.unit.bookings.lock_many(ids)}

    def took(self, after: Booking) -> None:
        """Nobody else is met."""


@dataclass(slots=True)
class _Confirm(_Plain):
    deed: ConfirmEach
    audited_as: str = "booking_confirm"

    def __post_init__(self) -> None:
        self.reason = self.deed.waive_deposit_reason

    async def decide(self, booking: Booking) -> Decided:
        return Decided(booking.confirm(self.now, waive_deposit=self.reason is not None))

    async def follow(self, changes: Changes) -> None:
        confirmed = [change.after for change in changes]
        await leads_were_booked(self.unit, [booking.lead_id for booking in confirmed], self.now)
        await withdraw_each(self.unit, confirmed, ["pending"])
        await tell_clients(self.unit, self.actor, "booking_confirmed", confirmed)


@dataclass(slots=True)
class _Cancel(_Plain):
    deed: CancelEach
    audited_as: str = "booking_cancel"

    def __post_init__(self) -> None:
        self.reason = self.deed.note

    async def decide(self, booking: Booking) -> Decided:
        return Decided(booking.cancel(self.now, by=self.deed.by, reason=self.deed.reason_code))

    async def follow(self, changes: Changes) -> None:
        cancelled = [change.after for change in changes]
        await leads_lost_bookings(self.unit, [booking.lead_id for booking in cancelled], self.now)
        await withdraw_each(self.unit, cancelled, OUTDATED_BY_ENDING)
        if self.deed.notify:
            await tell_clients(self.unit, self.actor, "booking_cancelled", cancelled)


@dataclass(slots=True)
class _Unassign(_Plain):
    deed: UnassignEach
    audited_as: str = "booking_unassign"

    async def lock(self, ids: Sequence[BookingId]) -> dict[BookingId, Booking]:
        await own_teams(self.unit, self.deed.worker_ids)
        return await _Plain.lock(self, ids)

    async def decide(self, booking: Booking) -> Decided:
        staying = tuple(sorted(set(booking.crew) - set(self.deed.worker_ids)))
        freed = booking.assign(self.now, staying)
        await require_no_open_clock(self.unit, booking, set(booking.crew) - set(freed.crew))
        return Decided(freed)

    async def follow(self, changes: Changes) -> None:
        await tell_crews(self.unit, self.actor, concerned(changes))


@dataclass(slots=True)
class _Remind(_Plain):
    """It changes no booking: only a message leaves, once for each local date of a visit."""

    deed: RemindEach
    audited_as: str = ""
    _reminded: list[Booking] = field(default_factory=list)

    async def decide(self, booking: Booking) -> Decided:
        if booking.status is not BookingStatus.CONFIRMED or booking.slot.starts_at <= self.now:
            raise BookingMoveRefused("Only of a confirmed visit that has not begun is anybody reminded.")
        self._reminded.append(booking)
        return Decided(booking)

    async def follow(self, changes: Changes) -> None:  # noqa: ARG002  # it has made none
        zone = (await self.unit.org.get()).zone
        await tell_clients(
            self.unit,
            self.actor,
            "booking_reminder_24h",
            self._reminded,
            key=lambda booking: f"reminder:{day_of(booking.slot.starts_at, zone).isoformat()}",
            expires_at=lambda booking: booking.slot.starts_at,
        )


@dataclass(slots=True)
class _OnCalendar:
    """A deed that takes people's time. Order of locks: claims, calendar, teams, workers, bookings."""

    unit: Unit
    actor: Actor
    now: datetime
    reason: str | None = field(default=None, init=False)
    calendar: BulkCalendar = field(init=False)
    _any_overdue: bool = field(default=False, init=False)

    async def _lock(
        self, seen: Sequence[Booking], teams: Iterable[TeamId], workers: Iterable[WorkerId]
    ) -> dict[BookingId, Booking]:
        """Raises Contended where somebody wrote one of the bookings since it was seen, or a worker has gone
        to another team."""
        await self.unit.calendar.share()
        await lock_in_order(self.unit, teams, workers)
        locked = {b.id: b for b in await self.unit.bookings.lock_many([booking.id for booking in seen])}
        if any(locked[booking.id].version != booking.version for booking in seen):
            raise Contended("Somebody changed one of these bookings at the same time.", retry_after_seconds=1)
        await self.calendar.read(self.unit, locked.values())
        self._any_overdue = await self.unit.bookings.count_overdue(self.now) > 0
        return locked

    async def _seen(self, ids: Sequence[BookingId]) -> Sequence[Booking]:
        self.calendar = BulkCalendar(self.now)
        await self.unit.bookings.claim_many(ids)
        return await self.unit.bookings.find_many(ids)

    async def _send(self, booking: Booking, crew: set[WorkerId]) -> Decided:
        """Whoever comes to it must be free, whoever goes must have stopped their clock; who stays is not
        looked at."""
        wanted = visit_of(booking, tuple(sorted(crew)))
        sent = booking.assign(self.now, wanted.worker_ids)
        if sent is booking:
            return Decided(booking)
        await require_no_open_clock(self.unit, booking, set(booking.crew) - crew)
        coming = replace(wanted, team_id=None, worker_ids=tuple(sorted(crew - set(booking.crew))))
        with refusals_about(wanted):
            facts = in_its_way(self.calendar.around(booking), wanted)
            require_free(facts, coming, None)
            return Decided(sent, await self._overdue(facts, coming, None))

    async def _overdue(
        self, facts: CalendarFacts, wanted: WantedVisit, team_id: TeamId | None
    ) -> Sequence[Booking]:
        """Where there are none at all, nothing is asked."""
        if not self._any_overdue:
            return ()
        return await overdue_in_the_way(self.unit, facts, wanted, team_id, self.now)

    def took(self, after: Booking) -> None:
        self.calendar.put(after)


@dataclass(slots=True)
class _Assign(_OnCalendar):
    deed: AssignEach
    audited_as: str = "booking_assign"

    async def lock(self, ids: Sequence[BookingId]) -> dict[BookingId, Booking]:
        teams = await own_teams(self.unit, self.deed.worker_ids)
        return await self._lock(await self._seen(ids), teams, self.deed.worker_ids)

    async def decide(self, booking: Booking) -> Decided:
        crew = set(self.deed.worker_ids) | (set() if self.deed.replace else set(booking.crew))
        return await self._send(booking, crew)

    async def follow(self, changes: Changes) -> None:
        await tell_crews(self.unit, self.actor, concerned(changes))


@dataclass(slots=True)
class _Reassign(_OnCalendar):
    deed: ReassignEach
    audited_as: str = "booking_assign"

    async def lock(self, ids: Sequence[BookingId]) -> dict[BookingId, Booking]:
        to = self.deed.to_worker_id
        teams = () if to is None else [(await self.unit.workers.get(to)).team_id]
        return await self._lock(await self._seen(ids), teams, () if to is None else (to,))

    async def decide(self, booking: Booking) -> Decided:
        if self.deed.worker_id not in booking.crew:
            return Decided(booking)
        to = self.deed.to_worker_id
        return await self._send(booking, set(booking.crew) - {self.deed.worker_id} | ({to} if to else set()))

    async def follow(self, changes: Changes) -> None:
        await tell_crews(self.unit, self.actor, concerned(changes))


@dataclass(slots=True)
class _SetTeam(_OnCalendar):
    deed: SetTeamOfEach
    audited_as: str = "booking_reschedule"

    async def lock(self, ids: Sequence[BookingId]) -> dict[BookingId, Booking]:
        await self.unit.teams.get(self.deed.team_id)
        seen = await self._seen(ids)
        crew = {worker_id for booking in seen for worker_id in booking.crew}
        teams = {self.deed.team_id}
        if crew:
            await self.calendar.read(self.unit, seen[:1])
            known = self.calendar.around(seen[0]).worker_by_id
            teams |= {known[worker_id].team_id for worker_id in crew}
        return await self._lock(seen, teams, crew)

    async def decide(self, booking: Booking) -> Decided:
        slot = replace(booking.slot, team_id=self.deed.team_id)
        if booking.reschedule(self.now, slot, booking.crew) is booking:
            return Decided(booking)
        wanted = WantedVisit(
            starts_at=slot.starts_at,
            minutes=slot.duration_minutes,
            team_id=slot.team_id,
            worker_ids=booking.crew,
            ignoring=booking.id,
        )
        with refusals_about(wanted):
            facts = self.calendar.around(booking)
            require_free(facts, wanted, slot.team_id)
            overdue = await self._overdue(facts, wanted, slot.team_id)
        taken = TimeSlot(
            team_id=slot.team_id,
            starts_at=slot.starts_at,
            duration_minutes=slot.duration_minutes,
            buffer_minutes=facts.travel_buffer_minutes,
            warnings=warnings_about(facts, wanted, slot.team_id),
        )
        return Decided(booking.reschedule(self.now, taken, booking.crew), overdue)

    async def follow(self, changes: Changes) -> None:
        """Nobody is told: the time is the same, and so is the crew."""


async def own_teams(unit: Unit, worker_ids: Sequence[WorkerId]) -> set[TeamId]:
    """Raises NotFound at the place of a worker that this organisation does not have."""
    teams: set[TeamId] = set()
    for index, worker_id in enumerate(worker_ids):
        try:
            teams.add((await unit.workers.get(worker_id)).team_id)
        except NotFound:
            raise NotFound(f"worker_ids/{index}") from None
    return teams


def concerned(changes: Changes) -> Iterable[tuple[Booking, set[WorkerId]]]:
    """Everyone whom a change of a crew concerns, whether they came or went."""
    return ((change.after, set(change.before.crew) ^ set(change.after.crew)) for change in changes)


VERBS: Mapping[type[Deed], Callable[..., Verb]] = {
    ConfirmEach: _Confirm,
    CancelEach: _Cancel,
    AssignEach: _Assign,
    UnassignEach: _Unassign,
    SetTeamOfEach: _SetTeam,
    RemindEach: _Remind,
    ReassignEach: _Reassign,
}


def verb_of(deed: Deed, unit: Unit, actor: Actor, now: datetime) -> Verb:
    return VERBS[type(deed)](unit, actor, now, deed)
