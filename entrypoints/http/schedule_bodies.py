"""The board, suggestions and conflicts as they are answered."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from application.ports.calendar import BoardVisit
from application.scheduling.check_conflicts import ConflictsView
from application.scheduling.show_schedule import ScheduleView
from application.scheduling.suggest import SuggestedPeople
from domain.scheduling.alternatives import Alternative
from domain.scheduling.board import TeamDay
from domain.scheduling.conflicts import ConflictKind, ScheduleConflict
from domain.scheduling.local_time import Span
from entrypoints.http.blackouts import BlackoutAnswer, blackout_answer
from entrypoints.http.slots import SlotAnswer
from entrypoints.http.worker_bodies import SkillBody


class CrewAnswer(msgspec.Struct, kw_only=True):
    worker_id: UUID
    name: str


class BoardBookingAnswer(msgspec.Struct, kw_only=True):
    booking_id: UUID
    version: int
    status: str
    source: str
    lead_id: UUID | None
    lead_name: str | None
    lead_phone: str | None
    team_id: UUID
    crew: list[CrewAnswer]
    crew_needed: int
    starts_at: datetime
    ends_at: datetime
    duration_minutes: int
    occupied_until: datetime
    expires_at: datetime | None
    service_type: str | None
    address: str | None
    deposit_status: str
    risk_band: str


class TeamDayAnswer(msgspec.Struct, kw_only=True):
    """`available_slots` are there when a length was asked for."""

    team_id: UUID
    team_name: str
    working: list[SlotAnswer]
    bookings: list[BoardBookingAnswer]
    blackouts: list[BlackoutAnswer]
    booked_minutes: int
    free_minutes: int
    available_slots: list[SlotAnswer] | msgspec.UnsetType = msgspec.UNSET


class BoardDayAnswer(msgspec.Struct, kw_only=True):
    date: date
    starts_at: datetime
    ends_at: datetime
    teams: list[TeamDayAnswer]


class BoardAnswer(msgspec.Struct, kw_only=True):
    timezone: str
    view: Literal["day", "week"]
    starts_at: datetime
    ends_at: datetime
    days: list[BoardDayAnswer]
    truncated: bool


def board_answer(view: ScheduleView, *, week: bool) -> BoardAnswer:
    board = view.board
    shown = {booking_id: _booking(visit) for booking_id, visit in view.visits.items()}
    return BoardAnswer(
        timezone=board.timezone,
        view="week" if week else "day",
        starts_at=board.span.start,
        ends_at=board.span.end,
        days=[
            BoardDayAnswer(
                date=day.date,
                starts_at=day.span.start,
                ends_at=day.span.end,
                teams=[_team_day(team, [shown[h.booking_id] for h in team.bookings]) for team in day.teams],
            )
            for day in board.days
        ],
        truncated=view.truncated,
    )


def _team_day(day: TeamDay, bookings: list[BoardBookingAnswer]) -> TeamDayAnswer:
    slots = day.available_slots
    return TeamDayAnswer(
        team_id=day.team.id,
        team_name=day.team.name,
        working=_spans(day.working),
        bookings=bookings,
        blackouts=[blackout_answer(blackout) for blackout in day.blackouts],
        booked_minutes=day.booked_minutes,
        free_minutes=day.free_minutes,
        available_slots=msgspec.UNSET if slots is None else _spans(slots),
    )


def _spans(spans: tuple[Span, ...]) -> list[SlotAnswer]:
    return [SlotAnswer(starts_at=span.start, ends_at=span.end) for span in spans]


def _booking(visit: BoardVisit) -> BoardBookingAnswer:
    hold = visit.hold
    return BoardBookingAnswer(
        booking_id=hold.booking_id,
        version=visit.version,
        status=visit.status,
        source=visit.source,
        lead_id=visit.lead_id,
        lead_name=visit.lead_name,
        lead_phone=visit.lead_phone,
        team_id=hold.team_id,
        crew=[CrewAnswer(worker_id=member.worker_id, name=member.name) for member in visit.crew],
        crew_needed=visit.crew_needed,
        starts_at=hold.starts_at,
        ends_at=hold.ends_at,
        duration_minutes=hold.duration_minutes,
        occupied_until=hold.held_until,
        expires_at=visit.expires_at,
        service_type=visit.service_type,
        address=visit.address,
        deposit_status=visit.deposit_status,
        risk_band=visit.risk_band,
    )


class SuggestedTeamAnswer(msgspec.Struct, kw_only=True):
    team_id: UUID
    name: str
    within_working_hours: bool
    booked_minutes: int


class SuggestedWorkerAnswer(msgspec.Struct, kw_only=True):
    worker_id: UUID
    name: str
    team_id: UUID
    team_name: str
    role: str | None
    skills: list[SkillBody]
    within_working_hours: bool
    booked_minutes: int


class SuggestionsAnswer(msgspec.Struct, kw_only=True):
    starts_at: datetime
    ends_at: datetime
    timezone: str
    teams: list[SuggestedTeamAnswer]
    workers: list[SuggestedWorkerAnswer]
    truncated: bool


def suggestions_answer(people: SuggestedPeople) -> SuggestionsAnswer:
    found = people.suggestions
    return SuggestionsAnswer(
        starts_at=people.window.start,
        ends_at=people.window.end,
        timezone=people.timezone,
        teams=[
            SuggestedTeamAnswer(
                team_id=suggested.team.id,
                name=suggested.team.name,
                within_working_hours=suggested.within_working_hours,
                booked_minutes=suggested.booked_minutes,
            )
            for suggested in found.teams
        ],
        workers=[
            SuggestedWorkerAnswer(
                worker_id=suggested.worker.id,
                name=suggested.worker.name,
                team_id=suggested.team.id,
                team_name=suggested.team.name,
                role=suggested.worker.role,
                skills=[SkillBody(tag=s.tag, expires_on=s.expires_on) for s in suggested.worker.skills],
                within_working_hours=suggested.within_working_hours,
                booked_minutes=suggested.booked_minutes,
            )
            for suggested in found.workers
        ],
        truncated=found.truncated,
    )


class ConflictAnswer(msgspec.Struct, kw_only=True):
    kind: ConflictKind
    reference: UUID
    team_id: UUID | None
    worker_id: UUID | None
    starts_at: datetime
    ends_at: datetime
    occupied_until: datetime | None
    note: str | None


class AlternativeAnswer(msgspec.Struct, kw_only=True):
    starts_at: datetime
    ends_at: datetime
    team_id: UUID
    team_name: str


class ConflictsAnswer(msgspec.Struct, kw_only=True):
    has_conflict: bool
    conflicts: list[ConflictAnswer]
    warnings: list[ConflictAnswer]
    truncated: bool
    alternatives: list[AlternativeAnswer]
    minimum_shift_minutes: int | None


def conflicts_answer(view: ConflictsView) -> ConflictsAnswer:
    report = view.report
    return ConflictsAnswer(
        has_conflict=report.has_conflict,
        conflicts=[_conflict(conflict) for conflict in report.conflicts],
        warnings=[_conflict(warning) for warning in report.warnings],
        truncated=report.truncated,
        alternatives=[_alternative(alternative) for alternative in view.alternatives],
        minimum_shift_minutes=view.minimum_shift_minutes,
    )


def _conflict(conflict: ScheduleConflict) -> ConflictAnswer:
    return ConflictAnswer(
        kind=conflict.kind,
        reference=conflict.reference,
        team_id=conflict.team_id,
        worker_id=conflict.worker_id,
        starts_at=conflict.starts_at,
        ends_at=conflict.ends_at,
        occupied_until=conflict.occupied_until,
        note=conflict.note,
    )


def _alternative(alternative: Alternative) -> AlternativeAnswer:
    return AlternativeAnswer(
        starts_at=alternative.starts_at,
        ends_at=alternative.ends_at,
        team_id=alternative.team_id,
        team_name=alternative.team_name,
    )
