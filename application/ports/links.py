from datetime import datetime
from typing import Protocol

from domain.identity.link import Link, LinkPurpose
from domain.shared.ids import LinkId, OrgId, UserId


class Links(Protocol):
    """The mailed links of this organisation, known by hash. Whoever writes one has locked its person."""

    async def find(self, token_sha256: bytes) -> Link | None: ...

    async def add(self, link: Link) -> None: ...

    async def save(self, link: Link) -> None:
        """Overwrite."""

    async def void(self, user_id: UserId, purpose: LinkPurpose, now: datetime) -> list[LinkId]:
        """Those of the purpose that could still be used end; which they were."""

    async def count_since(self, user_id: UserId, purpose: LinkPurpose, since: datetime) -> int:
        """How many were made after that instant, whatever became of them."""


class LinkOwners(Protocol):
    """Whose link this is: known before an organisation is."""

    async def find(self, token_sha256: bytes) -> OrgId | None: ...
