"""Calendars to ask questions of, made in one line."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.scheduling.blackout import Blackout
from domain.scheduling.calendar import CalendarFacts
from domain.scheduling.hold import Hold
from domain.scheduling.hours import Opening, Week
from domain.scheduling.local_time import day_span
from domain.scheduling.settings import BookingSettings
from domain.scheduling.team import Team
from domain.scheduling.worker import Worker
from domain.shared.ids import BlackoutId, BookingId, TeamId, WorkerId

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
NEW_YORK = "America/New_York"
ALWAYS = Week.daily(0, 1440)

# Twelve zones whose clocks change in different ways: at 1, 2 and 3 o'clock, over midnight, by half an hour,
# southern, against the season, and not at all.
TWELVE_ZONES = (
    "America/New_York",
    "America/Edmonton",
    "America/St_Johns",
    "America/Havana",
    "America/Santiago",
    "America/Nuuk",
    "Atlantic/Azores",
    "Europe/Dublin",
    "Africa/Casablanca",
    "Asia/Beirut",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
)


def an_id(number: int) -> UUID:
    return UUID(int=number)


def at(text: str, zone: str = NEW_YORK) -> datetime:
    """The instant of a wall time, the earlier one in a fold: `2026-03-02 09:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def week(*openings: tuple[int, int, int]) -> Week:
    return Week.of([Opening(*opening) for opening in openings])


def a_team(number: int = 1, **fields: object) -> Team:
    team = Team(id=TeamId(an_id(number)), name=f"Team {number}", created_at=LONG_AGO, updated_at=LONG_AGO)
    return replace(team, **fields)  # type: ignore[arg-type]  # fields of a team


def a_worker(number: int = 100, team: int = 1, **fields: object) -> Worker:
    worker = Worker(
        id=WorkerId(an_id(number)),
        name=f"Worker {number}",
        team_id=TeamId(an_id(team)),
        created_at=LONG_AGO,
        updated_at=LONG_AGO,
    )
    return replace(worker, **fields)  # type: ignore[arg-type]  # fields of a worker


def a_hold(
    start: datetime,
    minutes: int,
    *,
    team: int = 1,
    crew: Iterable[int] = (),
    buffer: int = 30,
    number: int = 1000,
) -> Hold:
    end = start + timedelta(minutes=minutes)
    return Hold(
        booking_id=BookingId(an_id(number)),
        team_id=TeamId(an_id(team)),
        starts_at=start,
        ends_at=end,
        held_until=end + timedelta(minutes=buffer),
        crew=tuple(WorkerId(an_id(n)) for n in crew),
    )


def a_blackout(
    start: datetime, minutes: int, *, team: int | None = None, worker: int | None = None, number: int = 2000
) -> Blackout:
    return Blackout(
        id=BlackoutId(an_id(number)),
        starts_at=start,
        ends_at=start + timedelta(minutes=minutes),
        team_id=TeamId(an_id(team)) if team else None,
        worker_id=WorkerId(an_id(worker)) if worker else None,
        created_at=LONG_AGO,
    )


def settings(**fields: object) -> BookingSettings:
    return replace(BookingSettings(updated_at=LONG_AGO), **fields)  # type: ignore[arg-type]  # its fields


def a_calendar(
    *,
    zone: str = NEW_YORK,
    buffer: int = 30,
    hours: Week | None = None,
    step: int = 30,
    teams: Iterable[Team] = (),
    workers: Iterable[Worker] = (),
    holds: Iterable[Hold] = (),
    finished: Iterable[Hold] = (),
    blackouts: Iterable[Blackout] = (),
) -> CalendarFacts:
    """One team, nine to six daily, unless said otherwise."""
    return CalendarFacts(
        timezone=zone,
        travel_buffer_minutes=buffer,
        settings=settings(slot_step_minutes=step, **({} if hours is None else {"default_hours": hours})),
        teams=tuple(teams) or (a_team(),),
        workers=tuple(workers),
        holds=tuple(holds),
        finished=tuple(finished),
        blackouts=tuple(blackouts),
    )


def transition_days(zone: str, first_year: int, last_year: int) -> list[date]:
    """The local dates on which the zone's clock changes."""
    tz = ZoneInfo(zone)
    moment = datetime(first_year, 1, 1, tzinfo=UTC)
    found: list[date] = []
    while moment.year <= last_year:
        following = moment + timedelta(hours=12)
        if moment.astimezone(tz).utcoffset() != following.astimezone(tz).utcoffset():
            low, high = moment, following
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) / 2
                same = middle.astimezone(tz).utcoffset() == moment.astimezone(tz).utcoffset()
                low, high = (middle, high) if same else (low, middle)
            found.append(high.astimezone(tz).date())
        moment = following
    return found


def days_touched(start: datetime, end: datetime, zone: ZoneInfo) -> list[date]:
    """The local days of which `[start, end)` has some instant, found by looking at each in reach."""
    first = start.astimezone(zone).date() - timedelta(days=2)
    reach = [first + timedelta(days=n) for n in range((end - start).days + 5)]
    return [day for day in reach if day_span(day, zone).overlaps(start, end)]
