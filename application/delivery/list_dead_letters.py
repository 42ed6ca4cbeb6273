from collections.abc import Sequence
from dataclasses import dataclass

from application.delivery.replays import ReplayChecks, Replays
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
    views: Sequence[MessageView]
    total: int
    replays: Replays


@dataclass(frozen=True, slots=True)
class ListDeadMessagesHandler:
    uow: UnitOfWork
    checks: ReplayChecks

    async def handle(self, actor: Actor, command: ListDeadMessages) -> DeadMessages:
        actor.require(Need.ADMIN)
        async with self.uow.begin(actor.org_id) as unit:
            views = await unit.outbox_views.list_range(
                command.wanted, limit=command.limit, offset=command.offset
            )
            total = await unit.outbox_views.count(command.wanted)
            replays = await self.checks.of_page(unit, views)
        return DeadMessages(views, total, replays)


@dataclass(frozen=True, slots=True)
class ShowDeadLetters:
    halves: frozenset[Half]
    limit: int
    offset: int


@dataclass(frozen=True, slots=True)
class ShowDeadLettersHandler:
    """The operator's queue of everything that could not be delivered."""

    uow: UnitOfWork
    checks: ReplayChecks

    async def handle(self, actor: Actor, command: ShowDeadLetters) -> tuple[DeadLetterPage, Replays]:
        actor.require(Need.ADMIN)
        async with self.uow.begin(actor.org_id) as unit:
            page = await unit.dead_letters.page(command.halves, limit=command.limit, offset=command.offset)
            return page, await self.checks.of_page(unit, page.items)
