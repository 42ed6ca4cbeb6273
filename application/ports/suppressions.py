from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.delivery.suppression import Reason, Scope, Suppression
from domain.shared.ids import SuppressionId


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressionFilter:
    reason: Reason | None = None
    recipient: str | None = None  # the whole address, in any case
    hashes: Sequence[bytes] = ()  # of that address


class Suppressions(Protocol):
    """The organisation's: addresses are compared in any case, or by any of their keyed hashes."""

    async def add(self, suppression: Suppression) -> None:
        """Where one stands for the same recipient, or hash, and scope, that one stays."""

    async def find(
        self, recipient: str, template_scope: str, hashes: Sequence[bytes] = ()
    ) -> Suppression | None:
        """What holds back a mail of that scope to this recipient; of everything before of that scope."""

    async def among(self, recipients: Sequence[str], hashes: Sequence[bytes]) -> Sequence[Suppression]:
        """All that stand for any of these addresses or hashes, in one statement."""

    async def lift(
        self, recipient: str | None, hashes: Sequence[bytes], scope: Scope, reason: Reason
    ) -> None:
        """Remove those of that scope and reason for this address, if there are any."""

    async def lock(self, suppression_id: SuppressionId) -> Suppression:
        """Raises NotFound."""

    async def remove(self, suppression_id: SuppressionId) -> None: ...

    async def list_page(
        self, wanted: SuppressionFilter, after: SuppressionId | None, limit: int
    ) -> Sequence[Suppression]:
        """Newest first."""
