from datetime import datetime

from application.ports.unit_of_work import Unit
from domain.scheduling.alternatives import (
    MOST_ALTERNATIVES,
    Alternative,
    alternatives,
    facts_needed,
    facts_needed_nearby,
    nearby,
)
from domain.scheduling.calendar import CalendarFacts
from domain.scheduling.local_time import Span
from domain.scheduling.offers import Audience
from domain.shared.ids import BookingId, TeamId, WorkerId


async def free_instead(
    unit: Unit,
    window: Span,
    *,
    now: datetime,
    audience: Audience,
    team_id: TeamId | None,
    worker_ids: tuple[WorkerId, ...],
    ignoring: BookingId | None,
) -> tuple[CalendarFacts, tuple[Alternative, ...]]:
    """The alternatives to the window, and the facts around it that were read for them.

    The days nearby are read first: mostly they have all three, and are a quarter of the fortnight."""

    async def within(span: Span | None, needed: Span) -> tuple[CalendarFacts, tuple[Alternative, ...]]:
        facts = await unit.calendar.facts(*needed, now=now, ignoring=ignoring, crews_for=worker_ids)
        return facts, alternatives(
            facts,
            window.start,
            window.end - window.start,
            now=now,
            audience=audience,
            team_ids=() if team_id is None else (team_id,),
            worker_ids=worker_ids,
            within=span,
        )

    facts, found = await within(nearby(window.start), facts_needed_nearby(window))
    if len(found) == MOST_ALTERNATIVES:
        return facts, found
    return await within(None, facts_needed(window))
