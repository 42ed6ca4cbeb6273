"""Who could work in a window, best first."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from domain.scheduling.calendar import CalendarFacts
from domain.scheduling.conflicts import own_team_busy, team_conflicts, worker_conflicts
from domain.scheduling.load import team_minutes, worker_minutes
from domain.scheduling.local_time import Span, day_of, day_span
from domain.scheduling.team import Team
from domain.scheduling.worker import Worker
from domain.shared.ids import TeamId


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestedTeam:
    team: Team
    within_working_hours: bool
    booked_minutes: int  # on the window's local day


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestedWorker:
    worker: Worker
    team: Team  # the worker's own
    within_working_hours: bool  # of the own team
    booked_minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestions:
    teams: tuple[SuggestedTeam, ...]
    workers: tuple[SuggestedWorker, ...]
    truncated: bool = False


def suggestions(
    facts: CalendarFacts, window: Span, *, skill_keys: Iterable[str] = (), limit: int = 200
) -> Suggestions:
    """Active teams without conflict; active, matching workers without conflict whose own team is not busy
    with others. Within hours first, then least booked that local day, name, id; the limit is per list."""
    in_hours = _in_hours(facts, window)
    teams = _free_teams(facts, window, in_hours)
    workers = _free_workers(facts, window, tuple(skill_keys), in_hours)
    return Suggestions(
        teams=tuple(teams[:limit]),
        workers=tuple(workers[:limit]),
        truncated=max(len(teams), len(workers)) > limit,
    )


def best_workers(facts: CalendarFacts, window: Span, limit: int) -> tuple[Worker, ...]:
    """Whom `suggestions` puts first, for those who do not ask for teams."""
    found = _free_workers(facts, window, (), _in_hours(facts, window))
    return tuple(suggested.worker for suggested in found[:limit])


def free_teams(facts: CalendarFacts, window: Span) -> list[TeamId]:
    """The teams that a booking without a named team may take: in hours first, fewest minutes, id."""
    free = _free_teams(facts, window, _in_hours(facts, window))
    free.sort(key=lambda s: (not s.within_working_hours, s.booked_minutes, s.team.id))
    return [suggested.team.id for suggested in free]


def _in_hours(facts: CalendarFacts, window: Span) -> Callable[[Team], bool]:
    known = {
        week: week.covers(window.start, window.end, facts.zone)
        for week in {facts.hours_of(team) for team in facts.teams}
    }
    return lambda team: known[facts.hours_of(team)]


def _free_teams(facts: CalendarFacts, window: Span, in_hours: Callable[[Team], bool]) -> list[SuggestedTeam]:
    minutes = team_minutes(facts, _day(facts, window))
    found = [
        SuggestedTeam(team=team, within_working_hours=in_hours(team), booked_minutes=minutes[team.id])
        for team in facts.teams
        if next(team_conflicts(facts, window, team), None) is None
    ]
    return sorted(
        found, key=lambda s: (not s.within_working_hours, s.booked_minutes, s.team.name_key, s.team.id)
    )


def _free_workers(
    facts: CalendarFacts, window: Span, keys: tuple[str, ...], in_hours: Callable[[Team], bool]
) -> list[SuggestedWorker]:
    minutes = worker_minutes(facts, _day(facts, window))
    day = day_of(window.start, facts.zone)
    found = [
        SuggestedWorker(
            worker=worker,
            team=facts.team_by_id[worker.team_id],
            within_working_hours=in_hours(facts.team_by_id[worker.team_id]),
            booked_minutes=minutes[worker.id],
        )
        for worker in facts.workers
        if worker.matches(keys, day) and _is_free(facts, window, worker)
    ]
    return sorted(
        found, key=lambda s: (not s.within_working_hours, s.booked_minutes, s.worker.name_key, s.worker.id)
    )


def _is_free(facts: CalendarFacts, window: Span, worker: Worker) -> bool:
    return (
        next(worker_conflicts(facts, window, worker), None) is None
        and next(own_team_busy(facts, window, worker), None) is None
    )


def _day(facts: CalendarFacts, window: Span) -> Span:
    return day_span(day_of(window.start, facts.zone), facts.zone)
