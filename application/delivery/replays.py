"""Which dead messages can be replayed now: asked when they are shown and when it is done, so that links hold
what they promise."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from application.delivery.export_channel import Exports
from application.delivery.suppressed import Addressed, SuppressedRecipients
from application.ports.clock import Clock
from application.ports.unit_of_work import Unit
from domain.delivery.dead_export import ExportTargetMissing, ExportTargetRefused
from domain.delivery.faults import DeliveryFailed
from domain.delivery.outbox_event import OutboxEvent
from domain.delivery.replaying import OutboxNotReplayable, Replayed, is_replayable
from domain.delivery.target import target_of
from domain.shared.ids import EventId

EXPORT = "export"


class Shown(Replayed, Protocol):
    """A dead message as it is shown."""

    @property
    def event_id(self) -> EventId: ...
    @property
    def kind(self) -> str: ...


class ShownMail(Shown, Addressed, Protocol):
    """Any of them that may be a mail."""


@dataclass(frozen=True, slots=True)
class Replays:
    """Which of the dead messages on a page would be replayed, as of one instant. No other gets the link."""

    at: datetime
    has_target: bool  # for exports
    held_back: frozenset[EventId] = frozenset()

    def allow(self, message: Shown) -> bool:
        is_aimed = self.has_target or message.kind != EXPORT
        return is_aimed and message.event_id not in self.held_back and is_replayable(message, self.at)


@dataclass(frozen=True, slots=True)
class ReplayChecks:
    clock: Clock
    suppressed: SuppressedRecipients
    exports: Exports

    async def of_page(self, unit: Unit, dead: Sequence[ShownMail]) -> Replays:
        return Replays(self.clock.now(), self._has_target, await self.suppressed.among(unit, dead))

    def of_exports(self) -> Replays:
        return Replays(self.clock.now(), self._has_target)

    async def among(self, unit: Unit, dead: Sequence[OutboxEvent], now: datetime) -> list[OutboxEvent]:
        """Those that can be replayed."""
        held_back = await self.suppressed.held_back(unit, dead)
        return [
            event
            for event in dead
            if (self._has_target or event.kind != EXPORT)
            and event.id not in held_back
            and is_replayable(event, now)
        ]

    async def require(self, unit: Unit, event: OutboxEvent) -> None:
        """What stands against it beside the message itself. Raises OutboxNotReplayable."""
        if await self.suppressed.is_held_back(unit, event):
            raise OutboxNotReplayable("Its recipient gets no mail of this kind.")
        if event.kind == EXPORT:
            try:
                check_target(self.exports)
            except (ExportTargetMissing, ExportTargetRefused) as refused:
                raise OutboxNotReplayable(str(refused)) from refused

    @property
    def _has_target(self) -> bool:
        try:
            check_target(self.exports)
        except (ExportTargetMissing, ExportTargetRefused):
            return False
        return True


def check_target(exports: Exports) -> None:
    """Raises ExportTargetMissing, ExportTargetRefused; where the name leads is seen when it is called."""
    if exports.target is None:
        raise ExportTargetMissing
    try:
        target_of(exports.target.url, exports.target.rules)
    except DeliveryFailed as failed:
        raise ExportTargetRefused(failed.fault.code) from failed
