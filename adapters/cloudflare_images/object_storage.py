"""Photos at Cloudflare Images: it names each image itself, and makes the thumbnail of the original.

The canonical key goes along as the image's `creator`, by which its list can be searched, and into its
metadata, by which we recognise our own: an image whose id was lost in a crash is found again and deleted.
"""

import hmac
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import Any

import anyio
import httpx2
from anyio import to_thread

from application.ports.object_storage import Variant
from domain.storage.errors import StorageRejected, StorageUnavailable
from domain.storage.object_keys import is_sound

API = "https://api.cloudflare.com/client/v4"
DELIVERY = "https://imagedelivery.net"
KEY = "key"  # in an image's metadata
_MOST_IN_A_PAGE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudflareAccount:
    account_id: str
    account_hash: str
    api_token: str = field(repr=False)
    signing_key: str = field(repr=False)
    default_variant: str = "public"
    thumbnail_variant: str = "thumbnail"


@dataclass(frozen=True, slots=True)
class CloudflareAddresses:
    api: str = API
    delivery: str = DELIVERY


@dataclass(frozen=True, slots=True)
class CloudflareImages:
    """One client for the life of the process; `timeout_seconds` is for each call."""

    client: httpx2.AsyncClient
    account: CloudflareAccount
    timeout_seconds: float = 10
    addresses: CloudflareAddresses = field(default_factory=CloudflareAddresses)

    @property
    def makes_thumbnails(self) -> bool:
        return True

    @property
    def names_objects(self) -> bool:
        return True

    async def put(self, key: str, source: Path, *, content_type: str) -> str:
        """What lay under the key before goes only once the new one is there."""
        _check(key)
        file = await to_thread.run_sync(source.open, "rb")
        with file:
            result = await self._ask(
                "POST",
                "v1",
                files={"file": (key.rpartition("/")[2], file, content_type)},
                data={"requireSignedURLs": "true", "creator": key, "metadata": json.dumps({KEY: key})},
            )
        image_id = str((result or {}).get("id") or "")
        if not image_id:
            raise StorageUnavailable
        for earlier in [one async for one in self._images(key)]:
            if earlier != image_id:
                await self._remove(earlier)
        return image_id

    async def link(
        self, stored_key: str, *, variant: Variant, content_type: str, expires_at: datetime
    ) -> str:
        del content_type  # it tells the type of what it made
        own = self.account
        name = own.thumbnail_variant if variant == "thumbnail" else own.default_variant
        signed = f"/{own.account_hash}/{stored_key}/{name}?exp={int(expires_at.timestamp())}"
        signature = hmac.new(own.signing_key.encode(), signed.encode(), sha256).hexdigest()
        return f"{self.addresses.delivery}{signed}&sig={signature}"

    async def find(self, keys: Sequence[str]) -> str | None:
        for key in keys:
            _check(key)
            async for image_id in self._images(key):
                return image_id
        return None

    async def delete(self, key: str, stored_key: str | None) -> None:
        _check(key)
        if stored_key is not None and stored_key != key:
            await self._remove(stored_key)
        for image_id in [image_id async for image_id in self._images(key)]:
            await self._remove(image_id)

    async def _images(self, key: str) -> AsyncIterator[str]:
        """Ids of all that was put under this key. What says otherwise of itself is never ours to touch."""
        token: str | None = None
        while True:
            query = {"creator": key, "per_page": str(_MOST_IN_A_PAGE)}
            page = await self._ask(
                "GET", "v2", params=query | ({"continuation_token": token} if token else {})
            )
            for image in (page or {}).get("images") or ():
                if (image.get("meta") or {}).get(KEY) == key:
                    yield str(image["id"])
            token = (page or {}).get("continuation_token")
            if not token:
                return

    async def _remove(self, image_id: str) -> None:
        await self._ask("DELETE", f"v1/{image_id}", absent_is_done=True)

    async def _ask(
        self, method: str, path: str, *, absent_is_done: bool = False, **parts: Any
    ) -> dict[str, Any] | None:
        """The result; None for what is not there."""
        url = f"{self.addresses.api}/accounts/{self.account.account_id}/images/{path}"
        headers = {"Authorization": f"Bearer {self.account.api_token}"}
        async with _in_time(self.timeout_seconds):
            answer = await self.client.request(
                method, url, headers=headers, timeout=None, follow_redirects=False, **parts
            )
        if answer.status_code == HTTPStatus.NOT_FOUND and absent_is_done:
            return None
        if (
            answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
            or answer.status_code == HTTPStatus.TOO_MANY_REQUESTS
        ):
            raise StorageUnavailable
        return _result_of(answer)


@asynccontextmanager
async def _in_time(seconds: float) -> AsyncIterator[None]:
    try:
        with anyio.fail_after(seconds):
            yield
    except (httpx2.HTTPError, OSError) as error:  # TimeoutError is an OSError
        raise StorageUnavailable from error


def _result_of(answer: httpx2.Response) -> dict[str, Any] | None:
    """Its own words are not told on: they may name the account."""
    if answer.is_server_error or answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        raise StorageUnavailable
    if not answer.is_success:
        raise StorageRejected
    try:
        told = answer.json()
    except ValueError as error:
        raise StorageUnavailable from error
    if not isinstance(told, dict) or told.get("success") is not True:
        raise StorageRejected
    result = told.get("result")
    return result if isinstance(result, dict) else None


def _check(key: str) -> None:
    if not is_sound(key):
        raise StorageRejected("This key names nothing.")
