from collections.abc import Mapping
from typing import Protocol


class CanonicalJson(Protocol):
    """One text for one value, whoever writes it (RFC 8785)."""

    def encode(self, value: Mapping[str, object]) -> bytes:
        """UTF-8. Raises ValueError for what the standard cannot write, as numbers beyond 2^53."""
