"""Exports that could not be delivered. An export goes by the id of its outbox message."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from application.delivery.export_channel import Exports
from application.delivery.replay_message import put_back
from application.delivery.replays import EXPORT, ReplayChecks, Replays, check_target
from application.delivery.rules import Channels
from application.ports.clock import Clock
from application.ports.export_events import ExportFilter, ExportView
from application.ports.unit_of_work import Unit, UnitOfWork
from application.retrying import retrying
from domain.delivery.dead_export import ExportNotDead, ExportPayloadUnavailable
from domain.delivery.export_event import ExportMode, ExportStatus
from domain.delivery.outbox_event import EventStatus, OutboxEvent
from domain.identity.actor import Actor, Need
from domain.shared.errors import DomainError, NotFound
from domain.shared.ids import EventId


@dataclass(frozen=True, slots=True)
class ListDeadExports:
    mode: ExportMode | None
    limit: int
    offset: int


@dataclass(frozen=True, slots=True)
class DeadExports:
    views: Sequence[ExportView]
    total: int
    replays: Replays


@dataclass(frozen=True, slots=True)
class ListDeadExportsHandler:
    uow: UnitOfWork
    checks: ReplayChecks

    async def handle(self, actor: Actor, command: ListDeadExports) -> DeadExports:
        """Newest first."""
        actor.require(Need.ADMIN)
        dead = ExportFilter(mode=command.mode, status=ExportStatus.DEAD)
        async with self.uow.begin(actor.org_id) as unit:
            views = await unit.exports.list_range(dead, limit=command.limit, offset=command.offset)
            return DeadExports(views, await unit.exports.count(dead), self.checks.of_exports())


@dataclass(frozen=True, slots=True)
class ReadDeadExport:
    event_id: EventId


@dataclass(frozen=True, slots=True)
class ShownExport:
    view: ExportView
    payload: Mapping[str, object]
    replays: Replays


@dataclass(frozen=True, slots=True)
class ReadDeadExportHandler:
    """One that is or was dead, whole: who read it stays on record."""

    uow: UnitOfWork
    checks: ReplayChecks

    async def handle(self, actor: Actor, command: ReadDeadExport) -> ShownExport:
        """Raises NotFound, also for one that is only kept."""
        actor.require(Need.ADMIN)
        async with self.uow.begin(actor.org_id) as unit:
            view = await unit.exports.view(command.event_id)
            if view.status is ExportStatus.STORED:
                raise NotFound("event_id")
            said = await unit.exports.content(command.event_id)
            await unit.audit.record(actor, "export_payload_read", "export_event", view.event_id)
        return ShownExport(view, said or {}, self.checks.of_exports())


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

    @retrying
    async def handle(self, actor: Actor, command: ReplayExport) -> OutboxEvent:
        """Raises NotFound, ExportNotDead, ExportPayloadUnavailable, ExportTargetMissing, …Refused."""
        actor.require(Need.ADMIN)
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            dead = (await unit.outbox_queue.lock([command.event_id])).get(command.event_id)
            if dead is None or dead.kind != EXPORT:
                raise await self._without_message(unit, command.event_id)
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

    async def _without_message(self, unit: Unit, event_id: EventId) -> DomainError:
        known = await unit.exports.find(event_id)
        is_dead = known is not None and known.status is ExportStatus.DEAD
        return ExportPayloadUnavailable() if is_dead else NotFound("event_id")
