"""Uploads that a crash cut off (field page, §9 "Upload"), on memory and on PostgreSQL."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from uuid_utils.compat import uuid7

from adapters.system.identifiers import SystemIdentifiers
from application.ports.unit_of_work import UnitOfWork
from application.storage.clear_stale_uploads import ClearStaleUploadsHandler
from application.storage.clear_tombstones import JanitorReport
from domain.identity.actor import Actor, ActorKind
from domain.shared.ids import BookingId, OrgId, PhotoId
from domain.storage.object_keys import PhotoKeys
from tests.application.storage.test_clear_tombstones import Storeroom
from tests.contracts.test_bookings import a_visit
from tests.contracts.test_photos import reservation_of
from tests.support.clock import FixedClock
from tests.support.photos import a_photo
from tests.support.scheduling import a_team

HOUR = timedelta(minutes=60)


@pytest.fixture
def room(uow: UnitOfWork, clock: FixedClock, an_org: OrgId) -> Storeroom:
    return Storeroom(uow, clock, an_org)


async def begin_upload(room: Storeroom, extension: str = ".png") -> PhotoKeys:
    """As far as a server comes that dies after its bytes are stored and before their row is."""
    visit = a_visit(buffer_minutes=0, starts_at=room.clock.now() + timedelta(days=uuid4().int % 1000))
    photo = a_photo(id=PhotoId(UUID(int=uuid7().int)), booking_id=visit.id)
    async with room.uow.begin(room.org_id) as unit:
        await unit.teams.save(a_team(1, is_default=True))
        await unit.bookings.save(visit)
        await unit.photos.reserve(reservation_of(photo, room.clock.now()))
    keys = PhotoKeys(
        org_id=room.org_id, booking_id=BookingId(visit.id), photo_id=photo.id, extension=extension
    )
    room.store.objects |= {keys.original: b"a picture", keys.thumbnail: b"a small one"}
    return keys


async def clear_stale(room: Storeroom) -> int:
    handler = ClearStaleUploadsHandler(room.uow, room.clock, SystemIdentifiers())
    return await handler.handle(Actor(org_id=room.org_id, kind=ActorKind.JOB, name="job:storage-janitor"))


@pytest.mark.parametrize("extension", [".jpg", ".png", ".webp"])
async def test_after_an_hour_neither_row_nor_object_is_left(room: Storeroom, extension: str) -> None:
    keys = await begin_upload(room, extension)
    room.clock.advance(minutes=61)
    assert await clear_stale(room) == 1
    assert await room.clear() == JanitorReport(processed=4)
    assert room.store.objects == {}
    async with room.uow.begin(room.org_id) as unit:
        assert await unit.photos.claim_stale(room.clock.now() + HOUR, 9) == []
        assert await unit.photos.find(keys.photo_id) is None
    assert await clear_stale(room) == 0


async def test_an_upload_of_the_last_hour_may_still_end(room: Storeroom) -> None:
    await begin_upload(room)
    room.clock.advance(minutes=60)
    assert await clear_stale(room) == 0
    assert await room.clear() == JanitorReport()
    assert len(room.store.objects) == 2
