"""What left, what waits and what could not leave, to look at."""

from collections.abc import Sequence
from dataclasses import dataclass

from application.delivery.replays import ReplayChecks, Replays
from application.ports.outbox_views import MessageFilter, MessagePosition, MessageView
from application.ports.unit_of_work import UnitOfWork
from domain.delivery.attempt import Attempt
from domain.delivery.outbox_event import EventStatus
from domain.identity.actor import Actor, Need
from domain.shared.ids import EventId


@dataclass(frozen=True, slots=True)
class ListMessages:
    wanted: MessageFilter
    after: MessagePosition | None
    limit: int


@dataclass(frozen=True, slots=True)
class MessagePage:
    """`next` None: there is no more."""

    views: Sequence[MessageView]
    next: MessagePosition | None
    replays: Replays


@dataclass(frozen=True, slots=True)
class ListMessagesHandler:
    uow: UnitOfWork
    checks: ReplayChecks

    async def handle(self, actor: Actor, command: ListMessages) -> MessagePage:
        actor.require(Need.ADMIN)
        async with self.uow.begin(actor.org_id) as unit:
            found = await unit.outbox_views.list_page(command.wanted, command.after, command.limit + 1)
            views = found[: command.limit]
            replays = await self.checks.of_page(unit, _dead(views))
        more = len(found) > len(views)
        end = MessagePosition(views[-1].created_at, views[-1].event_id) if more else None
        return MessagePage(views, end, replays)


@dataclass(frozen=True, slots=True)
class MessageDetail:
    view: MessageView
    attempts: Sequence[Attempt]
    replays: Replays


@dataclass(frozen=True, slots=True)
class ReadMessageHandler:
    uow: UnitOfWork
    checks: ReplayChecks

    async def handle(self, actor: Actor, event_id: EventId) -> MessageDetail:
        """Raises NotFound."""
        actor.require(Need.VIEW)
        async with self.uow.begin(actor.org_id) as unit:
            view = await unit.outbox_views.get(event_id)
            attempts = await unit.outbox_queue.attempts(event_id)
            replays = await self.checks.of_page(unit, _dead([view]))
            return MessageDetail(view, attempts, replays)


def _dead(views: Sequence[MessageView]) -> list[MessageView]:
    return [view for view in views if view.status is EventStatus.DEAD]
