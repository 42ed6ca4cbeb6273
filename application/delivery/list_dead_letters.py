from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from application.ports.clock import Clock
from application.ports.dead_letters import DeadLetterPage, Half
from application.ports.outbox_views import MessageFilter, MessageView
from application.ports.unit_of_work import UnitOfWork
from domain.identity.actor import Actor, Need


@dataclass(frozen=True, slots=True)
class ListDeadMessages:
    wanted: MessageFilter  # of dead ones
    limit: int
    offset: int


@dataclass(frozen=True, slots=True)
class DeadMessages:
    """As of `at`: what can be replayed depends on it."""

    views: Sequence[MessageView]
    total: int
    at: datetime


@dataclass(frozen=True, slots=True)
class ListDeadMessagesHandler:
    uow: UnitOfWork
    clock: Clock

    async def handle(self, actor: Actor, command: ListDeadMessages) -> DeadMessages:
        actor.require(Need.ADMIN)
        async with self.uow.begin(actor.org_id) as unit:
            views = await unit.outbox_views.list_range(
                command.wanted, limit=command.limit, offset=command.offset
            )
            total = await unit.outbox_views.count(command.wanted)
        return DeadMessages(views, total, self.clock.now())


@dataclass(frozen=True, slots=True)
class ShowDeadLetters:
    halves: frozenset[Half]
    limit: int
    offset: int


@dataclass(frozen=True, slots=True)
class ShowDeadLettersHandler:
    """The operator's queue of everything that could not be delivered."""

    uow: UnitOfWork
    clock: Clock

    async def handle(self, actor: Actor, command: ShowDeadLetters) -> tuple[DeadLetterPage, datetime]:
        """With the instant as of which something can be replayed or not."""
        actor.require(Need.ADMIN)
        async with self.uow.begin(actor.org_id) as unit:
            page = await unit.dead_letters.page(command.halves, limit=command.limit, offset=command.offset)
        return page, self.clock.now()
