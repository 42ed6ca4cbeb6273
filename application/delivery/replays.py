from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from application.delivery.suppressed import Addressed, SuppressedRecipients
from application.ports.clock import Clock
from application.ports.unit_of_work import Unit
from domain.delivery.replaying import Replayed, is_replayable
from domain.shared.ids import EventId


class Shown(Replayed, Addressed, Protocol):
    """A dead message as it is shown."""


@dataclass(frozen=True, slots=True)
class Replays:
    """Which of the dead messages on a page would be replayed, as of one instant. No other gets the link."""

    at: datetime
    held_back: frozenset[EventId]

    def allow(self, message: Shown) -> bool:
        return message.event_id not in self.held_back and is_replayable(message, self.at)


async def replays_of(
    unit: Unit, clock: Clock, suppressed: SuppressedRecipients, dead: Sequence[Addressed]
) -> Replays:
    held_back = await suppressed.among(unit, dead)
    return Replays(clock.now(), held_back)
