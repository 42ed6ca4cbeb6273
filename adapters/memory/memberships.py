from collections.abc import Sequence
from dataclasses import dataclass

from domain.identity.membership import Membership
from domain.shared.errors import NotFound
from domain.shared.ids import UserId


@dataclass(frozen=True, slots=True)
class MemoryMemberships:
    rows: dict[UserId, Membership]

    async def find(self, user_id: UserId) -> Membership | None:
        return self.rows.get(user_id)

    async def lock(self, user_id: UserId) -> Membership:
        if (membership := self.rows.get(user_id)) is None:
            raise NotFound("user_id")
        return membership

    async def add(self, membership: Membership) -> None:
        self.rows[membership.user_id] = membership

    async def save(self, membership: Membership) -> None:
        self.rows[membership.user_id] = membership

    async def list_owners(self) -> Sequence[UserId]:
        return sorted(membership.user_id for membership in self.rows.values() if membership.rules)

    async def count_active_owners(self) -> int:
        return sum(membership.rules for membership in self.rows.values())
