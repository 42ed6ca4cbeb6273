"""What is said with a refusal of a time: what is in the way, and what is free instead."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from application.booking.wanted_visit import WantedVisit, in_its_way
from application.ports.clock import Clock
from application.ports.unit_of_work import UnitOfWork
from application.retrying import retrying
from application.scheduling.nearby import free_instead
from domain.booking.refusals import SlotTaken
from domain.scheduling.alternatives import Alternative, alternatives
from domain.scheduling.calendar import CalendarFacts
from domain.scheduling.conflicts import ConflictReport, conflicts
from domain.scheduling.offers import Audience
from domain.shared.ids import OrgId

type Members = Mapping[str, Any]


class VisitRefused(SlotTaken):
    """Taken, and by now rolled back: what was wanted is kept so that others can be offered."""

    def __init__(self, wanted: WantedVisit) -> None:
        super().__init__()
        self.wanted = wanted


@contextmanager
def refusals_about(wanted: WantedVisit) -> Iterator[None]:
    try:
        yield
    except SlotTaken as refusal:
        raise VisitRefused(wanted) from refusal


@dataclass(frozen=True, slots=True)
class RefusedTimes:
    """Answers in a transaction of its own, after the refused one was rolled back. Of a crowd that is
    refused the same time at once, one asks the database and all hear its answer."""

    uow: UnitOfWork
    clock: Clock
    _asked: dict[object, asyncio.Future[Members]] = field(default_factory=dict)

    @asynccontextmanager
    async def explaining(self, org_id: OrgId, audience: Audience) -> AsyncIterator[None]:
        """A refusal leaves with its reasons. What is held inside is let go of before they are sought."""
        try:
            yield
        except VisitRefused as refusal:
            raise await self.explained(org_id, refusal.wanted, audience) from None

    async def explained(self, org_id: OrgId, wanted: WantedVisit, audience: Audience) -> SlotTaken:
        """The refusal, with `alternatives`, and with `conflicts` for staff."""
        key = (org_id, wanted, audience)
        members = await self._once(key, lambda: self._members(org_id, wanted, audience))
        return SlotTaken(members=members)

    async def _once(self, key: object, ask: Callable[[], Awaitable[Members]]) -> Members:
        """The asking is a task of its own: whoever began it may hang up without taking it along."""
        if (asked := self._asked.get(key)) is None:
            asked = self._asked[key] = asyncio.ensure_future(ask())
            asked.add_done_callback(lambda _: self._asked.pop(key))
        return await asyncio.shield(asked)

    @retrying
    async def _members(self, org_id: OrgId, wanted: WantedVisit, audience: Audience) -> Members:
        now = self.clock.now()
        async with self.uow.begin(org_id) as unit:
            facts, found = await free_instead(
                unit,
                wanted.window,
                now=now,
                audience=audience,
                team_id=wanted.team_id,
                worker_ids=wanted.worker_ids,
                ignoring=wanted.ignoring,
            )
        return _told(facts, found, wanted, audience)


def told_about(facts: CalendarFacts, wanted: WantedVisit, audience: Audience, now: datetime) -> Members:
    """The facts reach as far as alternatives need, and leave the visit out."""
    found = alternatives(
        facts,
        wanted.starts_at,
        timedelta(minutes=wanted.minutes),
        now=now,
        audience=audience,
        team_ids=() if wanted.team_id is None else (wanted.team_id,),
        worker_ids=wanted.worker_ids,
    )
    return _told(facts, found, wanted, audience)


def _told(
    facts: CalendarFacts, found: Sequence[Alternative], wanted: WantedVisit, audience: Audience
) -> Members:
    if audience is Audience.PUBLIC:
        return {"alternatives": [{"starts_at": a.starts_at, "ends_at": a.ends_at} for a in found]}
    return {
        "alternatives": [asdict(alternative) for alternative in found],
        "conflicts": [asdict(conflict) for conflict in _in_the_way(facts, wanted).conflicts],
    }


def _in_the_way(facts: CalendarFacts, wanted: WantedVisit) -> ConflictReport:
    """Of the team and workers named; where none is named, of every active team."""
    facts = in_its_way(facts, wanted)
    named = wanted.team_id is not None or wanted.worker_ids
    active = tuple(team.id for team in facts.teams if team.is_active)
    teams = ((wanted.team_id,) if wanted.team_id else ()) if named else active
    return conflicts(facts, wanted.window, team_ids=teams, worker_ids=wanted.worker_ids)
