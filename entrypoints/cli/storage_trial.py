"""One small picture through the whole life of a photo, in the store as it is configured."""

import tempfile
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx2

from adapters.cryptography.file_links import FILES, HmacFileLinks
from adapters.local_disk.object_storage import LocalObjectStorage
from adapters.memory.object_storage import MemoryObjectStorage
from adapters.s3.object_storage import S3ObjectStorage
from adapters.system.clock import SystemClock
from application.ports.object_storage import ObjectStorage, ServedFiles, Variant
from application.storage.serve_file import ServeFile, ServeFileHandler
from domain.shared.errors import DomainError
from entrypoints.keys import file_link_key
from entrypoints.settings import Settings
from entrypoints.wiring.storage import open_storage

PICTURE = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
LINK_LIFE = timedelta(seconds=60)


async def reach_storage(settings: Settings) -> str:
    """Whether it answers to our keys, and leaves nothing there; raises OSError if not."""
    async with open_storage(settings, SystemClock()) as storage:
        with _step("cannot be looked for"):
            if isinstance(storage, S3ObjectStorage):
                await storage.greet()
            else:
                await storage.find([f"orders/doctor/{uuid4()}/trial.png"])
    return f"{settings.storage.backend}: answers to our keys; --try-storage tries a picture"


async def try_storage(settings: Settings) -> str:
    """What was found good; raises OSError with what was not."""
    key = f"orders/doctor/{uuid4()}/trial.png"
    async with open_storage(settings, SystemClock()) as storage:
        with _step("cannot be put"), _a_picture() as source:
            stored = await storage.put(key, source, content_type="image/png")
        try:
            await _read(settings, storage, stored, "original")
            if storage.makes_thumbnails:
                await _read(settings, storage, stored, "thumbnail")
        finally:
            with _step("cannot be deleted"):
                await storage.delete(key, stored)
        with _step("cannot be looked for"):
            if await storage.find([key]) is not None:
                raise OSError("a picture is still there after it was deleted")
    return f"{settings.storage.backend}: a picture was put, read by a signed link, and deleted"


async def _read(settings: Settings, storage: ObjectStorage, stored: str, variant: Variant) -> None:
    with _step(f"cannot be read by a signed link ({variant})"):
        link = await storage.link(
            stored, variant=variant, content_type="image/png", expires_at=SystemClock().now() + LINK_LIFE
        )
        if isinstance(storage, LocalObjectStorage | MemoryObjectStorage):
            await _read_here(settings, storage, link)
        else:
            await _read_there(link, settings.storage.timeout_seconds)


async def _read_here(settings: Settings, files: ServedFiles, link: str) -> None:
    """As our own route does it: no server need run."""
    parts = urlsplit(link)
    query = parse_qs(parts.query)
    handler = ServeFileHandler(files, HmacFileLinks(file_link_key(settings)), SystemClock())
    key = parts.path.removeprefix(f"{FILES}/")
    _, file = await handler.handle(ServeFile(key, int(query["exp"][0]), query["sig"][0]))
    read = b"".join([chunk async for chunk in file.chunks])
    if read != PICTURE:
        raise OSError("what is read is not what was put")


async def _read_there(link: str, timeout_seconds: float) -> None:
    """The address is not told on: whoever has it may read."""
    try:
        async with httpx2.AsyncClient(timeout=timeout_seconds) as client:
            answer = await client.get(link)
    except httpx2.HTTPError as error:
        raise OSError(f"the link leads nowhere ({type(error).__name__})") from error
    if answer.status_code != HTTPStatus.OK or not answer.headers.get("content-type", "").startswith("image/"):
        raise OSError(f"a signed link answers {answer.status_code}, and not with a picture")


@contextmanager
def _step(what: str) -> Iterator[None]:
    try:
        yield
    except DomainError as error:
        raise OSError(f"a picture {what}: {error}") from error


@contextmanager
def _a_picture() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trial.png"
        path.write_bytes(PICTURE)
        yield path
