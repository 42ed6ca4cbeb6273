"""Dead messages are sent on their way again, some at a time, and what is due is delivered while one waits."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import anyio

from application.delivery.deliver_due import DeliverDue, DeliverDueHandler
from application.delivery.delivered_elsewhere import DeliveredElsewhere
from application.delivery.replay_message import half_of, put_back
from application.delivery.replays import EXPORT, ReplayChecks
from application.delivery.rules import Channels
from application.delivery.tally import Tally
from application.ports.clock import Clock
from application.ports.dead_letters import DeadSelection
from application.ports.measures import Figure
from application.ports.outbox_views import MessageFilter
from application.ports.unit_of_work import Unit, UnitOfWork
from application.retrying import retrying
from domain.delivery.outbox_event import EventStatus, OutboxEvent
from domain.identity.actor import Actor, Need
from domain.identity.once import Once
from domain.shared.ids import EventId

TAKING_SECONDS, TOTAL_SECONDS = 10, 20
"""So that an attempt begun at the last moment can end too."""
HOLD_SECONDS = TOTAL_SECONDS + 10
DEAD = MessageFilter(status=EventStatus.DEAD)


@dataclass(frozen=True, slots=True)
class ReplayDead:
    """Without a selection nothing is replayed and what is due is delivered; a dry run only looks."""

    selection: DeadSelection | None = None
    dry_run: bool = False
    exports_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayReport:
    """`event_ids` are those replayed, or in a dry run those that would be."""

    selected: int = 0
    replayed: int = 0
    not_replayable: int = 0
    event_ids: Sequence[EventId] = ()
    tally: Tally | None = None
    remaining_dead: int = 0
    dry_run: bool = False

    @property
    def is_done(self) -> bool:
        return self.tally is None or not self.tally.out_of_time


@dataclass(frozen=True, slots=True)
class ReplayDeadHandler:
    uow: UnitOfWork
    clock: Clock
    channels: Channels
    checks: ReplayChecks
    deliver: DeliverDueHandler
    elsewhere: DeliveredElsewhere

    async def handle(self, actor: Actor, command: ReplayDead) -> ReplayReport:
        actor.require(Need.ADMIN)
        report, once = await self._begin(actor, command)
        if not command.dry_run:
            report = replace(report, tally=await self._deliver(actor, command, report.event_ids))
        return await self._end(actor, command, report, once)

    @retrying
    async def _begin(self, actor: Actor, command: ReplayDead) -> tuple[ReplayReport, Once | None]:
        async with self.uow.begin(actor.org_id) as unit:
            once = await unit.hold(actor.once, seconds=HOLD_SECONDS)
            return await self._replay(unit, actor, command), once

    async def _deliver(self, actor: Actor, command: ReplayDead, replayed: Sequence[EventId]) -> Tally:
        """All that is due; and what a runner took of those replayed is waited for, and counted too."""
        ends_at = anyio.current_time() + TOTAL_SECONDS
        due = DeliverDue(
            taking_seconds=TAKING_SECONDS,
            total_seconds=TOTAL_SECONDS,
            org_id=actor.org_id,
            kind=_kind(command),
            looked_for=frozenset(replayed),
        )
        tally = await self.deliver.handle(due)
        await self.elsewhere.count(actor.org_id, due.looked_for - tally.met, tally, ends_at=ends_at)
        return tally

    @retrying
    async def _end(
        self, actor: Actor, command: ReplayDead, report: ReplayReport, once: Once | None
    ) -> ReplayReport:
        async with self.uow.begin(actor.org_id, once=once) as unit:
            left = await unit.outbox_views.count(replace(DEAD, kind=_kind(command)))
            report = replace(report, remaining_dead=left)
            await unit.seal(report)
        return report

    async def _replay(self, unit: Unit, actor: Actor, command: ReplayDead) -> ReplayReport:
        if command.selection is None:
            return ReplayReport(dry_run=command.dry_run)
        dead = await unit.dead_letters.lock(replace(command.selection, **_only_exports(command)))
        now = self.clock.now()
        willing = await self.checks.among(unit, dead, now)
        if not command.dry_run:
            _count_refused(unit, dead, willing)
        if willing and not command.dry_run:
            await put_back(unit, self.channels, [event.replay(now, actor.user_id) for event in willing])
            after = {"replayed": len(willing), "event_ids": [str(event.id) for event in willing]}
            what = EXPORT if command.exports_only else "outbox"
            await unit.audit.record(actor, f"{what}_bulk_replay", f"{what}_event", None, after=after)
        return ReplayReport(
            selected=len(dead),
            replayed=0 if command.dry_run else len(willing),
            not_replayable=len(dead) - len(willing),
            event_ids=[event.id for event in willing],
            dry_run=command.dry_run,
        )


def _kind(command: ReplayDead) -> str | None:
    return EXPORT if command.exports_only else None


def _count_refused(unit: Unit, dead: Sequence[OutboxEvent], willing: Sequence[OutboxEvent]) -> None:
    going = {event.id for event in willing}
    for event in dead:
        if event.id not in going:
            unit.counts.add(Figure.DLQ_REPLAYS, half_of(event.kind), "refused")


def _only_exports(command: ReplayDead) -> dict[str, Any]:
    return {"kind": EXPORT} if command.exports_only else {}
