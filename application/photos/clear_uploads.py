from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from application.ports.unit_of_work import UnitOfWork
from application.retrying import retrying
from domain.identity.actor import Actor, Need
from domain.photos.photo import Reservation
from domain.shared.ids import OrgId
from domain.storage.object_keys import PhotoKeys
from domain.storage.tombstone import Tombstone, tombstones_of

LONGEST_UPLOAD = timedelta(minutes=60)
BATCH = 100
EXTENSIONS = (".jpg", ".png", ".webp")
"""What it would have become, its reservation does not know."""


@dataclass(frozen=True, slots=True)
class ClearUploadsHandler:
    """Uploads that were cut off: the reservation goes, with a tombstone for each object that it may have left
    behind. For the janitor, beside any number of others at it."""

    uow: UnitOfWork
    clock: Clock
    ids: Identifiers

    async def handle(self, actor: Actor) -> int:
        """Of the actor's organisation; how many there were."""
        actor.require(Need.ADMIN)
        cleared, batch = 0, BATCH
        while batch == BATCH:
            batch = await self._clear_some(actor.org_id)
            cleared += batch
        return cleared

    @retrying
    async def _clear_some(self, org_id: OrgId) -> int:
        async with self.uow.begin(org_id) as unit:
            stale = await unit.photos.claim_stale(self.clock.now() - LONGEST_UPLOAD, BATCH)
            for reservation in stale:
                await unit.tombstones.add(tuple(self._tombstones(org_id, reservation)))
                await unit.photos.delete(reservation.id)
        return len(stale)

    def _tombstones(self, org_id: OrgId, reservation: Reservation) -> Iterator[Tombstone]:
        """One for each name, though thumbnails have the same one whatever the original is."""
        seen: set[str] = set()
        for extension in EXTENSIONS:
            keys = PhotoKeys(
                org_id=org_id,
                booking_id=reservation.booking_id,
                photo_id=reservation.id,
                extension=extension,
            )
            for tombstone in tombstones_of(keys, self.clock.now(), self.ids.new):
                if tombstone.key not in seen:
                    seen.add(tombstone.key)
                    yield tombstone
