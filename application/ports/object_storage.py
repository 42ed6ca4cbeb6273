"""Where the bytes of photos lie. Called outside any transaction only."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol

type Variant = Literal["original", "thumbnail"]


class ObjectStorage(Protocol):
    """Every method raises StorageUnavailable (the store is away: later it may work) and StorageRejected
    (the store says no); each call of a provider ends within STORAGE_TIMEOUT_SECONDS. Keys are sound, as
    domain.storage.object_keys has it."""

    @property
    def makes_thumbnails(self) -> bool:
        """The store derives the thumbnail from the original by itself: none is put."""

    @property
    def names_objects(self) -> bool:
        """The store gives objects names of its own: a stored key is another than the key, and says nothing to
        any other store."""

    async def put(self, key: str, source: Path, *, content_type: str) -> str:
        """Whole or not at all, over what lay there. Answers the stored key: what `link` and `delete` take
        beside the key; it is the key itself but for stores that name objects themselves."""

    async def link(
        self, stored_key: str, *, variant: Variant, content_type: str, expires_at: datetime
    ) -> str:
        """Where whoever has it may read the object until then (whole seconds count): an address of the store,
        or a path of ours if we serve it. Asks nobody: whether something is there, finds out who follows."""

    async def find(self, keys: Sequence[str]) -> str | None:
        """The stored key of the first of these under which something lies: canonical, then aliases."""

    async def delete(self, key: str, stored_key: str | None) -> None:
        """All that lies under this key, half-written things too; nothing there is done. A store that names
        objects itself looks for the key as well, so that what lost its stored key in a crash goes too."""


@dataclass(frozen=True, slots=True)
class ServedFile:
    size_bytes: int
    chunks: AsyncIterator[bytes]  # to be read to its end, or closed


class ServedFiles(Protocol):
    """What the store lets us serve ourselves: local disk and memory, nothing of the others."""

    async def open(self, key: str) -> ServedFile | None: ...


class FileLinks(Protocol):
    """Signs the links to what we serve ourselves. The content type is signed, not written."""

    def sign(self, key: str, *, content_type: str, expires_at: datetime) -> str:
        """A path with its query."""

    def check(self, key: str, *, expires: int, signature: str, now: datetime) -> str:
        """The content type that was signed; raises FileLinkInvalid."""
