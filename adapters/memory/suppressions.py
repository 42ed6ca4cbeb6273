from collections.abc import Sequence
from dataclasses import dataclass

from application.ports.suppressions import SuppressionFilter
from domain.delivery.suppression import Reason, Scope, Suppression
from domain.shared.errors import NotFound
from domain.shared.ids import SuppressionId


@dataclass(frozen=True, slots=True)
class MemorySuppressions:
    rows: dict[SuppressionId, Suppression]

    async def add(self, suppression: Suppression) -> None:
        if not any(_same(suppression, other) for other in self.rows.values()):
            self.rows[suppression.id] = suppression

    async def find(
        self, recipient: str, template_scope: str, hashes: Sequence[bytes] = ()
    ) -> Suppression | None:
        found = (
            row
            for row in self.rows.values()
            if _is_of(row, recipient, hashes) and row.scope in {Scope.ALL, template_scope}
        )
        return min(found, key=lambda row: (row.scope, row.id), default=None)

    async def among(self, recipients: Sequence[str], hashes: Sequence[bytes]) -> Sequence[Suppression]:
        named = {recipient.lower() for recipient in recipients}
        return [
            row
            for row in self.rows.values()
            if (row.recipient is not None and row.recipient.lower() in named) or row.address_hash in hashes
        ]

    async def lift(
        self, recipient: str | None, hashes: Sequence[bytes], scope: Scope, reason: Reason
    ) -> None:
        for row in list(self.rows.values()):
            if _is_of(row, recipient, hashes) and (row.scope, row.reason) == (scope, reason):
                del self.rows[row.id]

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
            and (wanted.recipient is None or _is_of(row, wanted.recipient, wanted.hashes))
            and (after is None or row.id < after)
        ]
        return sorted(found, key=lambda row: row.id, reverse=True)[:limit]


def _same(one: Suppression, other: Suppression) -> bool:
    hashes = [other.address_hash] if other.address_hash else []
    return one.scope is other.scope and _is_of(one, other.recipient, hashes)


def _is_of(row: Suppression, recipient: str | None, hashes: Sequence[bytes]) -> bool:
    named = row.recipient is not None and recipient is not None and row.recipient.lower() == recipient.lower()
    return named or row.address_hash in hashes
