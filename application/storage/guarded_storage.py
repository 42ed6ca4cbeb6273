from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from application.ports.circuit_breakers import CircuitBreakers, CircuitOpen
from application.ports.object_storage import ObjectStorage, Variant
from domain.storage.errors import RETRY_AFTER_SECONDS, StorageUnavailable

CIRCUIT = "s3"
"""Of whatever store somewhere else is chosen: an installation has one."""


@dataclass(frozen=True, slots=True)
class GuardedStorage:
    """A store somewhere else: while it is away nobody waits for it. A refusal is no sign of that."""

    storage: ObjectStorage
    breakers: CircuitBreakers

    @property
    def makes_thumbnails(self) -> bool:
        return self.storage.makes_thumbnails

    @property
    def names_objects(self) -> bool:
        return self.storage.names_objects

    async def put(self, key: str, source: Path, *, content_type: str) -> str:
        async with self._guard():
            return await self.storage.put(key, source, content_type=content_type)

    async def link(
        self, stored_key: str, *, variant: Variant, content_type: str, expires_at: datetime
    ) -> str:
        """Unguarded: it is made here."""
        return await self.storage.link(
            stored_key, variant=variant, content_type=content_type, expires_at=expires_at
        )

    async def find(self, keys: Sequence[str]) -> str | None:
        async with self._guard():
            return await self.storage.find(keys)

    async def delete(self, key: str, stored_key: str | None) -> None:
        async with self._guard():
            await self.storage.delete(key, stored_key)

    @asynccontextmanager
    async def _guard(self) -> AsyncIterator[None]:
        try:
            async with self.breakers.guard(CIRCUIT, lambda error: isinstance(error, StorageUnavailable)):
                yield
        except CircuitOpen as error:
            raise StorageUnavailable(
                retry_after_seconds=error.retry_after_seconds or RETRY_AFTER_SECONDS
            ) from error
