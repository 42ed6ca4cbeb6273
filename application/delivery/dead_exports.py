"""Exports that could not be delivered. An export goes by the id of its outbox message."""

from collections.abc import Mapping
from dataclasses import dataclass

from application.delivery.export_channel import Exports
from application.delivery.replay_message import put_back
from application.delivery.rules import Channels
from application.ports.clock import Clock
from application.ports.outbox_views import MessageView
from application.ports.unit_of_work import UnitOfWork
from domain.delivery.dead_export import (
    ExportNotDead,
    ExportPayloadUnavailable,
    ExportTargetMissing,
    ExportTargetRefused,
)
from domain.delivery.faults import DeliveryFailed
from domain.delivery.outbox_event import EventStatus, OutboxEvent
from domain.delivery.target import target_of
from domain.identity.actor import Actor, Need
from domain.shared.errors import NotFound
from domain.shared.ids import EventId

EXPORT = "export"


@dataclass(frozen=True, slots=True)
class ReadDeadExport:
    event_id: EventId


@dataclass(frozen=True, slots=True)
class ShownExport:
    view: MessageView
    payload: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ReadDeadExportHandler:
    """One that is or was dead, whole: who read it stays on record."""

    uow: UnitOfWork

    async def handle(self, actor: Actor, command: ReadDeadExport) -> ShownExport:
        """Raises NotFound."""
        actor.require(Need.ADMIN)
        async with self.uow.begin(actor.org_id) as unit:
            view = await unit.outbox_views.get(command.event_id)
            was_dead = view.status is EventStatus.DEAD or view.replay_count > 0
            if view.kind != EXPORT or not was_dead:
                raise NotFound("event_id")
            event = await unit.outbox_queue.get(command.event_id)
            await unit.audit.record(actor, "export_payload_read", "export_event", event.id)
        return ShownExport(view, event.payload)


@dataclass(frozen=True, slots=True)
class ReplayExport:
    event_id: EventId


@dataclass(frozen=True, slots=True)
class ReplayExportHandler:
    """A dead export is due again. Of two at once one finds it alive."""

    uow: UnitOfWork
    clock: Clock
    channels: Channels
    exports: Exports

    async def handle(self, actor: Actor, command: ReplayExport) -> OutboxEvent:
        """Raises NotFound, ExportNotDead, ExportPayloadUnavailable, ExportTargetMissing, …Refused."""
        actor.require(Need.ADMIN)
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            dead = (await unit.outbox_queue.lock([command.event_id])).get(command.event_id)
            if dead is None or dead.kind != EXPORT:
                raise NotFound("event_id")
            if dead.status is not EventStatus.DEAD:
                raise ExportNotDead
            if not dead.has_payload or dead.last_error == "erased":
                raise ExportPayloadUnavailable
            check_target(self.exports)
            event = dead.replay(self.clock.now(), actor.user_id)
            await put_back(unit, self.channels, [event])
            await unit.audit.record(
                actor,
                "export_replay",
                "export_event",
                event.id,
                before={"status": dead.status.value, "last_error": dead.last_error},
                after={"status": event.status.value, "replay_count": event.replay_count},
            )
            await unit.seal(event)
        return event


def check_target(exports: Exports) -> None:
    """Raises ExportTargetMissing, ExportTargetRefused; where the name leads is seen when it is called."""
    if exports.target is None:
        raise ExportTargetMissing
    try:
        target_of(exports.target.url, exports.target.rules)
    except DeliveryFailed as failed:
        raise ExportTargetRefused(failed.fault.code) from failed


def has_sound_target(exports: Exports) -> bool:
    try:
        check_target(exports)
    except (ExportTargetMissing, ExportTargetRefused):
        return False
    return True
