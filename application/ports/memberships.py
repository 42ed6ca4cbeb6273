from collections.abc import Sequence
from typing import Protocol

from domain.identity.membership import Membership
from domain.shared.ids import UserId


class Memberships(Protocol):
    """Who belongs to this organisation."""

    async def find(self, user_id: UserId) -> Membership | None: ...

    async def lock(self, user_id: UserId) -> Membership:
        """Raises NotFound; no other unit writes this membership until ours ends."""

    async def add(self, membership: Membership) -> None: ...

    async def save(self, membership: Membership) -> None:
        """Overwrite."""

    async def list_owners(self) -> Sequence[UserId]:
        """The active ones."""

    async def count_active_owners(self) -> int:
        """Exact while this unit holds the lock on the organisation: who ends an owner takes that first."""
