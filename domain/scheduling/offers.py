"""Which starts are offered: the one rule behind calendar, alternatives and public booking (contract §4).

A start is offered when it is on the grid, its work lies in the team's hours, it is neither too soon nor too
far, and nothing holds the team or a named worker. Refusals are told in that order.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property

from domain.scheduling.blackout import Blackout
from domain.scheduling.calendar import CalendarFacts
from domain.scheduling.hold import Hold
from domain.scheduling.hours import Week
from domain.scheduling.local_time import Span, day_of, first_instant, grid, on_grid
from domain.scheduling.team import Team
from domain.shared.ids import TeamId, WorkerId

STAFF_HORIZON = timedelta(days=730)
_DAY = timedelta(days=1)
_TICK = timedelta(microseconds=1)


class Audience(StrEnum):
    PUBLIC = "public"
    STAFF = "staff"


class Refusal(StrEnum):
    OFF_GRID = "off_grid"
    OUTSIDE_HOURS = "outside_hours"
    TOO_SOON = "too_soon"
    BEYOND_HORIZON = "beyond_horizon"
    TEAM_INACTIVE = "team_inactive"
    WORKER_INACTIVE = "worker_inactive"
    TAKEN = "taken"


@dataclass(frozen=True)
class Offers:
    """What is offered of one length, to one audience, at one instant. The facts must reach a buffer and a
    day around the starts asked for; what teams share is worked out once."""

    facts: CalendarFacts
    length: timedelta
    now: datetime
    audience: Audience
    worker_ids: tuple[WorkerId, ...] = ()
    _blocks: dict[TeamId, Sequence[Span]] = field(default_factory=dict, repr=False)
    _open: dict[tuple[Week, Span], Sequence[Span]] = field(default_factory=dict, repr=False)
    _grids: dict[Span, Sequence[datetime]] = field(default_factory=dict, repr=False)

    def refusal(self, team_id: TeamId, start: datetime) -> Refusal | None:
        """Why the team is not offered for a job that starts then; None when it is."""
        return next(self._refusals(self.facts.team_by_id[team_id], start), None)

    def starts(self, team_id: TeamId, within: Span) -> list[datetime]:
        """Every instant of `within` whose `refusal` is None, in order."""
        team = self.facts.team_by_id[team_id]
        if not team.is_active or not self._crew_is_active:
            return []
        within = within.clipped(self.earliest, self.too_late)
        if within.end <= within.start:
            return []
        instants = self._grid_of(within)
        found: list[datetime] = []
        for first, last in self._free_ranges(team, within):
            found += instants[bisect_left(instants, first) : bisect_right(instants, last)]
        return found

    @cached_property
    def earliest(self) -> datetime:
        notice = self.facts.settings.min_notice_minutes if self.audience is Audience.PUBLIC else 0
        return self.now + timedelta(minutes=notice)

    @cached_property
    def too_late(self) -> datetime:
        """The first instant beyond the horizon."""
        if self.audience is Audience.STAFF:
            return self.now + STAFF_HORIZON + _TICK
        last_day = day_of(self.now, self.facts.zone) + timedelta(days=self.facts.settings.horizon_days)
        return first_instant(last_day + _DAY, self.facts.zone)

    @cached_property
    def _crew_is_active(self) -> bool:
        return all(self.facts.worker_by_id[worker_id].is_active for worker_id in self.worker_ids)

    def _refusals(self, team: Team, start: datetime) -> Iterator[Refusal]:
        if not on_grid(start, self.facts.settings.slot_step_minutes, self.facts.zone):
            yield Refusal.OFF_GRID
        if not self.facts.hours_of(team).covers(start, start + self.length, self.facts.zone):
            yield Refusal.OUTSIDE_HOURS
        if start < self.earliest:
            yield Refusal.TOO_SOON
        if start >= self.too_late:
            yield Refusal.BEYOND_HORIZON
        if not team.is_active:
            yield Refusal.TEAM_INACTIVE
        if not self._crew_is_active:
            yield Refusal.WORKER_INACTIVE
        if self._blocked(team.id, start):
            yield Refusal.TAKEN

    def _blocked(self, team_id: TeamId, start: datetime) -> bool:
        blocks = self._blocks_of(team_id)
        before = bisect_left(blocks, start, key=_opening)
        return before > 0 and start < blocks[before - 1].end

    def _blocks_of(self, team_id: TeamId) -> Sequence[Span]:
        """Starts that holds and blackouts rule out: strictly between the two ends of each span."""
        if team_id not in self._blocks:
            self._blocks[team_id] = _merged(self._rule_out(team_id))
        return self._blocks[team_id]

    def _rule_out(self, team_id: TeamId) -> Iterator[Span]:
        holds: list[Iterable[Hold]] = [self.facts.holds_of_team(team_id)]
        blackouts: list[Iterable[Blackout]] = [self.facts.blackouts_of_team(team_id)]
        for worker_id in self.worker_ids:
            worker = self.facts.worker_by_id[worker_id]
            holds.append(self.facts.holds_keeping_out(worker))
            blackouts.append(self.facts.blackouts_of_worker(worker))
        reach = self.length + self.facts.buffer
        for several in holds:
            yield from (Span(hold.starts_at - reach, hold.held_until) for hold in several)
        for some in blackouts:
            yield from (Span(blackout.starts_at - self.length, blackout.ends_at) for blackout in some)

    def _free_ranges(self, team: Team, within: Span) -> Iterator[tuple[datetime, datetime]]:
        """Ranges of starts, both ends included, that hours, holds and blackouts leave."""
        blocks = self._blocks_of(team.id)
        for opening in self._open_spans(self.facts.hours_of(team), within):
            first, last = opening.start, opening.end - self.length
            if last < first:
                continue
            index = max(bisect_left(blocks, first, key=_opening) - 1, 0)
            while index < len(blocks) and blocks[index].start < last:
                if first <= blocks[index].start:
                    yield first, blocks[index].start
                first = max(first, blocks[index].end)
                index += 1
            if first <= last:
                yield first, last

    def _open_spans(self, week: Week, within: Span) -> Sequence[Span]:
        key = (week, within)
        if key not in self._open:
            self._open[key] = week.open_spans(within.start, within.end + self.length, self.facts.zone)
        return self._open[key]

    def _grid_of(self, within: Span) -> Sequence[datetime]:
        if within not in self._grids:
            step = self.facts.settings.slot_step_minutes
            self._grids[within] = grid(within.start, within.end, step, self.facts.zone)
        return self._grids[within]


def _opening(span: Span) -> datetime:
    return span.start


def _merged(spans: Iterable[Span]) -> list[Span]:
    """Disjoint and in order. Spans that merely touch stay apart: the point between them is free."""
    found: list[Span] = []
    for span in sorted(spans):
        if found and span.start < found[-1].end:
            found[-1] = Span(found[-1].start, max(found[-1].end, span.end))
        else:
            found.append(span)
    return found
