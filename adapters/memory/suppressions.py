from collections.abc import Sequence
from dataclasses import dataclass

from application.ports.suppressions import SuppressionFilter
from domain.delivery.suppression import Scope, Suppression
from domain.shared.errors import NotFound
from domain.shared.ids import SuppressionId


@dataclass(frozen=True, slots=True)
class MemorySuppressions:
    rows: dict[SuppressionId, Suppression]

    async def add(self, suppression: Suppression) -> None:
        if not any(_same(suppression, other) for other in self.rows.values()):
            self.rows[suppression.id] = suppression

    async def find(self, recipient: str, template_scope: str) -> Suppression | None:
        found = (
            row
            for row in self.rows.values()
            if row.recipient.lower() == recipient.lower() and row.scope in {Scope.ALL, template_scope}
        )
        return min(found, key=lambda row: row.scope, default=None)

    async def lock(self, suppression_id: SuppressionId) -> Suppression:
        if (found := self.rows.get(suppression_id)) is None:
            raise NotFound("suppression_id")
        return found

    async def remove(self, suppression_id: SuppressionId) -> None:
        del self.rows[suppression_id]

    async def list_page(
        self, wanted: SuppressionFilter, after: SuppressionId | None, limit: int
    ) -> Sequence[Suppression]:
        found = [
            row
            for row in self.rows.values()
            if wanted.reason in {None, row.reason}
            and (wanted.recipient is None or row.recipient.lower() == wanted.recipient.lower())
            and (after is None or row.id < after)
        ]
        return sorted(found, key=lambda row: row.id, reverse=True)[:limit]


def _same(one: Suppression, other: Suppression) -> bool:
    return one.recipient.lower() == other.recipient.lower() and one.scope is other.scope
