from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from domain.shared.ids import OrgId, TombstoneId
from domain.storage.tombstone import Tombstone, TombstoneState


class Tombstones(Protocol):
    """The organisation's objects that must be gone and may not be yet."""

    async def add(self, tombstones: Sequence[Tombstone]) -> None:
        """In the transaction that removes the row of what lies there: see `tombstones_of`."""

    async def claim_due(self, now: datetime, lease: timedelta, limit: int) -> Sequence[Tombstone]:
        """Those longest due, now leased; what another claims at the same moment is left to it."""

    async def lock(self, ids: Sequence[TombstoneId]) -> Sequence[Tombstone]:
        """By id; those that are gone are left out."""

    async def save(self, tombstones: Sequence[Tombstone]) -> None: ...

    async def remove(self, ids: Sequence[TombstoneId]) -> None:
        """Their objects are gone."""

    async def list_range(
        self, state: TombstoneState | None, *, limit: int, offset: int
    ) -> Sequence[Tombstone]:
        """Longest waiting first, then by id."""

    async def count(self, state: TombstoneState | None) -> int: ...


class TombstoneOrgs(Protocol):
    """Across all organisations: who has something due, and how much there is in all."""

    async def list_orgs(self, now: datetime) -> Sequence[OrgId]: ...

    async def count(self) -> Mapping[TombstoneState, int]:
        """States without any are left out."""
