"""What waits for somebody to be sent, and who could go."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from application.ports.clock import Clock
from application.ports.unit_of_work import Unit, UnitOfWork
from application.ports.waiting_visits import WaitingVisit
from domain.identity.actor import Actor, Need
from domain.scheduling.calendar import CalendarFacts
from domain.scheduling.local_time import A_LOCAL_DAY, Span
from domain.scheduling.suggestions import best_workers
from domain.scheduling.worker import Worker

SOON = timedelta(hours=24)
MOST_SUGGESTED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ListWaiting:
    """Visits that start within so many times 24 hours, those that have begun among them."""

    days_ahead: int = 7
    limit: int = 50
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Waiting:
    """`suggested`: who could go, best first, at most three."""

    visit: WaitingVisit
    suggested: tuple[Worker, ...]
    is_urgent: bool


@dataclass(frozen=True, slots=True)
class WaitingQueue:
    """As of `now`; the counts are of all pages."""

    items: tuple[Waiting, ...]
    total: int
    urgent: int
    now: datetime


@dataclass(frozen=True, slots=True)
class ListWaitingHandler:
    uow: UnitOfWork
    clock: Clock

    async def handle(self, actor: Actor, query: ListWaiting) -> WaitingQueue:
        actor.require(Need.DISPATCH)
        now = self.clock.now()
        async with self.uow.begin(actor.org_id) as unit:
            page = await unit.waiting_visits.page(
                now=now,
                urgent_before=now + SOON,
                before=now + timedelta(days=query.days_ahead),
                limit=query.limit,
                offset=query.offset,
            )
            facts = await _facts(unit, page.visits, now)
        items = tuple(
            Waiting(visit, _suggested(facts, visit), visit.starts_at < now + SOON)
            for visit in page.visits
            if facts is not None
        )
        return WaitingQueue(items, page.total, page.urgent, now)


async def _facts(unit: Unit, visits: Sequence[WaitingVisit], now: datetime) -> CalendarFacts | None:
    """The calendar of all of them in one statement; None where nobody waits."""
    if not visits:
        return None
    last = max(visit.ends_at for visit in visits)
    return await unit.calendar.facts(visits[0].starts_at - A_LOCAL_DAY, last + A_LOCAL_DAY, now=now)


def _suggested(facts: CalendarFacts, visit: WaitingVisit) -> tuple[Worker, ...]:
    """By the suggestions' own rule, for the visit's window: the visit itself keeps nobody."""
    window = Span(visit.starts_at, visit.ends_at)
    near = facts.narrowed(window.start - A_LOCAL_DAY, window.end + A_LOCAL_DAY, ignoring=visit.booking_id)
    return best_workers(near, window, MOST_SUGGESTED)
