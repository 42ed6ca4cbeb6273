"""What is known of an organisation's time over some period: the ground of every answer about free time."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Self
from zoneinfo import ZoneInfo

from domain.scheduling.blackout import Blackout
from domain.scheduling.hold import Hold
from domain.scheduling.hours import Week
from domain.scheduling.settings import LONGEST_BUFFER_MINUTES, BookingSettings
from domain.scheduling.team import Team
from domain.scheduling.worker import Worker
from domain.shared.ids import BookingId, TeamId, WorkerId

LONGEST_BUFFER = timedelta(minutes=LONGEST_BUFFER_MINUTES)
_NONE: tuple[Hold, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CalendarFacts:
    """All teams and workers; the holds, finished jobs and blackouts that touch the period asked for."""

    timezone: str
    travel_buffer_minutes: int
    settings: BookingSettings
    teams: tuple[Team, ...]
    workers: tuple[Worker, ...]
    holds: tuple[Hold, ...]  # in force at the instant asked for
    finished: tuple[Hold, ...] = field(default=())  # DONE: they hold nothing, and count as work done
    blackouts: tuple[Blackout, ...]

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @cached_property
    def buffer(self) -> timedelta:
        return timedelta(minutes=self.travel_buffer_minutes)

    @cached_property
    def team_by_id(self) -> Mapping[TeamId, Team]:
        return {team.id: team for team in self.teams}

    @cached_property
    def worker_by_id(self) -> Mapping[WorkerId, Worker]:
        return {worker.id: worker for worker in self.workers}

    @cached_property
    def members_by_team(self) -> Mapping[TeamId, frozenset[WorkerId]]:
        members = defaultdict[TeamId, set[WorkerId]](set)
        for worker in self.workers:
            members[worker.team_id].add(worker.id)
        return {team_id: frozenset(ids) for team_id, ids in members.items()}

    def narrowed(self, start: datetime, end: datetime, *, ignoring: BookingId | None = None) -> Self:
        """As if only `[start, end)` had been asked for, without that booking."""
        until = end + LONGEST_BUFFER
        return replace(
            self,
            holds=tuple(h for h in self.holds if h.touches(start, until) and h.booking_id != ignoring),
            finished=tuple(h for h in self.finished if h.touches(start, until)),
            blackouts=tuple(b for b in self.blackouts if b.starts_at < until and start < b.ends_at),
        )

    def hours_of(self, team: Team) -> Week:
        return self.settings.default_hours if team.hours is None else team.hours

    def holds_of_team(self, team_id: TeamId) -> Iterable[Hold]:
        return self._by_team.get(team_id, _NONE)

    def holds_of_worker(self, worker_id: WorkerId) -> Iterable[Hold]:
        return self._by_worker.get(worker_id, _NONE)

    def holds_keeping_out(self, worker: Worker) -> Iterable[Hold]:
        """Holds that take the worker: in their crew, or of the own team without any crew."""
        yield from self.holds_of_worker(worker.id)
        yield from (hold for hold in self.holds_of_team(worker.team_id) if not hold.crew)

    def blackouts_of_team(self, team_id: TeamId) -> Iterable[Blackout]:
        """Those of the team and of the organisation."""
        return (b for b in self._shared_blackouts if b.closes_team(team_id))

    def blackouts_of_worker(self, worker: Worker) -> Iterable[Blackout]:
        """The own time off, and those of the own team and of the organisation."""
        yield from (b for b in self.blackouts if b.worker_id == worker.id)
        yield from self.blackouts_of_team(worker.team_id)

    @cached_property
    def _shared_blackouts(self) -> tuple[Blackout, ...]:
        return tuple(b for b in self.blackouts if b.worker_id is None)

    @cached_property
    def _by_team(self) -> Mapping[TeamId, list[Hold]]:
        found = defaultdict[TeamId, list[Hold]](list)
        for hold in self.holds:
            found[hold.team_id].append(hold)
        return found

    @cached_property
    def _by_worker(self) -> Mapping[WorkerId, list[Hold]]:
        found = defaultdict[WorkerId, list[Hold]](list)
        for hold in self.holds:
            for worker_id in hold.crew:
                found[worker_id].append(hold)
        return found
