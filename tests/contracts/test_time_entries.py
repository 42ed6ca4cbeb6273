"""The port of clocks and that of workers' jobs, on memory and on PostgreSQL."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from application.ports.jobs import Job, JobFilter, JobPhotos
from application.ports.time_entries import TimeFilter, TimePosition
from application.ports.unit_of_work import UnitOfWork
from domain.booking.booking import Booking, BookingStatus, CancelledBy
from domain.booking.jobs import is_job_of
from domain.booking.refusals import BookingNotFound, OtherWorkRunning
from domain.booking.time_entry import EntryState, OverrunReason, Segment, TimeEntry
from domain.booking.visit import BookedAddOn, Details
from domain.booking.work import WorkState
from domain.photos.photo import Phase, ReviewStatus
from domain.shared.errors import NotFound
from domain.shared.ids import AddOnId, BookingId, OrgId, TeamId, TimeEntryId, WorkerId
from tests.contracts.test_photos import new_photo, reservation_of, store
from tests.support.bookings import a_booking
from tests.support.leads import a_lead
from tests.support.scheduling import a_team, a_worker

NORTH, SOUTH = TeamId(UUID(int=1)), TeamId(UUID(int=2))
ANN, BOB = WorkerId(UUID(int=100)), WorkerId(UUID(int=101))
NOW = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)
HOUR = timedelta(hours=1)


def new_id() -> UUID:
    return UUID(int=uuid7().int)


def a_visit(hours: float = 0, **fields: Any) -> Booking:
    return a_booking(
        booking_id=new_id(),
        **{
            "team_id": NORTH,
            "starts_at": NOW.replace(microsecond=0) + hours * HOUR,
            "duration_minutes": 60,
            "buffer_minutes": 0,
            "status": BookingStatus.CONFIRMED,
            **fields,
        },
    )


def a_clock(booking: Booking, worker: WorkerId = ANN, start: datetime = NOW, **fields: Any) -> TimeEntry:
    entry = TimeEntry(
        id=TimeEntryId(new_id()),
        booking_id=booking.id,
        worker_id=worker,
        segments=(Segment(start),),
        created_at=start,
        updated_at=start,
    )
    return replace(entry, **fields)


@pytest.fixture
async def org(uow: UnitOfWork, an_org: OrgId) -> OrgId:
    async with uow.begin(an_org) as unit:
        await unit.teams.save(a_team(1, name="North", is_default=True))
        await unit.teams.save(a_team(2, name="South"))
        await unit.workers.save(a_worker(100, team=1, name="Ann"))
        await unit.workers.save(a_worker(101, team=2, name="Bob"))
    return an_org


async def keep(uow: UnitOfWork, org: OrgId, *rows: Booking | TimeEntry) -> None:
    async with uow.begin(org) as unit:
        for row in rows:
            if isinstance(row, Booking):
                await unit.bookings.save(row)
            else:
                await unit.time_entries.save(row)


async def test_a_clock_comes_back_as_it_was_saved(uow: UnitOfWork, org: OrgId, rival: OrgId) -> None:
    booking = a_visit(crew=(ANN, BOB))
    running = a_clock(booking)
    paused = a_clock(booking, BOB, NOW - HOUR).pause(NOW, NOW)
    await keep(uow, org, booking, running, paused)
    finished = running.pause(NOW + HOUR, NOW).resume(NOW + 2 * HOUR, NOW)
    finished = finished.finish(NOW + 3 * HOUR, NOW, overrun_reason=OverrunReason.OTHER, note="two\nlines")
    await keep(uow, org, finished)
    async with uow.begin(org) as unit:
        assert await unit.time_entries.get(running.id) == finished
        named = await unit.time_entries.of_booking(booking.id)
        assert [(n.entry, n.worker_name, n.planned_minutes) for n in named] == [
            (paused, "Bob", 60),
            (finished, "Ann", 60),
        ]
        with pytest.raises(NotFound) as missing:
            await unit.time_entries.get(TimeEntryId(new_id()))
        assert missing.value.errors[0].field == "entry_id"
    async with uow.begin(rival) as theirs:
        with pytest.raises(NotFound):
            await theirs.time_entries.get(running.id)
        assert await theirs.time_entries.of_booking(booking.id) == []
        assert await theirs.time_entries.list_page(TimeFilter(), None, 10) == []


async def test_the_database_lets_one_clock_of_a_worker_run(uow: UnitOfWork, org: OrgId) -> None:
    first, second = a_visit(), a_visit(2)
    running = a_clock(first)
    await keep(uow, org, first, second, running)
    async with uow.begin(org) as unit:
        with pytest.raises(OtherWorkRunning) as refused:
            await unit.time_entries.save(a_clock(second))
        assert refused.value.members == {"booking_id": first.id}
        await unit.time_entries.save(a_clock(second, BOB))  # the unit is still good
    await keep(uow, org, running.pause(NOW, NOW), a_clock(second))


async def test_the_times_in_the_way_are_found(uow: UnitOfWork, org: OrgId) -> None:
    first, second, third = a_visit(), a_visit(2), a_visit(4)
    old = a_clock(first, start=NOW - 5 * HOUR, segments=(
        Segment(NOW - 5 * HOUR, NOW - 4 * HOUR), Segment(NOW - 3 * HOUR, NOW - 2 * HOUR),
    ), state=EntryState.FINISHED, finished_at=NOW)  # fmt: skip
    running = a_clock(second, start=NOW - HOUR)
    other = a_clock(third, BOB, NOW - 9 * HOUR)
    await keep(uow, org, first, second, third, old, running, other)
    cases: Iterable[tuple[tuple[Segment, ...], TimeEntry | None]] = (
        ((Segment(NOW - 4 * HOUR, NOW - 3 * HOUR),), None),
        ((Segment(NOW - 2 * HOUR, NOW - HOUR),), None),
        ((Segment(NOW - 6 * HOUR, NOW - 5 * HOUR),), None),
        ((Segment(NOW - 6 * HOUR, NOW - 5 * HOUR + timedelta(microseconds=1)),), old),
        ((Segment(NOW - 9 * HOUR, NOW - 8 * HOUR), Segment(NOW - 2.5 * HOUR, NOW - 2 * HOUR)), old),
        ((Segment(NOW - 2 * HOUR),), running),
        ((Segment(NOW + HOUR),), running),
        ((Segment(NOW - 9 * HOUR),), old),
    )
    async with uow.begin(org) as unit:
        for segments, expected in cases:
            assert await unit.time_entries.meeting(ANN, segments, besides=None) == expected, segments
        everything = (Segment(NOW - 9 * HOUR),)
        assert await unit.time_entries.meeting(ANN, everything, besides=old.id) == running


async def test_the_list_is_filtered_and_read_in_pages(uow: UnitOfWork, org: OrgId) -> None:
    visits = [a_visit(2 * n) for n in range(4)]
    starts = [NOW - 5 * HOUR, NOW - 3 * HOUR, NOW - 3 * HOUR, NOW - HOUR]
    clocks = [
        a_clock(visit, worker, start).finish(start + HOUR, NOW)
        for visit, start, worker in zip(visits, starts, (ANN, ANN, BOB, ANN), strict=True)
    ]
    running = a_clock(visits[0], BOB)
    await keep(uow, org, *visits, *clocks, running)
    in_order = [running, clocks[3], *sorted(clocks[1:3], key=lambda clock: clock.id), clocks[0]]
    async with uow.begin(org) as unit:

        async def listed(after: TimePosition | None = None, limit: int = 9, **wanted: Any) -> list[TimeEntry]:
            page = await unit.time_entries.list_page(TimeFilter(**wanted), after, limit)
            return [named.entry for named in page]

        assert await listed() == in_order
        assert await listed(limit=2) == in_order[:2]
        for place, entry in enumerate(in_order):
            assert await listed(TimePosition(entry.started_at, entry.id)) == in_order[place + 1 :]
        assert await listed(worker_id=BOB) == [entry for entry in in_order if entry.worker_id == BOB]
        assert await listed(states=frozenset({EntryState.RUNNING})) == [running]
        assert await listed(started_from=NOW - 3 * HOUR, started_before=NOW) == in_order[1:4]


async def test_a_worker_s_jobs_are_those_of_the_rule(uow: UnitOfWork, org: OrgId) -> None:
    """Every status, team and crew: the database lists exactly what `is_job_of` says."""
    called_off = [
        a_visit(40 + n, crew=crew).cancel(NOW, by=CancelledBy.OFFICE, reason="other")
        for n, crew in enumerate(((), (ANN,), (BOB,)))
    ]
    standing = [
        a_visit(n * 1.0, crew=crew, team_id=team, status=status)
        for n, (status, team, crew) in enumerate(
            (status, team, crew)
            for status in (BookingStatus.PENDING, BookingStatus.CONFIRMED, BookingStatus.DONE)
            for team in (NORTH, SOUTH)
            for crew in ((), (ANN,), (BOB,), (ANN, BOB))
        )
    ]
    bookings = [*standing, *called_off]
    await keep(uow, org, *bookings)
    async with uow.begin(org) as unit:
        for worker, team in ((ANN, NORTH), (BOB, SOUTH), (ANN, SOUTH)):
            found = await unit.jobs.list_of(a_filter(worker, team), 100)
            expected = [booking.id for booking in bookings if is_job_of(booking, worker, team)]
            assert [job.booking_id for job in found] == expected
            assert 0 < len(expected) < len(bookings)
        assert len(await unit.jobs.list_of(a_filter(ANN, NORTH), 3)) == 3
        edge = replace(a_filter(BOB, SOUTH), touching_from=standing[10].slot.ends_at)
        assert standing[10].id not in [job.booking_id for job in await unit.jobs.list_of(edge, 100)]


def a_filter(worker: WorkerId, team: TeamId) -> JobFilter:
    return JobFilter(
        worker_id=worker, team_id=team, touching_from=NOW - HOUR, touching_before=NOW + 100 * HOUR
    )


async def test_a_job_says_what_the_visit_needs(uow: UnitOfWork, org: OrgId, rival: OrgId) -> None:
    lead = a_lead(details={"name": "Jane Doe", "phone": "+1 555", "pets": "a cat", "parking": "behind"})
    oven = BookedAddOn(
        add_on_id=AddOnId(new_id()), code="oven", name="Oven", qty=1, unit_price_cents=3000, minutes=30
    )
    details = Details(service_type="deep", address="1 Main St", access_notes="code 7", notes="ring twice")
    booking = a_visit(
        crew=(ANN, BOB), lead_id=lead.id, details=details, add_ons=(oven,), work_state=WorkState.RUNNING
    )
    mine = a_clock(booking)
    async with uow.begin(org) as unit:
        await unit.leads.save(lead)
    await keep(uow, org, booking, mine, a_clock(booking, BOB))
    async with uow.begin(org) as unit:
        job = await unit.jobs.get(booking.id, ANN)
        assert [job] == await unit.jobs.list_of(a_filter(ANN, NORTH), 10)
        assert (await unit.jobs.get(booking.id, WorkerId(new_id()))).my_time is None
        with pytest.raises(BookingNotFound):
            await unit.jobs.get(BookingId(new_id()), ANN)
    assert isinstance(job, Job)
    assert (job.client_name, job.client_phone, job.pets, job.parking) == (
        "Jane Doe",
        "+1 555",
        "a cat",
        "behind",
    )
    assert (job.access_notes, job.notes, job.add_ons) == ("code 7", "ring twice", (oven,))
    assert [member.name for member in job.crew] == ["Ann", "Bob"]
    assert (job.my_time, job.work_state) == (mine, WorkState.RUNNING)
    async with uow.begin(rival) as theirs:
        with pytest.raises(BookingNotFound):
            await theirs.jobs.get(booking.id, ANN)


async def test_two_units_cannot_both_let_a_worker_run(postgres_uow: UnitOfWork, an_org: OrgId) -> None:
    """Without any lock: the index alone decides."""
    async with postgres_uow.begin(an_org) as unit:
        await unit.teams.save(a_team(1, is_default=True))
        await unit.workers.save(a_worker(100, team=1))
    visits = [a_visit(2 * n) for n in range(5)]
    await keep(postgres_uow, an_org, *visits)

    async def run(visit: Booking) -> bool:
        try:
            await keep(postgres_uow, an_org, a_clock(visit))
        except OtherWorkRunning:
            return False
        return True

    assert sorted(await asyncio.gather(*map(run, visits))) == [False] * 4 + [True]


async def test_a_job_counts_its_photos_and_the_retakes_asked_for(uow: UnitOfWork, org: OrgId) -> None:
    booking, other = a_visit(crew=(ANN,)), a_visit(2, crew=(ANN,))
    await keep(uow, org, booking, other)
    asked = {"review_status": ReviewStatus.NEEDS_RETAKE}
    first, second = new_photo(booking, "1", **asked), new_photo(booking, "2", phase=Phase.AFTER, **asked)
    newer = new_photo(booking, "3", phase=Phase.AFTER, replaces=second.id)
    await store(uow, org, first, second, newer, new_photo(other, "4"))
    async with uow.begin(org) as unit:
        await unit.photos.save(second.replaced_with(newer.id))
        await unit.photos.reserve(reservation_of(new_photo(booking, "5")))
    async with uow.begin(org) as unit:
        job, following = await unit.jobs.list_of(a_filter(ANN, NORTH), 10)
        assert job == await unit.jobs.get(booking.id, ANN)
    assert job.photos == JobPhotos(before=1, after=2, needs_retake=1)
    assert following.photos == JobPhotos(before=1, after=0, needs_retake=0)
