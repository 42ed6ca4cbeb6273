"""How much work teams and workers have in a span of time."""

from collections import Counter
from collections.abc import Iterator
from itertools import chain

from domain.scheduling.calendar import CalendarFacts
from domain.scheduling.hold import Hold
from domain.scheduling.local_time import Span, minutes_inside
from domain.shared.ids import TeamId, WorkerId


def team_minutes(facts: CalendarFacts, span: Span) -> Counter[TeamId]:
    """Booked minutes, finished jobs included; teams without work are absent."""
    minutes = Counter[TeamId]()
    for hold in _of_the(span, facts):
        minutes[hold.team_id] += _inside(hold, span)
    return minutes


def worker_minutes(facts: CalendarFacts, span: Span) -> Counter[WorkerId]:
    """As for teams, by membership of the crew."""
    minutes = Counter[WorkerId]()
    for hold in _of_the(span, facts):
        inside = _inside(hold, span)
        for worker_id in hold.crew:
            minutes[worker_id] += inside
    return minutes


def _of_the(span: Span, facts: CalendarFacts) -> Iterator[Hold]:
    """Facts may reach over weeks: what lies elsewhere is passed over before anything is reckoned."""
    for hold in chain(facts.holds, facts.finished):
        if hold.starts_at < span.end and span.start < hold.ends_at:
            yield hold


def _inside(hold: Hold, span: Span) -> int:
    return minutes_inside(hold.starts_at, hold.ends_at, span)
