from dataclasses import dataclass
from datetime import datetime

from application.ports.clock import Clock
from application.ports.unit_of_work import UnitOfWork
from application.scheduling.zones import OrgZones
from domain.identity.actor import Actor, Need
from domain.scheduling.blackout import require_window
from domain.scheduling.local_time import Span, day_of, day_span
from domain.scheduling.suggestions import Suggestions, suggestions
from domain.scheduling.worker import skill_keys
from domain.shared.errors import NotFound
from domain.shared.ids import BookingId


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggest:
    """Who could work in the window; `ignoring` is the booking that is being placed."""

    starts_at: datetime
    ends_at: datetime
    skill_tags: tuple[str, ...] = ()
    ignoring: BookingId | None = None
    limit: int = 200


@dataclass(frozen=True, slots=True)
class SuggestedPeople:
    timezone: str
    window: Span
    suggestions: Suggestions


@dataclass(frozen=True, slots=True)
class SuggestHandler:
    uow: UnitOfWork
    clock: Clock
    zones: OrgZones

    async def handle(self, actor: Actor, command: Suggest) -> SuggestedPeople:
        actor.require(Need.DISPATCH)
        require_window(command.starts_at, command.ends_at)
        keys = skill_keys(command.skill_tags)
        window = Span(command.starts_at, command.ends_at)
        async with self.uow.begin(actor.org_id) as unit:
            if command.ignoring is not None and await unit.calendar.find(command.ignoring) is None:
                raise NotFound("booking_id")
            facts = await self.zones.facts_over(
                unit,
                lambda zone: _with_its_day(window, day_span(day_of(window.start, zone), zone)),
                now=self.clock.now(),
                ignoring=command.ignoring,
            )
        found = suggestions(facts, window, skill_keys=keys, limit=command.limit)
        return SuggestedPeople(facts.timezone, window, found)


def _with_its_day(window: Span, day: Span) -> Span:
    return Span(min(window.start, day.start), max(window.end, day.end))
