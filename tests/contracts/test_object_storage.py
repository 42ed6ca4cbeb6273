"""Every store keeps the same promises (field page, §9, "Backends")."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest

from application.ports.object_storage import ObjectStorage
from domain.shared.ids import BookingId, OrgId, PhotoId
from domain.storage.errors import StorageRejected
from domain.storage.object_keys import PhotoKeys
from tests.support.clock import FixedClock
from tests.support.http import NO_DATABASE, open_app, settings_for

STORES = ("memory", "local")
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 300 + b"\xff\xd9"


@dataclass(slots=True)
class Store:
    """A store as the application is wired to it, and whoever follows its links."""

    storage: ObjectStorage
    client: httpx.AsyncClient
    clock: FixedClock
    folder: Path

    def source(self, content: bytes) -> Path:
        path = self.folder / uuid4().hex
        path.write_bytes(content)
        return path

    async def put(self, key: str, content: bytes = JPEG) -> str:
        return await self.storage.put(key, self.source(content), content_type="image/jpeg")

    async def link(self, stored_key: str, seconds: int = 60) -> str:
        return await self.storage.link(
            stored_key,
            variant="original",
            content_type="image/jpeg",
            expires_at=self.clock.now() + timedelta(seconds=seconds),
        )

    async def read(self, stored_key: str) -> bytes | None:
        """What a reader gets under it; None if there is nothing."""
        answer = await self.client.get(await self.link(stored_key))
        assert answer.status_code in {200, 404}, answer.text
        return answer.content if answer.status_code == 200 else None


@pytest.fixture(params=STORES)
async def store(request: pytest.FixtureRequest, tmp_path: Path, clock: FixedClock) -> AsyncIterator[Store]:
    async with AsyncExitStack() as stack:
        settings = settings_for(tmp_path / "home", None, **NO_DATABASE, ORDER_STORAGE_BACKEND=request.param)
        app = await stack.enter_async_context(open_app(settings, clock))
        yield Store(await app.container.get(ObjectStorage), app.client, clock, tmp_path)


@pytest.fixture
def keys() -> PhotoKeys:
    return PhotoKeys(
        org_id=OrgId(uuid4()), booking_id=BookingId(uuid4()), photo_id=PhotoId(UUID(int=7)), extension=".jpg"
    )


async def test_a_link_gives_the_bytes_as_the_type_that_it_was_made_for(store: Store, keys: PhotoKeys) -> None:
    stored = await store.put(keys.original)
    answer = await store.client.get(await store.link(stored))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert answer.content == JPEG
    assert await store.storage.find(keys.originals) == stored


async def test_a_link_is_good_for_its_time_alone(store: Store, keys: PhotoKeys) -> None:
    link = await store.link(await store.put(keys.original), seconds=30)
    store.clock.advance(seconds=29)
    assert (await store.client.get(link)).status_code == 200
    store.clock.advance(seconds=1)
    assert (await store.client.get(link)).status_code == 403


async def test_a_link_to_one_object_opens_no_other(store: Store, keys: PhotoKeys) -> None:
    first, second = await store.put(keys.original), await store.put(keys.thumbnail, b"another")
    link = await store.link(first)
    assert (await store.client.get(link.replace(first, second))).status_code == 403


async def test_what_is_put_again_lies_there_instead(store: Store, keys: PhotoKeys) -> None:
    await store.put(keys.original, b"before")
    stored = await store.put(keys.original, b"after")
    assert await store.read(stored) == b"after"


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
    with pytest.raises(Exception):  # noqa: B017, PT011  # which one is the caller's own mistake to make
        await store.storage.put(keys.original, store.folder / "missing", content_type="image/jpeg")
    assert await store.storage.find(keys.originals) is None


@pytest.mark.parametrize("key", ["../outside", "orders/../../x", "/etc/passwd", "orders/ü"])
async def test_a_key_that_leads_elsewhere_is_refused(store: Store, key: str) -> None:
    with pytest.raises(StorageRejected):
        await store.put(key)
    with pytest.raises(StorageRejected):
        await store.storage.delete(key, None)
    with pytest.raises(StorageRejected):
        await store.storage.find([key])
