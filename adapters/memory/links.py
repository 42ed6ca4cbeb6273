from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from domain.identity.link import Link, LinkPurpose
from domain.shared.ids import LinkId, OrgId, UserId


@dataclass(frozen=True, slots=True)
class MemoryLinks:
    rows: dict[LinkId, Link]

    async def find(self, token_sha256: bytes) -> Link | None:
        return next((link for link in self.rows.values() if link.token_sha256 == token_sha256), None)

    async def add(self, link: Link) -> None:
        self.rows[link.id] = link

    async def save(self, link: Link) -> None:
        self.rows[link.id] = link

    async def void(self, user_id: UserId, purpose: LinkPurpose, now: datetime) -> list[LinkId]:
        ending = [link for link in self._of(user_id, purpose) if link.used_at is None and not link.voided_at]
        self.rows.update({link.id: replace(link, voided_at=now) for link in ending})
        return [link.id for link in ending]

    async def count_since(self, user_id: UserId, purpose: LinkPurpose, since: datetime) -> int:
        return sum(link.created_at > since for link in self._of(user_id, purpose))

    def _of(self, user_id: UserId, purpose: LinkPurpose) -> list[Link]:
        return [link for link in self.rows.values() if (link.user_id, link.purpose) == (user_id, purpose)]


@dataclass(frozen=True, slots=True)
class MemoryLinkOwners:
    look: Callable[[bytes], OrgId | None]

    async def find(self, token_sha256: bytes) -> OrgId | None:
        return self.look(token_sha256)
