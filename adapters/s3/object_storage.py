"""Photos in a store that speaks S3: Cloudflare R2, AWS, MinIO and others."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

import anyio
from aiohttp import ClientError as LineError
from anyio import to_thread
from botocore.exceptions import (  # type: ignore[import-untyped]  # it ships no types
    BotoCoreError,
    ClientError,
    HTTPClientError,
)
from botocore.parsers import ResponseParserError  # type: ignore[import-untyped]

from application.ports.clock import Clock
from application.ports.object_storage import Variant
from domain.storage.errors import StorageRejected, StorageUnavailable
from domain.storage.object_keys import is_sound

_ASKS_FOR_PATIENCE = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})


@dataclass(frozen=True, slots=True)
class S3ObjectStorage:
    """One client for the life of the process, and a limit of time for each call. Objects are private; a
    link is good for whoever has it, as the type that it was made for."""

    client: Any  # aiobotocore makes its methods at run time
    bucket: str
    clock: Clock
    timeout_seconds: float = 10

    @property
    def makes_thumbnails(self) -> bool:
        return False

    @property
    def names_objects(self) -> bool:
        return False

    async def put(self, key: str, source: Path, *, content_type: str) -> str:
        _check(key)
        file = await to_thread.run_sync(source.open, "rb")
        with file:
            async with self._call():
                await self.client.put_object(
                    Bucket=self.bucket, Key=key, Body=file, ContentType=content_type, CacheControl="no-store"
                )
        return key

    async def link(
        self, stored_key: str, *, variant: Variant, content_type: str, expires_at: datetime
    ) -> str:
        del variant  # thumbnails have keys of their own
        _check(stored_key)
        left = int((expires_at - self.clock.now()).total_seconds())
        wanted = {
            "Bucket": self.bucket,
            "Key": stored_key,
            "ResponseContentType": content_type,
            "ResponseCacheControl": "private, no-store",
        }
        async with self._call():
            link = await self.client.generate_presigned_url(
                "get_object", Params=wanted, ExpiresIn=max(1, left)
            )
        return str(link)

    async def find(self, keys: Sequence[str]) -> str | None:
        for key in keys:
            if await self._has(key):
                return key
        return None

    async def greet(self) -> None:
        """Whether the bucket is there and our keys may look into it; a key not found tells the latter."""
        async with self._call():
            await self.client.list_objects_v2(Bucket=self.bucket, Prefix="orders/", MaxKeys=1)

    async def delete(self, key: str, stored_key: str | None) -> None:
        """The bucket must keep no versions: of those a delete would leave the older ones."""
        del stored_key
        _check(key)
        async with self._call():
            await self.client.delete_object(Bucket=self.bucket, Key=key)

    async def _has(self, key: str) -> bool:
        _check(key)
        async with self._call():
            try:
                await self.client.head_object(Bucket=self.bucket, Key=key)
            except ClientError as error:
                if _status(error) == HTTPStatus.NOT_FOUND:
                    return False
                raise
        return True

    @asynccontextmanager
    async def _call(self) -> AsyncIterator[None]:
        try:
            with anyio.fail_after(self.timeout_seconds):
                yield
        except ClientError as error:
            raise _meant_by(error) from error
        except (
            HTTPClientError,
            ResponseParserError,
            LineError,
            OSError,
        ) as error:  # TimeoutError is an OSError
            raise StorageUnavailable from error
        except BotoCoreError as error:
            raise StorageRejected from error


def _check(key: str) -> None:
    if not is_sound(key):
        raise StorageRejected("This key names nothing.")


def _status(error: ClientError) -> int:
    status: int = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status


def _meant_by(error: ClientError) -> StorageUnavailable | StorageRejected:
    """The store's own words stay in the log: they name bucket and account."""
    status = _status(error)
    is_away = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _ASKS_FOR_PATIENCE
    return StorageUnavailable() if is_away else StorageRejected()
