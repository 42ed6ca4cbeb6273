"""What only a disk can show: half-written files, links that somebody laid, a disk that fails."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.cryptography.file_links import HmacFileLinks
from adapters.local_disk.object_storage import LocalObjectStorage
from domain.storage.errors import StorageRejected, StorageUnavailable

KEY = "orders/org/booking/photo.jpg"
DIES_HALFWAY = """
import asyncio, os, pathlib, sys
from adapters.cryptography.file_links import HmacFileLinks
from adapters.local_disk.object_storage import LocalObjectStorage
os.fsync = lambda descriptor: os.kill(os.getpid(), 9)
store = LocalObjectStorage(pathlib.Path(sys.argv[1]), HmacFileLinks(b"k"))
asyncio.run(store.put(sys.argv[3], pathlib.Path(sys.argv[2]), content_type="image/jpeg"))
"""


@pytest.fixture
def store(tmp_path: Path) -> LocalObjectStorage:
    return LocalObjectStorage(tmp_path / "root", HmacFileLinks(b"k" * 32))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_bytes(b"bytes")
    return path


def die_halfway(root: Path, source: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", DIES_HALFWAY, root, source, KEY], check=False)
    assert ended.returncode == -9


def mode_of(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def files_of(store: LocalObjectStorage) -> list[Path]:
    return [path for path in store.root.rglob("*") if not path.is_dir()]


async def test_there_is_one_copy_for_its_owner_alone(store: LocalObjectStorage, source: Path) -> None:
    await store.put(KEY, source, content_type="image/jpeg")
    (file,) = files_of(store)
    assert file == store.root / KEY
    assert mode_of(file) == 0o600
    assert source in source.parent.iterdir()


async def test_a_crash_halfway_leaves_nothing_to_read_and_nothing_after_a_delete(
    store: LocalObjectStorage, source: Path
) -> None:
    die_halfway(store.root, source)
    (half,) = files_of(store)
    assert half.name.endswith(".part")
    assert await store.find([KEY]) is None
    await store.delete(KEY, None)
    assert files_of(store) == []


async def test_a_delete_takes_no_half_of_another_file_along(store: LocalObjectStorage, source: Path) -> None:
    await store.put(KEY, source, content_type="image/jpeg")
    other = store.root / "orders/org/booking/.photo.jpg2.abc.part"
    other.write_bytes(b"half")
    await store.delete(KEY, None)
    assert files_of(store) == [other]


async def test_a_link_that_leads_out_of_the_root_is_not_followed(
    store: LocalObjectStorage, source: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.jpg").write_bytes(b"secret")
    store.root.mkdir()
    (store.root / "orders").symlink_to(outside)
    (store.root / "x.jpg").symlink_to(outside / "secret.jpg")
    for key in ("orders/secret.jpg", "x.jpg"):
        for reach in (store.open(key), store.delete(key, None), store.find([key])):
            with pytest.raises(StorageRejected):
                await reach
        with pytest.raises(StorageRejected):
            await store.put(key, source, content_type="image/jpeg")
    assert (outside / "secret.jpg").read_bytes() == b"secret"


async def test_a_disk_that_fails_is_a_store_that_is_away(
    store: LocalObjectStorage, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(StorageUnavailable) as failed:
            await store.put(KEY, source, content_type="image/jpeg")
    assert failed.value.retry_after_seconds
    assert files_of(store) == []
