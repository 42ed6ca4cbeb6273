"""The calendar, on both adapters: one history, equal answers; and how many statements an answer takes."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.memory.unit_of_work import MemoryUnitOfWork
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from adapters.system.entitlements import UnlimitedEntitlements
from adapters.system.identifiers import SystemIdentifiers
from application.ports.unit_of_work import UnitOfWork
from application.scheduling.check_conflicts import CheckConflicts, CheckConflictsHandler
from application.scheduling.find_slots import FindSlots, FindSlotsHandler
from application.scheduling.founding import found_scheduling
from application.scheduling.show_schedule import ShowSchedule, ShowScheduleHandler
from application.scheduling.suggest import Suggest, SuggestHandler
from application.scheduling.zones import OrgZones
from domain.booking.booking import Booking, BookingStatus, Cancellation, CancelledBy
from domain.booking.refusals import SlotTaken
from domain.identity.actor import Actor, ActorKind, Role
from domain.scheduling.blackout import Blackout
from domain.scheduling.hours import Week
from domain.scheduling.offers import Audience
from domain.scheduling.team import Team
from domain.scheduling.worker import Skill, Worker
from domain.shared.errors import NotFound
from domain.shared.ids import BlackoutId, BookingId, OrgId, TeamId, WorkerId
from tests.support.bookings import a_booking
from tests.support.clock import START, FixedClock
from tests.support.orgs import MakeOrg
from tests.support.scheduling import a_blackout, a_team, a_worker, week
from tests.support.scheduling import settings as booking_settings

IDS = SystemIdentifiers()
DAY = timedelta(days=1)
HALF_HOUR = timedelta(minutes=30)


class History:
    """Teams, workers, bookings of every state and blackouts, as one seed makes them."""

    def __init__(self, seed: int, teams: int = 4, workers: int = 8, bookings: int = 25) -> None:
        self.dice = random.Random(seed)
        self.teams = [self._team(n) for n in range(1, teams + 1)]
        self.workers = [self._worker(n) for n in range(100, 100 + workers)]
        self.bookings = [self._booking() for _ in range(bookings)]
        self.blackouts = [self._blackout() for _ in range(5)]

    async def play(self, uow: UnitOfWork, org_id: OrgId) -> None:
        hours = week((0, 540, 1440), (1, 0, 1440))
        async with uow.begin(org_id) as unit:
            await unit.booking_settings.save(booking_settings(default_hours=hours))
            for team in self.teams:
                await unit.teams.save(team)
            for worker in self.workers:
                await unit.workers.save(worker)
            for blackout in self.blackouts:
                await unit.blackouts.add(blackout)
        for booking in self.bookings:
            with suppress(SlotTaken):
                async with uow.begin(org_id) as unit:
                    await unit.bookings.save(booking)

    def _team(self, number: int) -> Team:
        hours = self.dice.choice([None, None, Week(), week((0, 0, 600), (6, 600, 1440))])
        return replace(
            a_team(number, name=f"{self.dice.choice(['north', 'North', 'Süd'])} {number}", hours=hours),
            is_active=self.dice.random() > 0.2,
            is_default=False,
            id=TeamId(IDS.new()),
        )

    def _worker(self, number: int) -> Worker:
        skills = (Skill("Glass", START.date()), Skill("lead"))[: self.dice.randrange(3)]
        return replace(
            a_worker(number, name=f"{self.dice.choice('AaBb')} {number}", skills=skills),
            id=WorkerId(IDS.new()),
            team_id=self.dice.choice(self.teams).id,
            role=self.dice.choice([None, "Lead", "glass cleaner"]),
            is_active=self.dice.random() > 0.2,
        )

    def _booking(self) -> Booking:
        status = self.dice.choice([*BookingStatus, BookingStatus.CONFIRMED])
        crew = self.dice.sample(self.workers, self.dice.randrange(3))
        expires = self.dice.choice([None, START - HALF_HOUR, START, START + HALF_HOUR])
        made = a_booking(
            booking_id=IDS.new(),
            team_id=self.dice.choice(self.teams).id,
            starts_at=START + self.dice.randrange(-96, 96) * HALF_HOUR,
            duration_minutes=self.dice.choice([15, 60, 120, 720, 1440]),
            buffer_minutes=self.dice.choice([0, 30, 240]),
            status=status,
            crew=tuple(sorted(worker.id for worker in crew)),
            expires_at=expires if status is BookingStatus.PENDING else None,
        )
        if status is BookingStatus.CANCELLED:
            gone = Cancellation(at=START, by=CancelledBy.OFFICE, reason="weather")
            return replace(made, cancelled=gone)
        return made

    def _blackout(self) -> Blackout:
        team, worker = self.dice.choice(self.teams).id, self.dice.choice(self.workers).id
        who: dict[str, Any] = self.dice.choice([{}, {"team_id": team}, {"worker_id": worker}])
        start = START + self.dice.randrange(-96, 96) * HALF_HOUR
        length = self.dice.choice([30, 600, 366 * 1440])
        return replace(a_blackout(start, length), id=BlackoutId(IDS.new()), reason="x", **who)


def dispatcher(org_id: OrgId) -> Actor:
    return Actor(org_id=org_id, kind=ActorKind.BEARER, role=Role.DISPATCHER)


@pytest.mark.parametrize("seed", range(6))
async def test_the_same_history_gives_equal_answers(
    memory_uow: MemoryUnitOfWork,
    postgres_uow: PostgresUnitOfWork,
    make_org: MakeOrg,
    clock: FixedClock,
    seed: int,
) -> None:
    history = History(seed)
    org_id = await make_org(timezone="Europe/Berlin")
    for uow in (memory_uow, postgres_uow):
        await history.play(uow, org_id)
    dice = random.Random(seed)
    for _ in range(20):
        question = random_question(dice, history)
        memory = await question(memory_uow, org_id, clock)
        postgres = await question(postgres_uow, org_id, clock)
        assert memory == postgres


type Question = Callable[[UnitOfWork, OrgId, FixedClock], Any]


def random_question(dice: random.Random, history: History) -> Question:
    start = START + dice.randrange(-96, 96) * HALF_HOUR
    end = start + dice.choice([15, 120, 1500, 9000]) * timedelta(minutes=1)
    booking = dice.choice([None, dice.choice(history.bookings).id])
    worker, team = dice.choice(history.workers), dice.choice(history.teams)

    async def facts(uow: UnitOfWork, org_id: OrgId, clock: FixedClock) -> Any:
        async with uow.begin(org_id) as unit:
            return (
                await unit.calendar.facts(start, end, now=clock.now(), ignoring=booking, crews_for=whose),
                await unit.calendar.board(start, end, now=clock.now(), limit=dice_limit),
                await unit.calendar.find(dice_booking),
                await unit.calendar.team_has_jobs(team.id, clock.now()),
                await unit.calendar.jobs_of_worker(worker.id, clock.now()),
            )

    async def suggested(uow: UnitOfWork, org_id: OrgId, clock: FixedClock) -> Any:
        ask = Suggest(starts_at=start, ends_at=end, skill_tags=dice_tags, limit=dice_limit)
        return await SuggestHandler(uow, clock, OrgZones()).handle(dispatcher(org_id), ask)

    async def in_the_way(uow: UnitOfWork, org_id: OrgId, clock: FixedClock) -> Any:
        ask = CheckConflicts(starts_at=start, ends_at=end, team_id=dice_team, worker_ids=dice_workers)
        return await CheckConflictsHandler(uow, clock).handle(dispatcher(org_id), ask)

    async def board(uow: UnitOfWork, org_id: OrgId, clock: FixedClock) -> Any:
        ask = ShowSchedule(day=start.date(), week=dice_week, slots_for_minutes=dice_minutes)
        return await ShowScheduleHandler(uow, clock, OrgZones()).handle(dispatcher(org_id), ask)

    async def slots(uow: UnitOfWork, org_id: OrgId, clock: FixedClock) -> Any:
        ask = FindSlots(audience=Audience.STAFF, duration_minutes=60, first=start.date())
        handler = FindSlotsHandler(uow, clock, OrgZones(), UnlimitedEntitlements())
        return await handler.handle(dispatcher(org_id), ask)

    dice_limit, whose = dice.choice([1, 3, 200]), dice.choice([None, (), (worker.id,)])
    dice_booking: BookingId = dice.choice(history.bookings).id
    dice_tags = dice.choice([(), ("lead",), ("glass", "lead")])
    dice_team = dice.choice([None, team.id])
    dice_workers = dice.choice([(), (worker.id,)])
    dice_week, dice_minutes = dice.choice([True, False]), dice.choice([None, 60])
    return dice.choice([facts, suggested, in_the_way, board, slots])


async def test_before_its_birth_an_organisation_has_no_calendar(uow: UnitOfWork, an_org: OrgId) -> None:
    async with uow.begin(an_org) as unit:
        for read in (
            unit.calendar.facts(START, START + DAY, now=START),
            unit.calendar.board(START, START + DAY, now=START, limit=1),
        ):
            with pytest.raises(NotFound):
                await read


async def test_crews_are_read_where_they_matter_to_the_workers_asked_about(
    uow: UnitOfWork, an_org: OrgId
) -> None:
    """What keeps a worker out, and whose crews leave the worker out, is known as if all crews were."""
    history = History(1)
    await history.play(uow, an_org)
    around = (START - 9 * DAY, START + 9 * DAY)
    async with uow.begin(an_org) as unit:
        whole = await unit.calendar.facts(*around, now=START)
        bare = await unit.calendar.facts(*around, now=START, crews_for=())
        for worker in history.workers:
            some = await unit.calendar.facts(*around, now=START, crews_for=(worker.id,))
            assert list(some.holds_keeping_out(worker)) == list(whole.holds_keeping_out(worker))
            assert list(some.holds_of_team(worker.team_id)) == list(whole.holds_of_team(worker.team_id))
            assert replace(some, holds=whole.holds, finished=whole.finished) == whole
    assert any(hold.crew for hold in whole.holds)
    assert bare.holds == tuple(replace(hold, crew=()) for hold in whole.holds)
    assert bare.finished == tuple(replace(hold, crew=()) for hold in whole.finished)
    assert replace(bare, holds=whole.holds, finished=whole.finished) == whole


async def test_no_other_organisation_is_in_the_calendar(uow: UnitOfWork, an_org: OrgId, rival: OrgId) -> None:
    history = History(1)
    await history.play(uow, an_org)
    async with uow.begin(rival) as unit:
        await found_scheduling(unit, START, IDS)
        facts = await unit.calendar.facts(START - 9 * DAY, START + 9 * DAY, now=START)
        assert (len(facts.teams), facts.workers, facts.holds, facts.blackouts) == (1, (), (), ())
        known = await unit.calendar.board(START - 9 * DAY, START + 9 * DAY, now=START, limit=99)
        assert (known.visits, known.facts.blackouts) == ((), ())
        for booking in history.bookings:
            assert await unit.calendar.find(booking.id) is None


# -- the cost


@contextmanager
def counted(engine: AsyncEngine) -> Iterator[list[str]]:
    """The queries that the driver sends meanwhile, those that open and end transactions left out."""
    sent: list[str] = []
    heard: set[Any] = set()

    def note(record: Any) -> None:
        if not record.query.startswith(("BEGIN", "COMMIT", "ROLLBACK")):
            sent.append(record.query)

    def listen(connection: Any, _record: Any, _proxy: Any) -> None:
        connection.driver_connection.add_query_logger(note)
        heard.add(connection.driver_connection)

    event.listen(engine.sync_engine, "checkout", listen)
    try:
        yield sent
    finally:
        event.remove(engine.sync_engine, "checkout", listen)
        for driver in heard:
            driver.remove_query_logger(note)


@pytest.fixture
async def small_and_large(postgres_uow: PostgresUnitOfWork, make_org: MakeOrg) -> tuple[OrgId, OrgId]:
    """One team with one worker, and forty teams with two hundred."""
    orgs = []
    for size in ({"teams": 1, "workers": 3, "bookings": 3}, {"teams": 40, "workers": 200, "bookings": 120}):
        org_id = await make_org()
        await History(7, **size).play(postgres_uow, org_id)
        orgs.append(org_id)
    return orgs[0], orgs[1]


async def test_the_number_of_statements_does_not_grow_with_teams_and_workers(
    postgres_uow: PostgresUnitOfWork,
    postgres_engine: AsyncEngine,
    clock: FixedClock,
    small_and_large: tuple[OrgId, OrgId],
) -> None:
    zones = OrgZones()
    window: dict[str, Any] = {"starts_at": START + 2 * HALF_HOUR, "ends_at": START + 5 * HALF_HOUR}
    questions: dict[str, Callable[[Actor], Any]] = {
        "suggestions": lambda actor: SuggestHandler(postgres_uow, clock, zones).handle(
            actor, Suggest(**window)
        ),
        "conflicts": lambda actor: CheckConflictsHandler(postgres_uow, clock).handle(
            actor, CheckConflicts(**window)
        ),
        "board": lambda actor: ShowScheduleHandler(postgres_uow, clock, zones).handle(actor, ShowSchedule()),
        "slots": lambda actor: FindSlotsHandler(postgres_uow, clock, zones, UnlimitedEntitlements()).handle(
            actor, FindSlots(audience=Audience.STAFF, duration_minutes=15)
        ),
    }
    most = {
        "suggestions": 1,
        "conflicts": 3,  # the window, the days nearby, the fortnight
        "board": 1,
        "slots": 5,  # the days asked for; where nothing is free, two years in four larger and larger pieces
    }
    for name, question in questions.items():
        for org_id in small_and_large:
            await question(dispatcher(org_id))  # its zone is known from here on
            with counted(postgres_engine) as sent:
                await question(dispatcher(org_id))
            assert 1 <= len(sent) <= most[name], (name, sent)
