from typing import Protocol
from uuid import UUID


class Identifiers(Protocol):
    """Where new names and secrets come from."""

    def new(self) -> UUID:
        """A UUIDv7: unique, and later ones sort later."""

    def secret(self, size_bytes: int) -> bytes:
        """Random bytes fit for a credential."""
