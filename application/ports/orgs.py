from collections.abc import Sequence
from typing import Protocol

from domain.shared.ids import OrgId
from domain.tenancy.org import Org, OrgProfile, OrgStatus


class OrgDirectory(Protocol):
    """Which organisations this installation has. It knows nothing else about them."""

    async def by_slug(self, slug: str) -> Org | None:
        """Suspended ones too: the caller decides what that means."""

    async def by_id(self, org_id: OrgId) -> Org | None: ...

    async def list_all(self, *, after: str = "", limit: int = 200) -> Sequence[Org]:
        """By slug, in code point order, those after the given one."""

    async def active_ids(self) -> Sequence[OrgId]:
        """Of those that are not suspended, by id."""

    async def add(self, org: Org) -> None:
        """Raises SlugTaken: another has this slug, or has left it."""

    async def rename(self, org_id: OrgId, slug: str) -> None:
        """A new slug; nobody else gets the old one, ever. Raises SlugTaken as `add` does."""

    async def set_status(self, org_id: OrgId, status: OrgStatus) -> bool:
        """False if it had that status already, or does not exist."""


class OrgProfiles(Protocol):
    """What the organisation of this unit says of itself."""

    async def get(self) -> OrgProfile:
        """Raises NotFound before its birth."""

    async def lock(self) -> OrgProfile:
        """As get; and no other unit edits it until ours ends."""

    async def add(self, profile: OrgProfile) -> None:
        """At its birth, once."""

    async def save(self, profile: OrgProfile) -> None:
        """Raises PreconditionFailed unless it is the successor of the stored version."""


class ActiveOrgs(Protocol):
    """Whose organisation a caller without a session means, in one round trip, outside any unit."""

    async def by_slug(self, slug: str) -> OrgId | None:
        """Of public pages: a suspended organisation is unknown."""

    async def status_of(self, org_id: OrgId) -> OrgStatus | None:
        """None for an organisation that does not exist; here suspended ones are known."""
