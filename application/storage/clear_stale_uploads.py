"""Uploads that never ended: a server went away between the reservation and the photo."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from application.ports.unit_of_work import UnitOfWork
from application.retrying import retrying
from domain.identity.actor import Actor, Need
from domain.storage.tombstone import tombstones_of_upload

BATCH = 50


def stale_before(now: datetime) -> datetime:
    """No upload takes an hour."""
    return now - timedelta(minutes=60)


@dataclass(frozen=True, slots=True)
class ClearStaleUploadsHandler:
    """In one transaction the reservation goes and tombstones come, for whatever of it may be stored by now:
    an upload that ends after all finds nothing reserved, and removes what it put itself."""

    uow: UnitOfWork
    clock: Clock
    ids: Identifiers

    async def handle(self, actor: Actor) -> int:
        """How many there were."""
        actor.require(Need.ADMIN)
        cleared, batch = 0, BATCH
        while batch == BATCH:
            batch = await self._clear_some(actor)
            cleared += batch
        return cleared

    @retrying
    async def _clear_some(self, actor: Actor) -> int:
        now = self.clock.now()
        async with self.uow.begin(actor.org_id) as unit:
            stale = await unit.photos.claim_stale(stale_before(now), BATCH)
            for upload in stale:
                await unit.photos.delete(upload.id)
                await unit.tombstones.add(
                    tombstones_of_upload(actor.org_id, upload.booking_id, upload.id, now, self.ids.new)
                )
        return len(stale)
