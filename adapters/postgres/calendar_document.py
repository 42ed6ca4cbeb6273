"""The JSON document in which a calendar leaves the database: arrays, in the order of the fields here."""

from datetime import date, datetime
from uuid import UUID

import msgspec

from application.ports.booking_views import CrewMember
from application.ports.calendar import BoardFacts, BoardVisit
from domain.booking.booking import BookingStatus
from domain.scheduling.blackout import Blackout
from domain.scheduling.calendar import CalendarFacts
from domain.scheduling.hold import Hold
from domain.scheduling.hours import Opening, Week
from domain.scheduling.settings import BookingSettings
from domain.scheduling.team import Team
from domain.scheduling.worker import Skill, Worker
from domain.shared.ids import BlackoutId, BookingId, LeadId, TeamId, UserId, WorkerId

DONE = BookingStatus.DONE
type Openings = list[tuple[int, int, int]]


class SettingsRow(msgspec.Struct, array_like=True):
    slot_step_minutes: int
    min_notice_minutes: int
    horizon_days: int
    default_hours: Openings
    online_booking: bool
    auto_confirm: bool
    pending_ttl_minutes: int
    deposit_bps: int
    deposit_min_cents: int
    deposit_max_cents: int
    high_value_cents: int
    flagged_postal_prefixes: tuple[str, ...]
    office_email: str | None
    version: int
    updated_at: datetime

    def to_settings(self) -> BookingSettings:
        values = msgspec.structs.asdict(self)
        return BookingSettings(**values | {"default_hours": _week(self.default_hours)})


class TeamRow(msgspec.Struct, array_like=True):
    team_id: UUID
    name: str
    color: str | None
    is_active: bool
    is_default: bool
    hours: Openings | None
    version: int
    created_at: datetime
    updated_at: datetime

    def to_team(self) -> Team:
        return Team(
            id=TeamId(self.team_id),
            name=self.name,
            color=self.color,
            is_active=self.is_active,
            is_default=self.is_default,
            hours=None if self.hours is None else _week(self.hours),
            version=self.version,
            created_at=self.created_at,
            updated_at=self.updated_at,
        )


class WorkerRow(msgspec.Struct, array_like=True):
    worker_id: UUID
    name: str
    team_id: UUID
    phone: str | None
    email: str | None
    role: str | None
    skills: list[tuple[int, str, date | None]]
    hourly_rate_cents: int | None
    user_id: UUID | None
    is_active: bool
    version: int
    created_at: datetime
    updated_at: datetime

    def to_worker(self) -> Worker:
        return Worker(
            id=WorkerId(self.worker_id),
            name=self.name,
            team_id=TeamId(self.team_id),
            phone=self.phone,
            email=self.email,
            role=self.role,
            skills=tuple(Skill(tag, expires_on) for _, tag, expires_on in sorted(self.skills)),
            hourly_rate_cents=self.hourly_rate_cents,
            user_id=None if self.user_id is None else UserId(self.user_id),
            is_active=self.is_active,
            version=self.version,
            created_at=self.created_at,
            updated_at=self.updated_at,
        )


class HoldRow(msgspec.Struct, array_like=True):
    booking_id: UUID
    team_id: UUID
    starts_at: datetime
    ends_at: datetime
    held_until: datetime
    crew: tuple[UUID, ...]
    done: bool

    def to_hold(self) -> Hold:
        return Hold(
            booking_id=BookingId(self.booking_id),
            team_id=TeamId(self.team_id),
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            held_until=self.held_until,
            crew=tuple(WorkerId(worker_id) for worker_id in self.crew),
        )


class BlackoutRow(msgspec.Struct, array_like=True):
    blackout_id: UUID
    starts_at: datetime
    ends_at: datetime
    reason: str | None
    team_id: UUID | None
    worker_id: UUID | None
    created_by: UUID | None
    created_at: datetime

    def to_blackout(self) -> Blackout:
        return Blackout(
            id=BlackoutId(self.blackout_id),
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            reason=self.reason,
            team_id=None if self.team_id is None else TeamId(self.team_id),
            worker_id=None if self.worker_id is None else WorkerId(self.worker_id),
            created_by=None if self.created_by is None else UserId(self.created_by),
            created_at=self.created_at,
        )


class FactsRow(msgspec.Struct, array_like=True):
    timezone: str
    travel_buffer_minutes: int
    settings: SettingsRow | None
    teams: list[TeamRow]
    workers: list[WorkerRow]
    holds: list[HoldRow]
    blackouts: list[BlackoutRow]

    def to_facts(self, settings: SettingsRow) -> CalendarFacts:
        return CalendarFacts(
            timezone=self.timezone,
            travel_buffer_minutes=self.travel_buffer_minutes,
            settings=settings.to_settings(),
            teams=tuple(row.to_team() for row in self.teams),
            workers=tuple(row.to_worker() for row in self.workers),
            holds=tuple(row.to_hold() for row in self.holds if not row.done),
            finished=tuple(row.to_hold() for row in self.holds if row.done),
            blackouts=tuple(row.to_blackout() for row in self.blackouts),
        )


class VisitRow(msgspec.Struct, array_like=True):
    booking_id: UUID
    team_id: UUID
    starts_at: datetime
    ends_at: datetime
    held_until: datetime
    crew: list[tuple[UUID, str]]
    version: int
    status: str
    source: str
    lead_id: UUID | None
    lead: tuple[str, str] | None
    crew_needed: int
    service_type: str | None
    address: str | None
    deposit_status: str
    risk_band: str
    expires_at: datetime | None

    def to_visit(self) -> BoardVisit:
        return BoardVisit(
            hold=Hold(
                booking_id=BookingId(self.booking_id),
                team_id=TeamId(self.team_id),
                starts_at=self.starts_at,
                ends_at=self.ends_at,
                held_until=self.held_until,
                crew=tuple(WorkerId(worker_id) for worker_id, _ in self.crew),
            ),
            version=self.version,
            status=self.status,
            source=self.source,
            lead_id=None if self.lead_id is None else LeadId(self.lead_id),
            lead_name=self.lead[0] if self.lead else None,
            lead_phone=self.lead[1] if self.lead else None,
            crew=tuple(CrewMember(WorkerId(worker_id), name) for worker_id, name in self.crew),
            crew_needed=self.crew_needed,
            service_type=self.service_type,
            address=self.address,
            deposit_status=self.deposit_status,
            risk_band=self.risk_band,
            expires_at=self.expires_at,
        )


class BoardRow(msgspec.Struct, array_like=True):
    timezone: str
    travel_buffer_minutes: int
    settings: SettingsRow | None
    teams: list[TeamRow]
    visits: list[VisitRow]
    blackouts: list[BlackoutRow]

    def to_board(self, settings: SettingsRow, limit: int) -> BoardFacts:
        visits = tuple(row.to_visit() for row in self.visits[:limit])
        facts = CalendarFacts(
            timezone=self.timezone,
            travel_buffer_minutes=self.travel_buffer_minutes,
            settings=settings.to_settings(),
            teams=tuple(row.to_team() for row in self.teams),
            workers=(),
            holds=tuple(visit.hold for visit in visits if visit.status != DONE),
            finished=tuple(visit.hold for visit in visits if visit.status == DONE),
            blackouts=tuple(row.to_blackout() for row in self.blackouts),
        )
        return BoardFacts(facts, visits, truncated=len(self.visits) > limit)


board_decoder = msgspec.json.Decoder(BoardRow)
facts_decoder = msgspec.json.Decoder(FactsRow)
hold_decoder = msgspec.json.Decoder(HoldRow)


def _week(openings: Openings) -> Week:
    return Week(tuple(sorted(Opening(*opening) for opening in openings)))
