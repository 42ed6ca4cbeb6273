from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from anyio import to_thread

from application.ports.object_storage import FileLinks, ServedFile, Variant
from domain.shared.errors import DomainError
from domain.storage.errors import StorageRejected
from domain.storage.object_keys import is_sound


@dataclass(slots=True)
class MemoryObjectStorage:
    """`fault` is raised by whatever reaches for the store while it is set; `calls` counts those reaches."""

    links: FileLinks
    objects: dict[str, bytes] = field(default_factory=dict)
    fault: DomainError | None = None
    calls: int = 0

    @property
    def makes_thumbnails(self) -> bool:
        return False

    @property
    def names_objects(self) -> bool:
        return False

    async def put(self, key: str, source: Path, *, content_type: str) -> str:
        del content_type  # it is signed into each link
        self._reach(key)
        self.objects[key] = await to_thread.run_sync(source.read_bytes)
        return key

    async def link(
        self, stored_key: str, *, variant: Variant, content_type: str, expires_at: datetime
    ) -> str:
        del variant  # thumbnails have keys of their own
        return self.links.sign(stored_key, content_type=content_type, expires_at=expires_at)

    async def find(self, keys: Sequence[str]) -> str | None:
        self._reach(*keys)
        return next((key for key in keys if key in self.objects), None)

    async def delete(self, key: str, stored_key: str | None) -> None:
        del stored_key
        self._reach(key)
        self.objects.pop(key, None)

    async def open(self, key: str) -> ServedFile | None:
        self._reach(key)
        content = self.objects.get(key)
        return None if content is None else ServedFile(len(content), _whole(content))

    def _reach(self, *keys: str) -> None:
        self.calls += 1
        if self.fault is not None:
            raise self.fault
        if not all(map(is_sound, keys)):
            raise StorageRejected("This key names nothing.")


async def _whole(content: bytes) -> AsyncIterator[bytes]:
    yield content
