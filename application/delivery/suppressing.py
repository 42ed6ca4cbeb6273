"""Addresses that get no mail: looked at, and lifted where that is ours to do."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from application.delivery.unsubscribe_links import UnsubscribeLinks
from application.ports.suppressions import SuppressionFilter
from application.ports.unit_of_work import UnitOfWork
from application.retrying import retrying
from domain.delivery.suppression import Suppression
from domain.identity.actor import Actor, Need
from domain.shared.ids import SuppressionId


@dataclass(frozen=True, slots=True)
class ListSuppressions:
    wanted: SuppressionFilter
    after: SuppressionId | None
    limit: int


@dataclass(frozen=True, slots=True)
class ListSuppressionsHandler:
    uow: UnitOfWork
    links: UnsubscribeLinks

    async def handle(self, actor: Actor, command: ListSuppressions) -> Sequence[Suppression]:
        """Newest first, one more than asked for."""
        actor.require(Need.ADMIN)
        wanted = command.wanted
        if wanted.recipient is not None:
            wanted = replace(wanted, hashes=self.links.hashes(actor.org_id, wanted.recipient))
        async with self.uow.begin(actor.org_id) as unit:
            return await unit.suppressions.list_page(wanted, command.after, command.limit + 1)


@dataclass(frozen=True, slots=True)
class RemoveSuppression:
    suppression_id: SuppressionId


@dataclass(frozen=True, slots=True)
class RemoveSuppressionHandler:
    uow: UnitOfWork

    @retrying
    async def handle(self, actor: Actor, command: RemoveSuppression) -> None:
        """Raises NotFound, and SuppressionByRecipient for what the recipient asked for."""
        actor.require(Need.ADMIN)
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            suppression = await unit.suppressions.lock(command.suppression_id)
            suppression.must_be_ours_to_lift()
            await unit.suppressions.remove(suppression.id)
            before = {"scope": suppression.scope.value, "reason": suppression.reason.value}
            await unit.audit.record(actor, "suppression_remove", "suppression", suppression.id, before=before)
            await unit.seal(None)
