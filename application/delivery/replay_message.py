from dataclasses import dataclass

from application.delivery.replays import EXPORT, ReplayChecks
from application.delivery.rules import Channels
from application.ports.clock import Clock
from application.ports.measures import Figure
from application.ports.unit_of_work import Unit, UnitOfWork
from application.retrying import retrying
from domain.delivery.outbox_event import OutboxEvent
from domain.identity.actor import Actor, Need
from domain.shared.errors import NotFound
from domain.shared.ids import EventId


@dataclass(frozen=True, slots=True)
class ReplayMessage:
    event_id: EventId


@dataclass(frozen=True, slots=True)
class ReplayMessageHandler:
    """A dead message is due again, as if it were new. Of two at once one finds it alive."""

    uow: UnitOfWork
    clock: Clock
    channels: Channels
    checks: ReplayChecks

    @retrying
    async def handle(self, actor: Actor, command: ReplayMessage) -> OutboxEvent:
        """Raises NotFound, OutboxNotDead, OutboxNotReplayable."""
        actor.require(Need.ADMIN)
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            dead = (await unit.outbox_queue.lock([command.event_id])).get(command.event_id)
            if dead is None:
                raise NotFound("event_id")
            event = dead.replay(self.clock.now(), actor.user_id)
            await self.checks.require(unit, event)
            await put_back(unit, self.channels, [event])
            await unit.audit.record(
                actor,
                "outbox_replay",
                "outbox_event",
                event.id,
                before={"status": dead.status.value, "last_error": dead.last_error},
                after={"status": event.status.value, "replay_count": event.replay_count},
            )
            await unit.seal(event)
        return event


def half_of(kind: str) -> str:
    """Where a dead one of that kind stands in the queue of dead letters."""
    return "export" if kind == EXPORT else "outbox"


async def put_back(unit: Unit, channels: Channels, events: list[OutboxEvent]) -> None:
    """Replayed messages, with what their channels keep about them."""
    await unit.outbox_queue.save(events)
    for event in events:
        unit.counts.add(Figure.DLQ_REPLAYS, half_of(event.kind), "replayed")
    await channels.follow(unit, [(event, None) for event in events])
