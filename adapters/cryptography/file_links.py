"""Links to files that we serve ourselves: good for whoever has them, for a while."""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from domain.storage.errors import FileLinkInvalid

FILES = "/v1/storage/local"
SERVED_TYPES = ("image/jpeg", "image/png", "image/webp", "application/octet-stream")


@dataclass(frozen=True, slots=True)
class HmacFileLinks:
    """The signature covers path, time and content type. The type is not written into the link: whoever checks
    it tries the few there are, so nobody can have the same bytes served as another."""

    key: bytes = field(repr=False)
    types: Sequence[str] = SERVED_TYPES

    def sign(self, key: str, *, content_type: str, expires_at: datetime) -> str:
        known = content_type if content_type in self.types else "application/octet-stream"
        expires = int(expires_at.timestamp())
        return f"{FILES}/{key}?exp={expires}&sig={self._signature(key, expires, known)}"

    def check(self, key: str, *, expires: int, signature: str, now: datetime) -> str:
        given = signature.encode()
        fitting = [
            content_type
            for content_type in self.types
            if hmac.compare_digest(self._signature(key, expires, content_type).encode(), given)
        ]
        if not fitting or now.timestamp() >= expires:
            raise FileLinkInvalid
        return fitting[0]

    def _signature(self, key: str, expires: int, content_type: str) -> str:
        signed = f"{FILES}/{key}?exp={expires}\n{content_type}".encode()
        return urlsafe_b64encode(hmac.digest(self.key, signed, sha256)).rstrip(b"=").decode()
