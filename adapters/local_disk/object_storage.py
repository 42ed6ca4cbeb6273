"""Photos as files of this host, under one folder."""

import os
import shutil
import stat
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from anyio import to_thread

from application.ports.object_storage import FileLinks, ServedFile, Variant
from domain.storage.errors import StorageRejected, StorageUnavailable
from domain.storage.object_keys import is_sound

_OWNER_ONLY = 0o600
_FOLDER_OF_OWNER = 0o700
_CHUNK = 256 * 1024  # each is a turn of a thread


@dataclass(frozen=True, slots=True)
class LocalObjectStorage:
    """A file has its name only once it is whole and on disk; until then it is a hidden one beside it, which a
    crash may leave behind and `delete` takes along."""

    root: Path
    links: FileLinks

    @property
    def makes_thumbnails(self) -> bool:
        return False

    @property
    def names_objects(self) -> bool:
        return False

    async def put(self, key: str, source: Path, *, content_type: str) -> str:
        del content_type  # it is signed into each link
        await _off_the_loop(lambda: self._write(self._path(key), source))
        return key

    async def link(
        self, stored_key: str, *, variant: Variant, content_type: str, expires_at: datetime
    ) -> str:
        del variant  # thumbnails have keys of their own
        self._path(stored_key)
        return self.links.sign(stored_key, content_type=content_type, expires_at=expires_at)

    async def find(self, keys: Sequence[str]) -> str | None:
        return await _off_the_loop(lambda: next((key for key in keys if _lies(self._path(key))), None))

    async def delete(self, key: str, stored_key: str | None) -> None:
        del stored_key
        await _off_the_loop(lambda: _remove(self._path(key)))

    async def open(self, key: str) -> ServedFile | None:
        opened = await _off_the_loop(lambda: _opened(self._path(key)))
        return None if opened is None else ServedFile(opened[1], _chunks(opened[0]))

    def _path(self, key: str) -> Path:
        """Raises StorageRejected for a key that leaves the root, be it by a link that somebody laid there."""
        root = self.root.absolute()
        path = root / key
        if not is_sound(key) or not path.parent.resolve().is_relative_to(root.resolve()) or path.is_symlink():
            raise StorageRejected("This key names nothing under the folder of uploads.")
        return path

    def _write(self, path: Path, source: Path) -> None:
        folders = _make_folders(path.parent)
        half = path.with_name(f".{path.name}.{uuid4().hex}.part")
        try:
            descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
            with os.fdopen(descriptor, "wb") as file, source.open("rb") as bytes_of:
                shutil.copyfileobj(bytes_of, file, _CHUNK)
                file.flush()
                os.fsync(file.fileno())
            half.replace(path)
        finally:
            half.unlink(missing_ok=True)
        for folder in (path.parent, *folders):
            _sync_folder(folder)


async def _off_the_loop[T](work: Callable[[], T]) -> T:
    try:
        return await to_thread.run_sync(work)
    except OSError as error:
        raise StorageUnavailable("The disk of the photos cannot be used right now.") from error


def _make_folders(folder: Path) -> list[Path]:
    """Makes what is missing; answers the folders whose entries changed, which must reach the disk too."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(mode=_FOLDER_OF_OWNER, parents=True, exist_ok=True)
    return [each.parent for each in missing]


def _lies(path: Path) -> bool:
    """Raises what is wrong with the disk, where the library's own question would say no."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False


def _remove(path: Path) -> None:
    try:
        path.parent.stat()
    except (FileNotFoundError, NotADirectoryError):
        return
    for gone in (path, *path.parent.glob(f".{path.name}.*.part")):
        gone.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _opened(path: Path) -> tuple[BinaryIO, int] | None:
    if not _lies(path):
        return None
    try:
        file = path.open("rb")
    except FileNotFoundError:  # deleted this moment
        return None
    return file, os.fstat(file.fileno()).st_size


async def _chunks(file: BinaryIO) -> AsyncIterator[bytes]:
    with file:
        while chunk := await to_thread.run_sync(file.read, _CHUNK):
            yield chunk


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
