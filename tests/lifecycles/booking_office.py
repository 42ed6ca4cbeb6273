"""The real handlers of bookings over either database, driven by commands that can be written down.

Ids and time come from seeds, so the same history gives the same answers wherever it is played."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from adapters.system.entitlements import UnlimitedEntitlements
from application.booking.assign_crew import AssignCrew, AssignCrewHandler, UnassignCrew, UnassignCrewHandler
from application.booking.bulk.deeds import BulkOutcome
from application.booking.bulk_bookings import BulkBookings, BulkBookingsHandler
from application.booking.cancel_booking import CancelBooking, CancelBookingHandler
from application.booking.complete_booking import CompleteBooking, CompleteBookingHandler
from application.booking.confirm_booking import ConfirmBooking, ConfirmBookingHandler
from application.booking.create_booking import CreateBooking, CreateBookingHandler
from application.booking.create_public_booking import CreatePublicBooking, CreatePublicBookingHandler
from application.booking.crowd import Crowd
from application.booking.expire_bookings import ExpireBookings, ExpireBookingsHandler
from application.booking.list_waiting import ListWaiting, ListWaitingHandler
from application.booking.order_add_ons import SetAddOns, SetAddOnsHandler
from application.booking.override_booking import OverrideBooking, OverrideBookingHandler
from application.booking.reassign_worker import ReassignWorker, ReassignWorkerHandler
from application.booking.refused_time import RefusedTimes
from application.booking.reschedule_booking import RescheduleBooking, RescheduleBookingHandler
from application.booking.rules import InstallationRules
from application.fieldwork.correct_time import CorrectTime, CorrectTimeHandler
from application.fieldwork.time_sheet import TimeKeeping
from application.fieldwork.track_time import TrackTime, TrackTimeHandler
from application.ports.unit_of_work import UnitOfWork
from application.pricing.founding import found_pricing
from application.scheduling.blackouts import AddBlackout, AddBlackoutHandler
from application.scheduling.change_worker import ChangeWorker, ChangeWorkerHandler
from application.scheduling.check_conflicts import CheckConflicts, CheckConflictsHandler
from application.scheduling.find_slots import FindSlots, FindSlotsHandler
from application.scheduling.show_schedule import ShowSchedule, ShowScheduleHandler
from application.scheduling.suggest import Suggest, SuggestHandler
from application.scheduling.zones import OrgZones
from domain.booking.booking import Booking
from domain.booking.work import OverrunRule
from domain.identity.actor import Actor, ActorKind, Role
from domain.leads.lead import Lead, LeadSource
from domain.scheduling.offers import Audience
from domain.scheduling.settings import BookingSettings
from domain.shared.errors import DomainError
from domain.shared.estimate import Estimate
from domain.shared.ids import BookingId, LeadId, OrgId, TeamId, WorkerId
from tests.support.clock import FixedClock
from tests.support.leads import a_lead
from tests.support.orgs import found_org
from tests.support.pricing import a_home, an_estimate
from tests.support.scheduling import a_team, a_worker

TEAMS = (TeamId(UUID(int=1)), TeamId(UUID(int=2)))
WORKERS = tuple(WorkerId(UUID(int=number)) for number in (101, 102, 103))
LEADS = tuple(LeadId(UUID(int=number)) for number in range(1001, 1007))
TOKEN = "a token"
RULES = InstallationRules(payments_available=True, public_bookings_per_contact=100)


@dataclass(slots=True)
class SeededIdentifiers:
    """1, 2, 3 …, far from the ids of teams, workers and leads."""

    last: int = 2**64

    def new(self) -> UUID:
        self.last += 1
        return UUID(int=self.last)

    def secret(self, size_bytes: int) -> bytes:
        return bytes(size_bytes)


@dataclass(frozen=True, slots=True)
class Setting:
    """What an office is like on its first day."""

    buffer_minutes: int = 30
    step_minutes: int = 30
    auto_confirm: bool = False
    two_teams: bool = True  # else the second is switched off


@dataclass(frozen=True, slots=True)
class Refused:
    """A problem as its reader gets it."""

    code: str
    members: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Itemized:
    """What became of each of many: its id, the booking, and the code and members of what kept it back."""

    items: tuple[tuple[BookingId, Booking | None, tuple[str, Mapping[str, Any]] | None], ...]


@dataclass(frozen=True, slots=True)
class Tick:
    minutes: int


type Handle = Callable[[Actor, Any], Awaitable[Any]]


@dataclass(slots=True)
class BookingOffice:
    uow: UnitOfWork
    org_id: OrgId
    clock: FixedClock
    handlers: Mapping[type, Handle]
    history: list[tuple[Any, Any]] = field(default_factory=list)

    async def do(self, command: Any) -> Any:
        """The handler's result or its refusal; written down."""
        answer = await self.ask(command)
        self.history.append((command, answer))
        return answer

    async def ask(self, command: Any) -> Any:
        if isinstance(command, Tick):
            return self.clock.advance(minutes=command.minutes)
        actor = self._actor(command)
        try:
            answer = await self.handlers[type(command)](actor, command)
        except DomainError as refusal:
            return Refused(refusal.code, refusal.members)
        return itemized(answer) if isinstance(answer, BulkOutcome) else answer

    def _actor(self, command: Any) -> Actor:
        public = isinstance(command, CreatePublicBooking) or (
            isinstance(command, FindSlots) and command.audience is Audience.PUBLIC
        )
        if public:
            return Actor(org_id=self.org_id, kind=ActorKind.NONE)
        return Actor(org_id=self.org_id, kind=ActorKind.BEARER, role=Role.ADMIN, name="a@example.com")

    async def slots(self, first: date, last: date, minutes: int) -> set[datetime]:
        """The starts that the public is offered."""
        return await self._starts(
            FindSlots(audience=Audience.PUBLIC, duration_minutes=minutes, first=first, last=last)
        )

    async def staff_slots(
        self,
        first: date,
        last: date,
        minutes: int,
        team: TeamId | None = None,
        crew: tuple[WorkerId, ...] = (),
    ) -> set[datetime]:
        return await self._starts(
            FindSlots(
                audience=Audience.STAFF,
                duration_minutes=minutes,
                first=first,
                last=last,
                team_id=team,
                worker_ids=crew,
            )
        )

    async def _starts(self, question: FindSlots) -> set[datetime]:
        found = await self.ask(question)
        return {slot.starts_at for day in found.days for slot in day.slots}


def itemized(outcome: BulkOutcome) -> Itemized:
    return Itemized(
        tuple(
            (
                item.booking_id,
                item.booking,
                None if item.problem is None else (item.problem.code, item.problem.members),
            )
            for item in outcome.items
        )
    )


async def open_office(uow: UnitOfWork, clock: FixedClock, setting: Setting) -> BookingOffice:
    org_id = await found_org(uow, clock.now())
    async with uow.begin(org_id) as unit:
        profile = await unit.org.get()
        await unit.org.save(profile.edited(clock.now(), travel_buffer_minutes=setting.buffer_minutes))
        await unit.booking_settings.save(
            BookingSettings(
                slot_step_minutes=setting.step_minutes,
                auto_confirm=setting.auto_confirm,
                updated_at=clock.now(),
            )
        )
        await found_pricing(unit, clock.now(), SeededIdentifiers(2**63))
        for number, team_id in enumerate(TEAMS, start=1):
            first = number == 1
            team = a_team(
                team_id.int, name=f"Team {number}", is_default=first, is_active=first or setting.two_teams
            )
            await unit.teams.save(team)
        for number, worker_id in enumerate(WORKERS):
            await unit.workers.save(
                a_worker(worker_id.int, team=1 + number % 2, email=f"w{number}@example.com")
            )
        for number, lead_id in enumerate(LEADS):
            await unit.leads.save(_lead(number, lead_id, clock.now()))
    return BookingOffice(uow, org_id, clock, _handlers(uow, clock))


def _lead(number: int, lead_id: LeadId, now: datetime) -> Lead:
    """Some return, some share a telephone, the last was sent by the first."""
    return a_lead(
        id=lead_id,
        details={
            "name": f"L{number}",
            "phone": f"555 000{number // 2}",
            "email": f"lead{number}@example.com",
        },
        source=LeadSource.PUBLIC,
        referral_code=f"ABCDEFG{'ABCDEF'[number]}",
        referred_by_code="ABCDEFGA" if number == len(LEADS) - 1 else None,
        estimate=_estimate(number),
        token_sha256=sha256(TOKEN.encode()).digest(),
        token_expires_at=now + timedelta(days=365),
    )


def _estimate(number: int) -> Estimate:
    return an_estimate(a_home(1, 1) if number % 2 else a_home(3, 2, "deep", oven=1))


def _handlers(uow: UnitOfWork, clock: FixedClock) -> Mapping[type, Handle]:
    ids, free = SeededIdentifiers(), UnlimitedEntitlements()
    refused, crowd = RefusedTimes(uow, clock), Crowd()
    keeping = TimeKeeping(clock, ids, OverrunRule())
    return {
        CreatePublicBooking: CreatePublicBookingHandler(uow, clock, ids, free, RULES, refused, crowd).handle,
        CreateBooking: CreateBookingHandler(uow, clock, ids, free, RULES, refused, crowd).handle,
        ConfirmBooking: ConfirmBookingHandler(uow, clock).handle,
        CancelBooking: CancelBookingHandler(uow, clock).handle,
        CompleteBooking: CompleteBookingHandler(uow, clock).handle,
        TrackTime: TrackTimeHandler(uow, keeping).handle,
        CorrectTime: CorrectTimeHandler(uow, keeping).handle,
        RescheduleBooking: RescheduleBookingHandler(uow, clock, refused, crowd).handle,
        AssignCrew: AssignCrewHandler(uow, clock, refused, crowd).handle,
        UnassignCrew: UnassignCrewHandler(uow, clock).handle,
        ExpireBookings: ExpireBookingsHandler(uow, clock).handle,
        OverrideBooking: OverrideBookingHandler(uow, clock, ids).handle,
        SetAddOns: SetAddOnsHandler(uow, clock, refused, crowd).handle,
        BulkBookings: BulkBookingsHandler(uow, clock, crowd).handle,
        ReassignWorker: ReassignWorkerHandler(uow, clock, crowd).handle,
        ListWaiting: ListWaitingHandler(uow, clock).handle,
        ShowSchedule: ShowScheduleHandler(uow, clock, OrgZones()).handle,
        Suggest: SuggestHandler(uow, clock, OrgZones()).handle,
        AddBlackout: AddBlackoutHandler(uow, clock, ids).handle,
        ChangeWorker: ChangeWorkerHandler(uow, clock, free).handle,
        CheckConflicts: CheckConflictsHandler(uow, clock).handle,
        FindSlots: FindSlotsHandler(uow, clock, OrgZones(), free).handle,
    }
