"""A machine that lets everything happen to the clocks of an office's visits, in any order."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from itertools import combinations, pairwise
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from adapters.memory.tables import OrgTables, snapshot
from adapters.memory.unit_of_work import MemoryUnitOfWork
from adapters.system.identifiers import SystemIdentifiers
from application.booking.assign_crew import AssignCrew, UnassignCrew
from application.booking.cancel_booking import CancelBooking
from application.booking.complete_booking import CompleteBooking
from application.booking.create_booking import CreateBooking
from application.fieldwork.clocking import ClockMove
from application.fieldwork.correct_time import CorrectTime
from application.fieldwork.track_time import TrackTime
from domain.booking.booking import Booking, BookingStatus
from domain.booking.time_entry import ClockVerb, OverrunReason, Segment, TimeEntry
from domain.shared.ids import WorkerId
from tests.lifecycles.booking_office import (
    LEADS,
    TEAMS,
    WORKERS,
    BookingOffice,
    Refused,
    Setting,
    Tick,
    open_office,
)
from tests.support.clock import FixedClock

TABLE = {  # contract, section 7: start, pause, resume, finish
    "none": ("RUNNING", "", "", ""),
    "RUNNING": ("same", "PAUSED", "same", "FINISHED"),
    "PAUSED": ("", "same", "RUNNING", "FINISHED"),
    "FINISHED": ("", "", "", "same"),
}
NUMBER = st.integers(0, 30)
SOME_CREW = st.lists(st.sampled_from(WORKERS), min_size=1, max_size=2, unique=True).map(tuple)
AGO = st.none() | st.sampled_from([0, 0, 1, 5, 60, 1440, 1441, -1]).map(lambda m: timedelta(minutes=m))


class WorkMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.office: BookingOffice
        self.setting = Setting(auto_confirm=True)
        self.completed_by_hand: set[Any] = set()

    def teardown(self) -> None:
        self.runner.close()

    @property
    def tables(self) -> OrgTables:
        assert isinstance(self.office.uow, MemoryUnitOfWork)
        return self.office.uow.orgs[self.office.org_id]

    @property
    def now(self) -> datetime:
        return self.office.clock.now()

    def do(self, command: Any) -> Any:
        """A refusal leaves no trace, whatever it was."""
        before = snapshot(self.tables)
        answer = self.runner.run(self.office.do(command))
        if isinstance(answer, Refused):
            assert self.tables == before, command
        return answer

    def some_booking(self, number: int) -> Booking:
        return list(self.tables.bookings.values())[number % len(self.tables.bookings)]

    def clocks_of(self, booking: Booking) -> list[TimeEntry]:
        return [entry for entry in self.tables.time_entries.values() if entry.booking_id == booking.id]

    @initialize()
    def open(self) -> None:
        clock = FixedClock()
        uow = MemoryUnitOfWork(clock, SystemIdentifiers())
        self.office = self.runner.run(open_office(uow, clock, self.setting))
        for place, crew in enumerate((WORKERS[:1], WORKERS[:2], ())):
            self.book(place, crew, LEADS[place])

    def book(self, place: int, crew: tuple[WorkerId, ...], lead: Any) -> None:
        """Four hours apart, so that nothing but the clocks stands in the way."""
        latest = max((b.slot.starts_at for b in self.tables.bookings.values()), default=self.now)
        self.do(
            CreateBooking(
                starts_at=max(latest, self.now) + timedelta(hours=4),
                duration_minutes=60,
                team_id=TEAMS[place % 2],
                worker_ids=crew,
                lead_id=lead,
            )
        )

    @rule(place=NUMBER, crew=SOME_CREW, lead=st.none() | st.sampled_from(LEADS))
    def the_office_books(self, place: int, crew: tuple[WorkerId, ...], lead: Any) -> None:
        self.book(place, crew, lead)

    @rule(
        verb=st.sampled_from(ClockVerb),
        number=NUMBER,
        worker=st.sampled_from(WORKERS),
        ago=AGO,
        reason=st.none() | st.just(OverrunReason.OTHER),
        complete=st.none() | st.booleans(),
    )
    def move_a_clock(
        self,
        verb: ClockVerb,
        number: int,
        worker: WorkerId,
        ago: timedelta | None,
        reason: OverrunReason | None,
        complete: bool | None,
    ) -> None:
        """Each cell of the contract's table, whoever asks and whenever it is said to have been."""
        booking = self.some_booking(number)
        before = next((e for e in self.clocks_of(booking) if e.worker_id == worker), None)
        state = before.state.value if before else "none"
        expected = TABLE[state][list(ClockVerb).index(verb)]
        finishing = verb is ClockVerb.FINISH
        move = ClockMove(
            verb=verb,
            occurred_at=None if ago is None else self.now - ago,
            overrun_reason=reason if finishing else None,
            complete=complete if finishing else None,
        )
        rows = snapshot(self.tables)
        answer = self.do(TrackTime(order_id=booking.id, worker_id=worker, move=move))
        after = next((e for e in self.clocks_of(booking) if e.worker_id == worker), None)
        code = answer.code if isinstance(answer, Refused) else None
        if ago is not None and ago < timedelta(0):
            assert code == "validation_error"
        elif expected == "":
            assert code == "work_move_refused"
        elif expected == "same":
            assert after == before
            completes = finishing and complete and booking.status is not BookingStatus.DONE
            assert completes or (code is None and self.tables == rows)
        elif code is None:
            assert after is not None
            assert (after.state, after.version) == (expected, before.version + 1 if before else 1)
            assert booking.status is BookingStatus.CONFIRMED
        else:
            assert code in self.reasons(booking, verb, ago, before), (code, verb)

    def reasons(
        self, booking: Booking, verb: ClockVerb, ago: timedelta | None, before: TimeEntry | None
    ) -> set[str]:
        """What may stand in the way of a step that the table has."""
        if booking.status is not BookingStatus.CONFIRMED:
            return {"booking_move_refused", *({"validation_error"} if ago else ())}
        others = [e for e in self.clocks_of(booking) if e.is_open and e is not before]
        found = {"validation_error"} if ago is not None else set()
        if verb in {ClockVerb.START, ClockVerb.RESUME}:
            return found | {"other_work_running"}
        if verb is ClockVerb.FINISH:
            found |= {"overrun_reason_required", *({"work_in_progress"} if others else ())}
        return found

    @precondition(lambda self: self.tables.time_entries)
    @rule(
        number=NUMBER,
        back=st.integers(1, 3000),
        lengths=st.lists(st.tuples(st.integers(0, 90), st.integers(1, 90)), min_size=1, max_size=3),
    )
    def correct(self, number: int, back: int, lengths: list[tuple[int, int]]) -> None:
        entry = list(self.tables.time_entries.values())[number % len(self.tables.time_entries)]
        at, segments = self.now - timedelta(minutes=back), []
        for gap, length in lengths:
            start = at + timedelta(minutes=gap)
            at = start + timedelta(minutes=length)
            segments.append(Segment(start, at))
        command = CorrectTime(
            order_id=entry.booking_id, entry_id=entry.id, segments=tuple(segments), reason="phone was flat"
        )
        answer = self.do(command)
        others = [
            other
            for other in self.tables.time_entries.values()
            if other.worker_id == entry.worker_id and other.id != entry.id
        ]
        in_the_way = any(
            segment.starts_at < (theirs.ends_at or datetime.max.replace(tzinfo=self.now.tzinfo))
            and theirs.starts_at < (segment.ends_at or self.now)
            for segment in segments
            for other in others
            for theirs in other.segments
        )
        if at > self.now:
            assert answer.code == "validation_error"
        elif in_the_way:
            assert answer.code == "time_overlap"
        else:
            assert self.tables.time_entries[entry.id].segments == tuple(segments), answer
            self.completed_by_hand.discard(entry.booking_id)

    @rule(number=NUMBER, minutes=st.none() | st.just(77), stop=st.booleans())
    def complete(self, number: int, minutes: int | None, stop: bool) -> None:
        """F16: every job that used clocks can become done."""
        booking = self.some_booking(number)
        clocks = self.clocks_of(booking)
        answer = self.do(
            CompleteBooking(booking_id=booking.id, actual_duration_minutes=minutes, finish_open_work=stop)
        )
        if booking.status is not BookingStatus.CONFIRMED:
            done = booking.status is BookingStatus.DONE
            assert done is not isinstance(answer, Refused)
        elif any(clock.is_open for clock in clocks) and not stop:
            assert answer.code == "work_in_progress"
        elif not clocks and minutes is None:
            assert answer.code == "validation_error"
        else:
            assert answer.booking.status is BookingStatus.DONE, answer
            if minutes is not None:
                self.completed_by_hand.add(booking.id)

    @rule(number=NUMBER)
    def cancel(self, number: int) -> None:
        booking = self.some_booking(number)
        is_open = any(clock.is_open for clock in self.clocks_of(booking))
        answer = self.do(CancelBooking(booking_id=booking.id, reason_code="other"))
        if is_open:
            assert answer.code == "work_in_progress"

    @rule(number=NUMBER, crew=SOME_CREW)
    def unassign(self, number: int, crew: tuple[WorkerId, ...]) -> None:
        booking = self.some_booking(number)
        open_ones = {clock.worker_id for clock in self.clocks_of(booking) if clock.is_open}
        answer = self.do(UnassignCrew(booking_id=booking.id, worker_ids=crew))
        if booking.is_live:
            kept = bool(set(crew) & set(booking.crew) & open_ones)
            assert kept is (isinstance(answer, Refused) and answer.code == "work_in_progress")

    @rule(number=NUMBER, crew=SOME_CREW, instead=st.booleans())
    def assign(self, number: int, crew: tuple[WorkerId, ...], instead: bool) -> None:
        booking = self.some_booking(number)
        self.do(AssignCrew(booking_id=booking.id, worker_ids=crew, replace=instead))

    @rule(minutes=st.sampled_from([1, 30, 60, 73, 600]))
    def wait(self, minutes: int) -> None:
        self.do(Tick(minutes))

    @invariant()
    def clocks_keep_their_laws(self) -> None:
        """F15."""
        if not hasattr(self, "office"):
            return
        entries = list(self.tables.time_entries.values())
        running = Counter(entry.worker_id for entry in entries if entry.state == "RUNNING")
        assert all(count == 1 for count in running.values())
        far = self.now + timedelta(days=3650)
        for entry in entries:
            ends = [segment.ends_at or far for segment in entry.segments]
            assert all(end <= later.starts_at for end, later in zip(ends, entry.segments[1:], strict=False))
            assert [s.ends_at is None for s in entry.segments[:-1]] == [False] * (len(entry.segments) - 1)
            assert (entry.segments[-1].ends_at is None) == (entry.state == "RUNNING")
        for worker in WORKERS:
            worked = [
                (segment.starts_at, segment.ends_at or far)
                for entry in entries
                if entry.worker_id == worker
                for segment in entry.segments
                if segment.starts_at != segment.ends_at
            ]
            assert all(one[1] <= other[0] or other[1] <= one[0] for one, other in combinations(worked, 2))

    @invariant()
    def bookings_say_what_their_clocks_do(self) -> None:
        if not hasattr(self, "office"):
            return
        rows = Counter(row["resource_id"] for row in self.tables.audit if row["resource_type"] == "booking")
        for booking in self.tables.bookings.values():
            clocks = self.clocks_of(booking)
            assert rows[booking.id] == booking.version
            assert booking.status is not BookingStatus.DONE or not any(clock.is_open for clock in clocks)
            states = {clock.state.value for clock in clocks}
            by_rank = [s for s in ("RUNNING", "PAUSED", "FINISHED") if s in states]
            assert booking.work_state == (by_rank[0].lower() if by_rank else "not_started")
            ended = sorted((s.starts_at, s.ends_at) for c in clocks for s in c.segments if s.ends_at)
            assert booking.cleaner_seconds == sum(int((end - start).total_seconds()) for start, end in ended)
            if booking.id not in self.completed_by_hand:
                assert booking.actual_duration_minutes == (_union_minutes(ended) if ended else None)

    @invariant()
    def clients_are_asked_once(self) -> None:
        """F14 and F16."""
        if not hasattr(self, "office"):
            return
        keys = Counter(event.dedupe_key for event in self.tables.outbox.values())
        for booking in self.tables.bookings.values():
            done = booking.status is BookingStatus.DONE and booking.lead_id is not None
            assert keys[f"booking:{booking.id}:completed"] == done
            assert keys[f"booking:{booking.id}:nps"] == done
        for lead_id in LEADS:
            theirs = [b for b in self.tables.bookings.values() if b.lead_id == lead_id]
            if any(b.status is BookingStatus.DONE for b in theirs) and not any(b.is_live for b in theirs):
                assert self.tables.leads[lead_id].status == "DONE"


def _union_minutes(ended: list[Any]) -> int:
    """Minutes that the segments cover together; every instant here is a whole second."""
    marks = sorted({moment for pair in ended for moment in pair})
    covered = sum(
        int((later - earlier).total_seconds())
        for earlier, later in pairwise(marks)
        if any(start <= earlier and later <= end for start, end in ended)
    )
    return -(-covered // 60)
