"""Every store keeps the same promises (field page, §9, "Backends")."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from adapters.memory.unit_of_work import MemoryUnitOfWork
from adapters.system.identifiers import SystemIdentifiers
from application.ports.object_storage import ObjectStorage
from application.storage.clear_tombstones import (
    ClearTombstones,
    ClearTombstonesHandler,
    JanitorReport,
    JanitorRules,
)
from domain.identity.actor import Actor, ActorKind
from domain.shared.ids import BookingId, OrgId, PhotoId
from domain.storage.errors import StorageRejected, StorageUnavailable
from domain.storage.object_keys import PhotoKeys
from domain.storage.tombstone import Persistence
from tests.support.album import Album, open_album
from tests.support.clock import FixedClock
from tests.support.photo_keys import photo_keys
from tests.support.stores import JPEG, STORES, Servers, Store, open_store, opened_servers


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    yield from opened_servers()


@pytest.fixture(params=STORES)
async def store(
    request: pytest.FixtureRequest, tmp_path: Path, clock: FixedClock, servers: Servers
) -> AsyncIterator[Store]:
    async with open_store(request.param, tmp_path, clock, servers) as opened:
        yield opened


@pytest.fixture
def keys() -> PhotoKeys:
    return photo_keys(OrgId(uuid4()))


async def test_a_link_gives_the_bytes_as_the_type_that_it_was_made_for(store: Store, keys: PhotoKeys) -> None:
    stored = await store.put(keys.original)
    answer = await store.follow(await store.link(stored))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert answer.content == JPEG
    assert await store.storage.find(keys.originals) == stored


async def test_a_link_is_good_for_its_time_alone(store: Store, keys: PhotoKeys) -> None:
    link = await store.link(await store.put(keys.original), seconds=30)
    store.clock.advance(seconds=28)
    assert (await store.follow(link)).status_code == 200
    store.clock.advance(seconds=2)
    assert (await store.follow(link)).status_code == 403


async def test_a_link_to_one_object_opens_no_other(store: Store, keys: PhotoKeys) -> None:
    first, second = await store.put(keys.original), await store.put(keys.thumbnail, b"another")
    link = await store.link(first)
    assert first in link
    assert (await store.follow(link.replace(first, second))).status_code == 403


async def test_what_is_put_again_lies_there_instead(store: Store, keys: PhotoKeys) -> None:
    before = await store.put(keys.original, b"before")
    stored = await store.put(keys.original, b"after")
    assert await store.read(stored) == b"after"
    assert await store.read(before) in {None, b"after"}


async def test_what_is_deleted_is_gone_and_may_be_deleted_again(store: Store, keys: PhotoKeys) -> None:
    stored, kept = await store.put(keys.original), await store.put(keys.thumbnail, b"kept")
    for _ in range(2):
        await store.storage.delete(keys.original, stored)
        assert await store.storage.find(keys.originals) is None
        assert await store.read(stored) is None
    assert await store.read(kept) == b"kept"


async def test_what_lost_its_stored_key_in_a_crash_is_found_by_the_key(store: Store, keys: PhotoKeys) -> None:
    stored = await store.put(keys.original)
    await store.storage.delete(keys.original, None)
    assert await store.read(stored) is None


async def test_an_alias_is_read_where_the_canonical_one_is_missing(store: Store, keys: PhotoKeys) -> None:
    alias = keys.originals[3]
    stored = await store.put(alias, b"of an earlier release")
    assert await store.storage.find(keys.originals) == stored
    canonical = await store.put(keys.original)
    assert await store.storage.find(keys.originals) == canonical
    for key in keys.every:
        await store.storage.delete(key, None)
    assert await store.storage.find(keys.every) is None


async def test_a_source_that_cannot_be_read_leaves_nothing(store: Store, keys: PhotoKeys) -> None:
    with pytest.raises((OSError, StorageUnavailable)):
        await store.storage.put(keys.original, store.folder / "missing", content_type="image/jpeg")
    assert await store.storage.find(keys.originals) is None


@pytest.mark.parametrize("key", ["../outside", "/etc/passwd", "orders/ü"])
async def test_a_key_that_leads_elsewhere_is_refused(store: Store, key: str) -> None:
    for reach in (store.put(key), store.storage.delete(key, None), store.storage.find([key])):
        with pytest.raises(StorageRejected):
            await reach


async def test_the_thumbnail_is_put_or_made(store: Store, keys: PhotoKeys) -> None:
    stored = await store.put(keys.original)
    if not store.storage.makes_thumbnails:
        stored = await store.put(keys.thumbnail, b"small")
    link = await store.storage.link(
        stored, variant="thumbnail", content_type="image/webp", expires_at=store.clock.advance(seconds=30)
    )
    store.clock.advance(seconds=-30)
    answer = await store.follow(link)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
    assert answer.content.startswith(b"small")


FAULTS = {
    "memory": ("error", "rejected"),
    "local": ("error",),
    "s3": ("error", "stall", "drop", "rejected"),
    "cloudflare_images": ("error", "busy", "garbage", "stall", "drop", "rejected"),
}


@pytest.mark.parametrize(("name", "fault"), [(name, fault) for name in FAULTS for fault in FAULTS[name]])
async def test_a_store_that_fails_is_away_or_says_no_and_is_itself_again_afterwards(
    name: str, fault: str, tmp_path: Path, clock: FixedClock, servers: Servers, keys: PhotoKeys
) -> None:
    async with open_store(name, tmp_path, clock, servers, STORAGE_TIMEOUT_SECONDS="1") as store:
        stored = await store.put(keys.original)
        store.break_it(fault)
        meant = StorageRejected if fault == "rejected" else StorageUnavailable
        with pytest.raises(meant) as failed:
            await store.put(keys.thumbnail)
        assert (failed.value.retry_after_seconds is not None) is (meant is StorageUnavailable)
        if fault not in {"stall", "drop"}:
            for reach in (store.storage.find(keys.originals), store.storage.delete(keys.original, stored)):
                with pytest.raises(meant):
                    await reach
        store.mend()
        if fault == "drop":  # what was done, though nobody was told
            await store.storage.delete(keys.thumbnail, None)
        else:
            assert await store.read(stored) == JPEG
        assert await store.storage.find(keys.thumbnails) is None
        await store.storage.delete(keys.original, stored)
        assert await store.storage.find(keys.every) is None


@pytest.mark.parametrize("name", ["s3", "cloudflare_images"])
async def test_wrong_keys_are_a_refusal(
    name: str, tmp_path: Path, clock: FixedClock, servers: Servers, keys: PhotoKeys
) -> None:
    wrong = {"R2_SECRET_KEY": "another"} if name == "s3" else {"CF_IMAGES_API_TOKEN": "another"}
    async with open_store(name, tmp_path, clock, servers, **wrong) as store:
        for reach in (store.put(keys.original), store.storage.find(keys.every)):
            with pytest.raises(StorageRejected):
                await reach


@pytest.mark.parametrize("name", ["s3", "cloudflare_images"])
async def test_nobody_waits_for_a_store_that_has_been_away_for_long(
    name: str, tmp_path: Path, clock: FixedClock, servers: Servers, keys: PhotoKeys
) -> None:
    async with open_store(name, tmp_path, clock, servers) as store:
        store.break_it("busy")
        for _ in range(5):
            with pytest.raises(StorageUnavailable):
                await store.storage.find([keys.original])
        store.mend()
        with pytest.raises(StorageUnavailable) as refused:
            await store.storage.find([keys.original])
        assert refused.value.retry_after_seconds
        assert all(server.calls == 0 for server in (servers.s3, servers.cloudflare) if server)
        store.clock.advance(minutes=5)
        assert await store.storage.find([keys.original]) is None


@pytest.mark.parametrize("name", [*sorted({*STORES} - {"s3"}), pytest.param("s3", marks=pytest.mark.slow)])
async def test_a_photo_that_is_deleted_leaves_no_copy_though_its_store_fails_five_times(
    name: str, tmp_path: Path, clock: FixedClock, servers: Servers
) -> None:
    """From the upload over HTTP to the last alias (bar 7). What belongs to others stays."""
    memory = MemoryUnitOfWork(clock, SystemIdentifiers())
    async with (
        open_store(name, tmp_path, clock, servers) as store,
        open_album(memory, clock, given={ObjectStorage: store.storage}) as album,
    ):
        of_others = await store.put("orders/others/photo.jpg")
        before = all_images(servers)
        keys = keys_of(album, await album.uploaded())
        for alias in (*keys.originals[1:], *keys.thumbnails[1:]):
            await store.put(alias)
        if name == "cloudflare_images" and servers.cloudflare is not None:
            servers.cloudflare.copy(keys.original)  # as if an earlier try had lost its id
        assert (await album.ask("DELETE", f"{album.photos}/{keys.photo_id}", "admin")).status_code == 204
        store.break_it("error")
        for attempt in range(1, 6):
            assert await cleared(album, store) == JanitorReport(failed=10, stuck=10 * (attempt == 5))
            clock.advance(days=1)
        store.mend()
        assert all([await store.storage.find([key]) for key in (*keys.originals, *keys.thumbnails[1:])])
        assert await cleared(album, store) == JanitorReport(processed=10)
        assert await store.storage.find(keys.every) is None
        assert await store.storage.find(["orders/others/photo.jpg"]) == of_others
        assert all_images(servers) == before
        async with memory.begin(album.org_id) as unit:
            assert await unit.tombstones.count(None) == 0


async def test_photos_of_a_store_that_was_left_are_found_at_cloudflare(
    tmp_path: Path, clock: FixedClock, servers: Servers
) -> None:
    """Copied there under our keys; it makes the thumbnails itself."""
    memory = MemoryUnitOfWork(clock, SystemIdentifiers())
    async with (
        open_store("cloudflare_images", tmp_path, clock, servers) as store,
        open_album(memory, clock, given={ObjectStorage: store.storage}) as album,
    ):
        keys = keys_of(album, await album.uploaded())
        image_id = await store.storage.find([keys.original])
        async with memory.begin(album.org_id) as unit:
            photo = await unit.photos.lock(keys.booking_id, keys.photo_id)
            kept = replace(photo.picture, stored_key=keys.original, stored_thumbnail_key=keys.thumbnail)
            await unit.photos.save(replace(photo, picture=kept))
        for variant, name in (("original", "public"), ("thumbnail", "thumbnail")):
            answer = await album.ask("GET", await album.link(str(keys.photo_id), variant), None)
            assert answer.status_code == 302, answer.text
            assert f"/{image_id}/{name}?" in answer.headers["location"]


def all_images(servers: Servers) -> set[str]:
    """Cloudflare's names of them tell nothing of ours."""
    return set(servers.cloudflare.images) if servers.cloudflare else set()


def keys_of(album: Album, photo: dict[str, Any]) -> PhotoKeys:
    return PhotoKeys(
        org_id=album.org_id,
        booking_id=BookingId(UUID(album.order_id)),
        photo_id=PhotoId(UUID(photo["photo_id"])),
        extension=".jpg",
    )


async def cleared(album: Album, store: Store) -> JanitorReport:
    rules = JanitorRules(batch_size=50, persistence=Persistence(most_attempts=5, interval_seconds=30))
    janitor = ClearTombstonesHandler(album.salon.uow, store.clock, store.storage, rules)
    actor = Actor(org_id=album.org_id, kind=ActorKind.JOB, name="job:storage-janitor")
    return await janitor.handle(actor, ClearTombstones())
