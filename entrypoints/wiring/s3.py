"""A store that speaks S3. Apart from the others: its library takes half a second of CPU to load."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

import aioboto3  # type: ignore[import-untyped]  # it ships no types
from aiobotocore.config import AioConfig  # type: ignore[import-untyped]

from adapters.s3.object_storage import S3ObjectStorage
from application.ports.clock import Clock
from entrypoints.settings.groups import StorageSettings

TRIES = 2  # of one call, within its time: a connection that had been idle may be gone
MOST_CONNECT_SECONDS = 5


@cache
def session() -> aioboto3.Session:
    """Keeps what it has read of the library's descriptions of the service."""
    return aioboto3.Session()


@asynccontextmanager
async def open_s3(chosen: StorageSettings, clock: Clock) -> AsyncIterator[S3ObjectStorage]:
    async with session().client("s3", **client_options(chosen)) as client:
        yield S3ObjectStorage(client, chosen.r2_bucket or "", clock, chosen.timeout_seconds)


def client_options(chosen: StorageSettings) -> dict[str, object]:
    """Keys and place are our settings' alone, whatever else the host has configured for AWS."""
    named = chosen.r2_region if chosen.r2_region != "auto" else None
    return {
        "region_name": named or ("auto" if chosen.r2_endpoint else "us-east-1"),
        "endpoint_url": chosen.r2_endpoint,
        "aws_access_key_id": chosen.r2_access_key.reveal() if chosen.r2_access_key else None,
        "aws_secret_access_key": chosen.r2_secret_key.reveal() if chosen.r2_secret_key else None,
        "config": AioConfig(
            signature_version="s3v4",
            connect_timeout=min(chosen.timeout_seconds, MOST_CONNECT_SECONDS),
            read_timeout=chosen.timeout_seconds,
            retries={"total_max_attempts": TRIES, "mode": "standard"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            ignore_configured_endpoint_urls=True,
            s3={"addressing_style": "path" if chosen.r2_endpoint else "virtual"},
        ),
    }
