"""What the public is offered: a start that any one team can take."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.scheduling.calendar import CalendarFacts
from domain.scheduling.load import team_minutes
from domain.scheduling.local_time import Span, day_of, day_span
from domain.scheduling.offers import Audience, Offers, Refusal
from domain.shared.ids import TeamId

_NEARNESS = (
    Refusal.TAKEN,
    Refusal.BEYOND_HORIZON,
    Refusal.TOO_SOON,
    Refusal.OUTSIDE_HOURS,
    Refusal.OFF_GRID,
)


@dataclass(frozen=True, slots=True)
class PublicOffer:
    """`team_ids` in the order in which to try them; when there is none, `refusal` says why."""

    team_ids: tuple[TeamId, ...]
    refusal: Refusal | None


def public_offer(facts: CalendarFacts, start: datetime, length: timedelta, now: datetime) -> PublicOffer:
    """The active teams that are offered for this start, least booked that local day first.

    Of several teams' refusals the one that got furthest counts: TAKEN if any team would otherwise do.
    """
    offers = Offers(facts, length, now, Audience.PUBLIC)
    refusals = {team.id: offers.refusal(team.id, start) for team in facts.teams if team.is_active}
    day = day_span(day_of(start, facts.zone), facts.zone)
    minutes = team_minutes(facts, day)
    free = sorted(
        (team_id for team_id, refusal in refusals.items() if refusal is None),
        key=lambda team_id: (minutes[team_id], team_id),
    )
    if free:
        return PublicOffer(tuple(free), None)
    met = set(refusals.values())
    return PublicOffer((), next((r for r in _NEARNESS if r in met), Refusal.OUTSIDE_HOURS))


def public_starts(offers: Offers, within: Span) -> list[datetime]:
    """Every start of the span that some team can take, in order, each once."""
    return sorted({start for team in offers.facts.teams for start in offers.starts(team.id, within)})


def by_day(starts: Iterable[datetime], facts: CalendarFacts) -> dict[str, list[datetime]]:
    """Starts under the ISO date of their local day."""
    found: dict[str, list[datetime]] = {}
    for start in starts:
        found.setdefault(day_of(start, facts.zone).isoformat(), []).append(start)
    return found
