"""What else happens to an office's bookings: many at once, extras, overrides, and everybody's questions."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from adapters.memory.tables import OrgTables, snapshot
from application.booking.assign_crew import AssignCrew, UnassignCrew
from application.booking.bulk.deeds import (
    AssignEach,
    CancelEach,
    ConfirmEach,
    Deed,
    RemindEach,
    SetTeamOfEach,
    UnassignEach,
)
from application.booking.bulk_bookings import BulkBookings
from application.booking.cancel_booking import CancelBooking
from application.booking.confirm_booking import ConfirmBooking
from application.booking.list_waiting import ListWaiting
from application.booking.order_add_ons import SetAddOns
from application.booking.override_booking import OverrideBooking
from application.booking.reassign_worker import ReassignWorker
from application.booking.reschedule_booking import RescheduleBooking
from application.scheduling.show_schedule import ShowSchedule
from application.scheduling.suggest import Suggest
from domain.booking.booking import Booking, CancelledBy
from domain.booking.deposit import DepositStatus
from domain.booking.override import OverrideKind, OverrideValue, standing
from domain.shared.ids import BookingId, WorkerId
from tests.lifecycles import booking_laws as laws
from tests.lifecycles.booking_choices import A_BOOKING, SOME_CREW, TIME_CODES, TIMES, local_date
from tests.lifecycles.booking_machine import BookingMachine
from tests.lifecycles.booking_office import TEAMS, WORKERS, Itemized, Refused

NOBODY = BookingId(WORKERS[0])  # a worker's id is no booking's
DEEDS: st.SearchStrategy[Deed] = st.one_of(
    st.builds(ConfirmEach, waive_deposit_reason=st.none() | st.just("known for years")),
    st.builds(CancelEach, reason_code=st.just("weather"), by=st.sampled_from([*CancelledBy][:2])),
    st.builds(AssignEach, worker_ids=SOME_CREW, replace=st.booleans()),
    st.builds(AssignEach, worker_ids=SOME_CREW, replace=st.booleans()),
    st.builds(UnassignEach, worker_ids=SOME_CREW),
    st.builds(SetTeamOfEach, team_id=st.sampled_from(TEAMS)),
    st.builds(SetTeamOfEach, team_id=st.sampled_from(TEAMS)),
    st.just(RemindEach()),
)
DECISIONS: st.SearchStrategy[tuple[OverrideKind, OverrideValue]] = st.one_of(
    st.tuples(st.just(OverrideKind.DEPOSIT_REQUIRED), st.booleans()),
    st.tuples(st.just(OverrideKind.DEPOSIT_CENTS), st.sampled_from([0, 4000, 5000])),
    st.tuples(st.just(OverrideKind.RISK_BAND), st.sampled_from(["LOW", "MEDIUM", "HIGH"])),
    st.tuples(st.just(OverrideKind.CANCELLATION_EXCEPTION), st.booleans()),
)
EXTRAS = st.dictionaries(st.sampled_from(["oven", "fridge", "linen_beds"]), st.integers(1, 3), max_size=3)


def single(deed: Deed, booking: Booking) -> Any:
    """The verb that a bulk stands for; None where there is none."""
    match deed:
        case ConfirmEach():
            return ConfirmBooking(booking_id=booking.id, waive_deposit_reason=deed.waive_deposit_reason)
        case CancelEach():
            return CancelBooking(booking_id=booking.id, reason_code=deed.reason_code, by=deed.by)
        case AssignEach():
            return AssignCrew(booking_id=booking.id, worker_ids=deed.worker_ids, replace=deed.replace)
        case UnassignEach():
            return UnassignCrew(booking_id=booking.id, worker_ids=deed.worker_ids)
        case SetTeamOfEach():
            starts_at = booking.slot.starts_at
            return RescheduleBooking(booking_id=booking.id, starts_at=starts_at, team_id=deed.team_id)
    return None


def written(tables: OrgTables) -> tuple[Any, ...]:
    """All that bookings leave behind, but for the ids that their writer draws."""
    messages = {(row.dedupe_key, row.event_type, row.outcome) for row in tables.outbox.values()}
    audit = [(row["action"], row["resource_id"], row["after"]) for row in tables.audit]
    return tables.bookings, tables.leads, messages, sorted(audit, key=repr)


class DeedsMachine(BookingMachine):
    @precondition(lambda self: self.tables.bookings)
    @rule(numbers=st.lists(A_BOOKING, min_size=1, max_size=4), deed=DEEDS, atomic=st.booleans())
    def many(self, numbers: list[int], deed: Deed, atomic: bool) -> None:
        """A bulk is its single verbs, one after the other as asked; atomic, it is all of them or nothing."""
        asked = list({self.some_booking(number).id: None for number in numbers})
        before = snapshot(self.tables)
        expected = [self.tried(deed, booking_id) for booking_id in asked]
        after = snapshot(self.tables)
        self.uow.orgs[self.office.org_id] = snapshot(before)
        answer = self.do(BulkBookings(booking_ids=(*asked, NOBODY), deed=deed, atomic=atomic))
        if isinstance(deed, RemindEach):
            return
        if atomic:
            assert answer.code == "bulk_refused"  # nobody is not found
            return
        assert isinstance(answer, Itemized)
        assert [problem and problem[0] for _, _, problem in answer.items] == [*expected, "not_found"]
        assert written(self.tables) == written(after), deed
        self.before = self.settled()

    def tried(self, deed: Deed, booking_id: BookingId) -> str | None:
        """The code of its refusal, if it is refused."""
        command = single(deed, self.tables.bookings[booking_id])
        answer = None if command is None else self.ask(command)
        return answer.code if isinstance(answer, Refused) else None

    def settled(self) -> dict[BookingId, Booking]:
        """A hold may be moved and run out within one bulk: two versions in one step."""
        moved = {b.id for b in self.tables.bookings.values() if b.version > self.version_before(b.id) + 1}
        return {
            booking_id: self.tables.bookings[booking_id] if booking_id in moved else booking
            for booking_id, booking in self.before.items()
        }

    def version_before(self, booking_id: BookingId) -> int:
        return self.before[booking_id].version

    @precondition(lambda self: self.tables.bookings)
    @rule(number=A_BOOKING, decision=DECISIONS)
    def override(self, number: int, decision: tuple[OverrideKind, OverrideValue]) -> None:
        """What holds already leaves no trace; what does not is one version, one row, and no other terms."""
        booking, (kind, value) = self.some_booking(number), decision
        rows = len(self.tables.booking_overrides)
        nothing = standing(booking, kind) == value
        if kind is OverrideKind.DEPOSIT_REQUIRED and nothing:
            nothing = value is True or booking.deposit.status is DepositStatus.WAIVED
            nothing = nothing and booking.deposit.status is not DepositStatus.EXPIRED
        command = OverrideBooking(booking_id=booking.id, kind=kind, value=value, reason="said so")
        answer = self.change(booking, None, command, nothing=nothing)
        refused = isinstance(answer, Refused)
        assert refused == (not booking.is_live and kind is not OverrideKind.CANCELLATION_EXCEPTION) or (
            kind is OverrideKind.DEPOSIT_CENTS and booking.total_cents is not None
        )
        if not refused:
            assert len(self.tables.booking_overrides) == rows + (not nothing)

    @precondition(lambda self: self.tables.bookings)
    @rule(number=A_BOOKING, extras=EXTRAS, extend=st.booleans())
    def add(self, number: int, extras: dict[str, int], extend: bool) -> None:
        """What is planned follows; the time follows if asked, and where what is added is free."""
        booking = self.some_booking(number)
        before = snapshot(self.tables)
        command = SetAddOns(booking_id=booking.id, quantities=extras, extend_slot=extend)
        answer = self.do(command)
        if not booking.is_live:
            assert answer.code == "booking_move_refused"
            return
        if isinstance(answer, Refused):
            assert extend
            assert answer.code in {*TIME_CODES, "validation_error"}
            return
        after = answer.booking
        assert {line.code: line.qty for line in after.add_ons} == extras
        assert (after.slot.starts_at, after.slot.team_id) == (booking.slot.starts_at, booking.slot.team_id)
        grown = after.slot.duration_minutes - booking.slot.duration_minutes
        assert grown == 0 if not extend else grown >= 0
        assert not extend or after.planned_minutes <= after.slot.duration_minutes
        if after.version == booking.version:
            assert self.is_as(before)
        assert self.ask(command).booking == after

    @rule(
        worker=st.sampled_from(WORKERS[:2]),
        to=st.none() | st.just(WORKERS[2]),
        starts_at=TIMES,
        days=st.integers(1, 8),
        dry=st.booleans(),
    )
    def reassign(
        self, worker: WorkerId, to: WorkerId | None, starts_at: datetime, days: int, dry: bool
    ) -> None:
        """Of the jobs that start then; tried out, it leaves no trace and tells what will be."""
        end = starts_at + timedelta(days=days)
        theirs = {
            b.id
            for b in self.tables.bookings.values()
            if b.is_live and worker in b.crew and starts_at <= b.slot.starts_at < end
        }

        def command(dry_run: bool) -> ReassignWorker:
            return ReassignWorker(
                worker_id=worker, to_worker_id=to, starts_from=starts_at, starts_before=end, dry_run=dry_run
            )

        before = snapshot(self.tables)
        tried = self.do(command(True))
        assert self.is_as(before)
        assert {booking_id for booking_id, _, _ in tried.items} == theirs
        if dry:
            return
        done = self.do(command(False))
        assert [problem for *_, problem in done.items] == [problem for *_, problem in tried.items]
        for booking_id, _, problem in done.items:
            crew = set(self.tables.bookings[booking_id].crew)
            assert (worker in crew) == (problem is not None)
            assert problem is not None or to is None or to in crew

    @precondition(lambda self: self.tables.bookings)
    @rule(number=A_BOOKING, starts_at=TIMES)
    def there_and_back(self, number: int, starts_at: datetime) -> None:
        """Nothing that others may have has changed by it."""
        booking = self.some_booking(number)
        offers = self.offers_by_team()
        away = RescheduleBooking(booking_id=booking.id, starts_at=starts_at, notify=False)
        if isinstance(self.do(away), Refused) or starts_at == booking.slot.starts_at:
            return
        laws.moves_are_the_contracts(self.before, self.tables)
        self.before = dict(self.tables.bookings)
        back = RescheduleBooking(
            booking_id=booking.id,
            starts_at=booking.slot.starts_at,
            team_id=booking.slot.team_id,
            notify=False,
        )
        if not isinstance(self.do(back), Refused):  # it began in the past, or in a kept blackout
            assert self.offers_by_team() == offers

    @rule(starts_at=TIMES, number=A_BOOKING, about=st.booleans())
    def everybody_asks(self, starts_at: datetime, number: int, about: bool) -> None:
        """For the answers to be compared; and who is first to be suggested is whom the queue suggests."""
        self.do(ShowSchedule(day=local_date(starts_at), week=about, slots_for_minutes=60))
        queue = self.do(ListWaiting(days_ahead=30))
        self.do(ListWaiting(days_ahead=2, limit=1, offset=1))
        for waiting in queue.items[:2]:
            visit = waiting.visit
            suggested = self.do(
                Suggest(starts_at=visit.starts_at, ends_at=visit.ends_at, ignoring=visit.booking_id)
            )
            first = [found.worker for found in suggested.suggestions.workers[:3]]
            assert list(waiting.suggested) == first
            assert not self.tables.bookings[visit.booking_id].crew
        if about and self.tables.bookings:
            slot = self.some_booking(number).slot
            self.do(Suggest(starts_at=slot.starts_at, ends_at=slot.ends_at, limit=2))
