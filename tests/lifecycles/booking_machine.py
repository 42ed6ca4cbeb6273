"""A machine that lets everything happen to an office's bookings, in any order."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from adapters.memory.tables import OrgTables, snapshot
from adapters.memory.unit_of_work import MemoryUnitOfWork
from adapters.system.identifiers import SystemIdentifiers
from application.booking.assign_crew import AssignCrew, UnassignCrew
from application.booking.cancel_booking import CancelBooking
from application.booking.confirm_booking import ConfirmBooking
from application.booking.create_booking import CreateBooking
from application.booking.create_public_booking import CreatePublicBooking, PublicBookingMade
from application.booking.expire_bookings import ExpireBookings, ExpiryReport
from application.booking.reschedule_booking import RescheduleBooking
from application.scheduling.blackouts import AddBlackout
from application.scheduling.change_worker import ChangeWorker
from application.scheduling.check_conflicts import CheckConflicts
from domain.booking.booking import Booking, BookingStatus, CancelledBy
from domain.shared.ids import BookingId, LeadId, TeamId, WorkerId
from tests.lifecycles import booking_laws as laws
from tests.lifecycles.booking_choices import (
    A_BOOKING,
    CREWS,
    LENGTHS,
    SOME_CREW,
    STALE,
    TIME_CODES,
    TIMES,
    local_date,
)
from tests.lifecycles.booking_office import (
    LEADS,
    TEAMS,
    TOKEN,
    WORKERS,
    BookingOffice,
    Refused,
    Setting,
    Tick,
    open_office,
)
from tests.support.clock import FixedClock


class BookingMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.office: BookingOffice
        self.before: dict[BookingId, Booking] = {}
        self.setting = Setting()

    def teardown(self) -> None:
        self.runner.close()

    @property
    def uow(self) -> MemoryUnitOfWork:
        uow = self.office.uow
        assert isinstance(uow, MemoryUnitOfWork)
        return uow

    @property
    def tables(self) -> OrgTables:
        return self.uow.orgs[self.office.org_id]

    @property
    def now(self) -> datetime:
        return self.office.clock.now()

    @property
    def overdue(self) -> list[Booking]:
        """By the laws' own reading: live, and holding nothing."""
        return [b for b in self.tables.bookings.values() if b.is_live and not laws.holds(b, self.now)]

    def do(self, command: Any) -> Any:
        """A refusal leaves no trace, whatever it was."""
        before = snapshot(self.tables)
        answer = self.runner.run(self.office.do(command))
        if isinstance(answer, Refused):
            assert self.is_as(before), command
        return answer

    def is_as(self, before: OrgTables) -> bool:
        """In a word, for a whole office is too much to print where it differs."""
        return self.tables == before

    def ask(self, question: Any) -> Any:
        return self.runner.run(self.office.ask(question))

    def some_booking(self, number: int) -> Booking:
        return list(self.tables.bookings.values())[number % len(self.tables.bookings)]

    def stale(self, booking: Booking, behind: int | None) -> int | None:
        return None if behind is None else booking.version - behind

    @initialize(
        buffer=st.sampled_from([0, 30, 45]),
        step=st.sampled_from([30, 60]),
        auto_confirm=st.booleans(),
        two_teams=st.booleans(),
    )
    def open(self, buffer: int, step: int, auto_confirm: bool, two_teams: bool) -> None:
        self.setting = Setting(buffer, step, auto_confirm, two_teams)
        uow = MemoryUnitOfWork(clock := FixedClock(), SystemIdentifiers())
        self.office = self.runner.run(open_office(uow, clock, self.setting))

    @rule(lead=st.sampled_from(LEADS), starts_at=TIMES)
    def a_visitor_books(self, lead: LeadId, starts_at: datetime) -> None:
        self.visitor_wants(lead, starts_at)

    @precondition(lambda self: self.tables.bookings)
    @rule(lead=st.sampled_from(LEADS), number=A_BOOKING)
    def a_visitor_follows(self, lead: LeadId, number: int) -> None:
        """At the very instant at which another visit lets go of its team."""
        self.visitor_wants(lead, self.some_booking(number).slot.held_until)

    def visitor_wants(self, lead: LeadId, starts_at: datetime) -> None:
        """F2: what is offered can be booked, and nothing else."""
        estimate = self.tables.leads[lead].estimate
        assert estimate is not None
        held = [b for b in self.tables.bookings.values() if b.lead_id == lead and laws.holds(b, self.now)]
        engaged = any(b.slot.starts_at > self.now or b.slot.starts_at == starts_at for b in held)
        offered = self.offered_to_the_public(starts_at, estimate.duration_minutes)
        answer = self.do(CreatePublicBooking(lead_id=lead, lead_token=TOKEN, starts_at=starts_at))
        if engaged:
            same = any(b.slot.starts_at == starts_at for b in held)
            assert answer.is_new is False if same else answer.code == "lead_already_booked"
        elif offered:
            assert isinstance(answer, PublicBookingMade), answer
            assert answer.is_new
        else:
            assert answer.code in {"slot_not_offered", "slot_taken"}, answer
            self.alternatives_can_be_had(answer, starts_at, estimate.duration_minutes)

    def offered_to_the_public(self, start: datetime, minutes: int) -> bool:
        return start in self.runner.run(self.office.slots(local_date(start), local_date(start), minutes))

    def alternatives_can_be_had(self, refusal: Refused, wanted: datetime, minutes: int) -> None:
        """F6, for the public."""
        if refusal.code != "slot_taken":
            return
        starts = [alternative["starts_at"] for alternative in refusal.members["alternatives"]]
        assert len(starts) <= 3
        assert len(set(starts)) == len(starts)
        assert wanted not in starts
        assert all(self.offered_to_the_public(start, minutes) for start in starts)

    @rule(
        starts_at=TIMES,
        minutes=LENGTHS,
        team=st.none() | st.sampled_from(TEAMS),
        crew=CREWS,
        lead=st.none() | st.sampled_from(LEADS),
        confirm=st.booleans(),
        by_policy=st.booleans(),
    )
    def the_office_books(
        self,
        starts_at: datetime,
        minutes: int,
        team: TeamId | None,
        crew: tuple[WorkerId, ...],
        lead: Any,
        confirm: bool,
        by_policy: bool,
    ) -> None:
        """F3: no conflict ⇔ no refusal of the time; offered ⇒ booked."""
        free = self.is_free(starts_at, minutes, team, crew)
        if team is not None:
            assert free == self.is_free_by_hand(starts_at, minutes, team, crew)
        offered = self.is_offered_to_staff(starts_at, minutes, team, crew)
        answer = self.do(
            CreateBooking(
                starts_at=starts_at,
                duration_minutes=minutes,
                team_id=team,
                worker_ids=crew,
                lead_id=lead,
                confirm=confirm,
                by_policy=by_policy,
            )
        )
        refused = isinstance(answer, Refused)
        if refused:
            assert answer.code in TIME_CODES
        assert not (offered and refused), answer
        if team is not None:
            assert free != refused, answer
        elif not crew:
            assert not (free and refused)

    def is_free(
        self,
        starts_at: datetime,
        minutes: int,
        team: TeamId | None,
        crew: tuple[WorkerId, ...],
        booking_id: BookingId | None = None,
    ) -> bool:
        ends_at = starts_at + timedelta(minutes=minutes)
        question = CheckConflicts(
            starts_at=starts_at, ends_at=ends_at, team_id=team, worker_ids=crew, booking_id=booking_id
        )
        return not self.ask(question).report.has_conflict

    def is_free_by_hand(
        self,
        starts_at: datetime,
        minutes: int,
        team: TeamId,
        crew: tuple[WorkerId, ...],
        besides: BookingId | None = None,
    ) -> bool:
        window = (starts_at, starts_at + timedelta(minutes=minutes))
        buffer = self.setting.buffer_minutes
        return laws.is_free(self.tables, self.now, buffer, window, team, crew, besides=besides)

    @precondition(lambda self: self.tables.bookings)
    @rule(number=A_BOOKING, after=st.booleans(), short_of=st.sampled_from([0, 0, 1]), minutes=LENGTHS)
    def the_office_books_beside(self, number: int, after: bool, short_of: int, minutes: int) -> None:
        """F4: a gap of exactly the buffer is free, one minute less is taken, whichever came first."""
        slot, buffer = (
            self.some_booking(number).slot,
            timedelta(minutes=self.setting.buffer_minutes - short_of),
        )
        start = slot.ends_at + buffer if after else slot.starts_at - buffer - timedelta(minutes=minutes)
        free = self.is_free_by_hand(start, minutes, slot.team_id, ())
        command = CreateBooking(starts_at=start, duration_minutes=minutes, team_id=slot.team_id)
        assert free != isinstance(self.do(command), Refused)

    @precondition(lambda self: self.overdue)
    @rule(number=A_BOOKING)
    def the_office_takes_an_overdue_time(self, number: int) -> None:
        """F10: a late job hides no free time."""
        slot = self.overdue[number % len(self.overdue)].slot
        free = self.is_free_by_hand(slot.starts_at, slot.duration_minutes, slot.team_id, ())
        command = CreateBooking(
            starts_at=slot.starts_at, duration_minutes=slot.duration_minutes, team_id=slot.team_id
        )
        assert free != isinstance(self.do(command), Refused)

    def is_offered_to_staff(
        self, starts_at: datetime, minutes: int, team: TeamId | None, crew: tuple[WorkerId, ...]
    ) -> bool:
        day = local_date(starts_at)
        return starts_at in self.runner.run(self.office.staff_slots(day, day, minutes, team, crew))

    @precondition(lambda self: self.tables.bookings)
    @rule(number=A_BOOKING, waive=st.booleans(), behind=STALE)
    def confirm(self, number: int, waive: bool, behind: int | None) -> None:
        booking = self.some_booking(number)
        reason = "known for years" if waive else None
        self.change(
            booking,
            behind,
            ConfirmBooking(
                booking_id=booking.id,
                waive_deposit_reason=reason,
                expected_version=self.stale(booking, behind),
            ),
            nothing=booking.status is BookingStatus.CONFIRMED,
        )

    @precondition(lambda self: self.tables.bookings)
    @rule(number=A_BOOKING, by=st.sampled_from([CancelledBy.OFFICE, CancelledBy.CLIENT]), behind=STALE)
    def cancel(self, number: int, by: CancelledBy, behind: int | None) -> None:
        booking = self.some_booking(number)
        command = CancelBooking(
            booking_id=booking.id, reason_code="weather", by=by, expected_version=self.stale(booking, behind)
        )
        self.change(booking, behind, command, nothing=booking.status is BookingStatus.CANCELLED)

    @precondition(lambda self: self.tables.bookings)
    @rule(
        number=A_BOOKING,
        starts_at=TIMES,
        minutes=st.none() | LENGTHS,
        team=st.none() | st.sampled_from(TEAMS),
        crew=st.none() | CREWS,
        behind=STALE,
    )
    def reschedule(
        self,
        number: int,
        starts_at: datetime,
        minutes: int | None,
        team: TeamId | None,
        crew: tuple[WorkerId, ...] | None,
        behind: int | None,
    ) -> None:
        booking = self.some_booking(number)
        length = minutes or booking.slot.duration_minutes
        place, people = team or booking.slot.team_id, booking.crew if crew is None else tuple(sorted(crew))
        free = self.is_free(starts_at, length, place, people, booking.id)
        command = RescheduleBooking(
            booking_id=booking.id,
            starts_at=starts_at,
            duration_minutes=minutes,
            team_id=team,
            worker_ids=crew,
            expected_version=self.stale(booking, behind),
        )
        same = (starts_at, length, place, people) == (
            booking.slot.starts_at,
            booking.slot.duration_minutes,
            booking.slot.team_id,
            booking.crew,
        )
        answer = self.change(booking, behind, command, nothing=same)
        if booking.is_live and not behind and not same:
            assert free == self.is_free_by_hand(starts_at, length, place, people, booking.id)
            assert free != (isinstance(answer, Refused) and answer.code in TIME_CODES), answer

    @precondition(lambda self: self.tables.bookings)
    @rule(number=A_BOOKING, crew=SOME_CREW, instead=st.booleans(), behind=STALE)
    def assign(self, number: int, crew: tuple[WorkerId, ...], instead: bool, behind: int | None) -> None:
        booking = self.some_booking(number)
        new = tuple(sorted(set(crew) - set(booking.crew)))
        slot = booking.slot
        free = not new or self.is_free(slot.starts_at, slot.duration_minutes, None, new, booking.id)
        command = AssignCrew(
            booking_id=booking.id,
            worker_ids=crew,
            replace=instead,
            expected_version=self.stale(booking, behind),
        )
        crew_after = set(crew) if instead else {*booking.crew, *crew}
        answer = self.change(booking, behind, command, nothing=crew_after == set(booking.crew))
        if free and booking.is_live and not behind:
            assert not isinstance(answer, Refused), answer

    @precondition(lambda self: self.tables.bookings)
    @rule(number=A_BOOKING, crew=SOME_CREW, behind=STALE)
    def unassign(self, number: int, crew: tuple[WorkerId, ...], behind: int | None) -> None:
        booking = self.some_booking(number)
        command = UnassignCrew(
            booking_id=booking.id, worker_ids=crew, expected_version=self.stale(booking, behind)
        )
        self.change(booking, behind, command, nothing=not set(crew) & set(booking.crew))

    def change(self, booking: Booking, behind: int | None, command: Any, *, nothing: bool = False) -> Any:
        """F9: a stale version is refused, a change is one version on, what is so already writes nothing."""
        before = snapshot(self.tables)
        answer = self.do(command)
        if behind:
            assert answer.code == "version_conflict"
        elif not isinstance(answer, Refused):
            assert answer.booking == self.tables.bookings[booking.id]
            assert nothing == (answer.booking.version == booking.version), command
            if nothing:
                assert self.is_as(before), command
            else:
                assert answer.booking.version == booking.version + 1
        return answer

    @rule()
    def expire(self) -> None:
        """F10: with or without the job the same slots are offered."""
        before, bookings, overdue = self.offers_by_team(), dict(self.tables.bookings), len(self.overdue)
        assert self.do(ExpireBookings()) == ExpiryReport(overdue, 0)
        laws.expiry_took_only_the_overdue(bookings, self.tables, self.now)
        assert self.offers_by_team() == before

    def offers_by_team(self) -> list[set[datetime]]:
        first = local_date(self.now)
        last = first + timedelta(days=9)
        return [self.runner.run(self.office.staff_slots(first, last, 60, team)) for team in TEAMS]

    @rule(
        starts_at=TIMES,
        hours=st.integers(1, 30),
        whose=st.sampled_from([{}, {"team_id": TEAMS[0]}, {"worker_id": WORKERS[0]}]),
        keep=st.booleans(),
    )
    def black_out(self, starts_at: datetime, hours: int, whose: dict[str, Any], keep: bool) -> None:
        ends_at = starts_at + timedelta(hours=hours)
        self.do(AddBlackout(starts_at=starts_at, ends_at=ends_at, keep_bookings=keep, **whose))

    @rule(worker=st.sampled_from(WORKERS), active=st.booleans())
    def switch_a_worker(self, worker: WorkerId, active: bool) -> None:
        self.do(ChangeWorker(worker_id=worker, changes={"is_active": active}))

    @rule(minutes=st.sampled_from([5, 29, 30, 31, 240, 1440]))
    def wait(self, minutes: int) -> None:
        self.do(Tick(minutes))

    @invariant()
    def the_laws_hold(self) -> None:
        if not hasattr(self, "office"):
            return
        laws.nothing_is_held_twice(self.tables, self.now, self.setting.buffer_minutes)
        laws.moves_are_the_contracts(self.before, self.tables)
        laws.leads_follow_their_bookings(self.tables)
        laws.mails_follow_their_bookings(self.tables)
        self.before = dict(self.tables.bookings)
