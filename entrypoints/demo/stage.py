"""Where the demo's story is played: the real use cases, at the time that the story has come to."""

from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from dishka import AsyncContainer

from domain.identity.actor import Actor
from entrypoints.demo.clock import StoryClock


class Handles[Command, Answer](Protocol):
    """Any use case."""

    def handle(self, actor: Actor, command: Command, /) -> Awaitable[Answer]: ...


@dataclass(frozen=True, slots=True)
class Stage:
    container: AsyncContainer
    clock: StoryClock
    office: Actor  # who acts unless it is the public

    async def play[Command, Answer](
        self,
        handler: type[Handles[Command, Answer]],
        command: Command,
        *,
        at: datetime | None = None,
        by: Actor | None = None,
    ) -> Answer:
        """One use case, at that time if one is given: the clock stays there."""
        if at is not None:
            self.clock.move_to(at)
        return await (await self.container.get(handler)).handle(by or self.office, command)
