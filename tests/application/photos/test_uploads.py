"""Uploads that fail, race or are cut off (field page, §9, "Upload"; F17, F18)."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import anyio
import pytest

from adapters.memory.object_storage import MemoryObjectStorage
from adapters.memory.unit_of_work import MemoryUnitOfWork
from adapters.pillow.images import PillowImages
from adapters.system.entitlements import UnlimitedEntitlements
from adapters.system.identifiers import SystemIdentifiers
from application.photos.rules import PhotoRules
from application.photos.upload_photo import SentPhoto, UploadPhoto, UploadPhotoHandler
from application.ports.unit_of_work import UnitOfWork
from application.storage.clear_stale_uploads import ClearStaleUploadsHandler
from domain.booking.booking import Booking, CancelledBy
from domain.booking.photo_consent import PhotoConsent
from domain.booking.refusals import BookingMoveRefused
from domain.identity.actor import Actor, ActorKind, Role
from domain.photos.photo import Phase
from domain.shared.errors import PaymentRequired, Unavailable
from domain.shared.ids import OrgId
from tests.contracts.test_bookings import a_visit
from tests.support.album import FOREVER, LINKS
from tests.support.clock import FixedClock
from tests.support.decoding import warm_decoder
from tests.support.photos import an_image
from tests.support.scheduling import a_team

TYPES = frozenset({"image/jpeg", "image/png", "image/webp"})
type Receive = Callable[[], AbstractAsyncContextManager[SentPhoto]]


class Studio:
    """An order that takes photos, and the use case over a store in memory."""

    def __init__(self, uow: UnitOfWork, clock: FixedClock, org: OrgId, visit: Booking, folder: Path) -> None:
        self.uow, self.clock, self.org, self.visit, self.folder = uow, clock, org, visit, folder
        self.store = MemoryObjectStorage(LINKS)
        self.actor = Actor(org_id=org, kind=ActorKind.BEARER, role=Role.DISPATCHER, name="d@example.com")
        self.handler = UploadPhotoHandler(
            uow=uow,
            clock=clock,
            ids=SystemIdentifiers(),
            entitlements=UnlimitedEntitlements(),
            images=PillowImages(TYPES, 40_000_000, warm_decoder()),
            storage=self.store,
            rules=PhotoRules(most_bytes=1_000_000),
        )
        self.janitor = ClearStaleUploadsHandler(uow, clock, SystemIdentifiers())

    def sending(self, meanwhile: Callable[[], Any] | None = None, colour: int = 1) -> Receive:
        """`meanwhile` happens while the bytes move."""

        @asynccontextmanager
        async def receive() -> AsyncIterator[SentPhoto]:
            file = self.folder / f"{colour}"
            file.write_bytes(an_image(colour=colour))
            if meanwhile is not None:
                await meanwhile()
            digest = sha256(file.read_bytes()).digest()
            yield SentPhoto(phase=Phase.BEFORE, filename="a.jpg", file=file, sha256=digest)

        return receive

    async def upload(self, receive: Receive | None = None) -> Any:
        return await self.handler.handle(self.actor, UploadPhoto(self.visit.id, receive or self.sending()))

    async def counts(self) -> tuple[int, int, int]:
        """Photos, uploads under way, objects."""
        async with self.uow.begin(self.org) as unit:
            photos = await unit.photos.list_page(self.visit.id, None, 100)
            return len(photos), len(await unit.photos.claim_stale(FOREVER, 100)), len(self.store.objects)


@pytest.fixture
async def studio(uow: UnitOfWork, clock: FixedClock, an_org: OrgId, tmp_path: Path) -> Studio:
    record = PhotoConsent(set_by="d@example.com", set_at=clock.now())
    visit = replace(a_visit(), consent_photos=True, consent=record)
    async with uow.begin(an_org) as unit:
        await unit.teams.save(a_team(1, name="North", is_default=True))
        await unit.bookings.save(visit)
    return Studio(uow, clock, an_org, visit, tmp_path)


async def test_twins_at_once_are_one_photo(studio: Studio) -> None:
    """Both have looked, both have put their objects: the last transaction settles it."""
    gathered = anyio.Event()
    arrived = 0

    async def meet() -> None:
        nonlocal arrived
        arrived += 1
        if arrived == 2:
            gathered.set()
        await gathered.wait()

    done: list[Any] = []

    async def one() -> None:
        done.append(await studio.upload(studio.sending(meet)))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(one)
        tasks.start_soon(one)
    assert sorted(each.is_new for each in done) == [False, True]
    assert len({each.photo.id for each in done}) == 1
    assert await studio.counts() == (1, 0, 2)


async def test_a_visit_that_is_called_off_meanwhile_gets_no_photo(studio: Studio) -> None:
    async def cancel() -> None:
        async with studio.uow.begin(studio.org) as unit:
            booking = await unit.bookings.lock(studio.visit.id)
            called_off = booking.cancel(studio.clock.now(), by=CancelledBy.OFFICE, reason="weather")
            await unit.bookings.save(called_off)

    with pytest.raises(BookingMoveRefused):
        await studio.upload(studio.sending(cancel))
    assert await studio.counts() == (0, 0, 0)


async def test_a_store_that_goes_between_two_objects_leaves_none(studio: Studio) -> None:
    put = studio.store.put
    away = Unavailable("away")

    async def once(key: str, source: Path, *, content_type: str) -> str:
        if studio.store.objects:
            raise away
        return await put(key, source, content_type=content_type)

    object.__setattr__(studio.handler, "storage", Halfway(studio.store, once))
    with pytest.raises(Unavailable):
        await studio.upload()
    assert await studio.counts() == (0, 0, 0)


class Halfway:
    """The store, with another way to put."""

    def __init__(self, store: MemoryObjectStorage, put: Any) -> None:
        self.makes_thumbnails = False
        self.put, self.delete = put, store.delete


async def test_what_cannot_be_removed_has_its_tombstones(studio: Studio) -> None:
    async def lost() -> None:
        studio.store.fault = Unavailable("away")

    with pytest.raises(Unavailable):
        await studio.upload(studio.sending(lost))
    assert await studio.counts() == (0, 0, 0)
    async with studio.uow.begin(studio.org) as unit:
        assert len(await unit.tombstones.list_range(None, limit=50, offset=0)) == 10


async def test_who_leaves_in_the_middle_leaves_nothing(studio: Studio) -> None:
    async def leave() -> None:
        await anyio.sleep_forever()

    with anyio.move_on_after(0.05):
        await studio.upload(studio.sending(leave))
    assert await studio.counts() == (0, 0, 0)


async def test_the_janitor_clears_what_was_cut_off_an_hour_ago(studio: Studio) -> None:
    """As after kill -9: the reservation is there, and an object or none."""
    reservation = await studio.handler._reserve(studio.actor, studio.visit.id)
    prefix = f"orders/{studio.org}/{studio.visit.id}/{reservation.id}"
    studio.store.objects |= {f"{prefix}.png": b"", f"{prefix}_thumb.webp": b""}
    job = Actor(org_id=studio.org, kind=ActorKind.JOB, name="job:storage-janitor")
    studio.clock.advance(minutes=60)
    assert await studio.janitor.handle(job) == 0
    studio.clock.advance(seconds=1)
    assert await studio.janitor.handle(job) == 1
    assert await studio.janitor.handle(job) == 0
    async with studio.uow.begin(studio.org) as unit:
        keys = [stone.key for stone in await unit.tombstones.list_range(None, limit=50, offset=0)]
    kinds = (".jpg", ".png", ".webp", "_thumb.webp")  # which it would have been, nobody knows
    assert sorted(keys) == [f"{prefix}{kind}" for kind in kinds]
    assert (await studio.counts())[:2] == (0, 0)


async def test_an_upload_that_was_cleared_meanwhile_is_refused(studio: Studio) -> None:
    async def linger() -> None:
        studio.clock.advance(minutes=61)
        await studio.janitor.handle(Actor(org_id=studio.org, kind=ActorKind.JOB, name="job:x"))

    with pytest.raises(Exception, match="no such thing"):
        await studio.upload(studio.sending(linger))
    assert await studio.counts() == (0, 0, 0)


async def test_no_room_is_told_before_a_byte_is_read(
    memory_uow: MemoryUnitOfWork, clock: FixedClock, an_org: OrgId, tmp_path: Path
) -> None:
    class Full:
        async def allows(self, org_id: OrgId, metric: str) -> bool:
            assert (org_id, metric) == (an_org, "storage_bytes")
            return False

    visit = replace(a_visit(), consent_photos=True)
    async with memory_uow.begin(an_org) as unit:
        await unit.teams.save(a_team(1, name="North", is_default=True))
        await unit.bookings.save(visit)
    studio = Studio(memory_uow, clock, an_org, visit, tmp_path)

    def unread() -> Any:
        raise AssertionError("a byte was read")

    handler = replace(studio.handler, entitlements=Full())
    with pytest.raises(PaymentRequired) as refused:
        await handler.handle(studio.actor, UploadPhoto(visit.id, unread))
    assert (refused.value.code, refused.value.members) == ("plan_limit_reached", {"metric": "storage"})
