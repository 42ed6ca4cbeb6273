"""Where the bytes of photos lie, by ORDER_STORAGE_BACKEND."""

from collections.abc import AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager

import httpx2
from dishka import Provider, Scope, provide, provide_all

from adapters.cloudflare_images.object_storage import CloudflareAccount, CloudflareAddresses, CloudflareImages
from adapters.cryptography.file_links import HmacFileLinks
from adapters.local_disk.object_storage import LocalObjectStorage
from adapters.memory.object_storage import MemoryObjectStorage
from application.ports.circuit_breakers import CircuitBreakers
from application.ports.clock import Clock
from application.ports.object_storage import FileLinks, ObjectStorage, ServedFile, ServedFiles
from application.storage.clear_tombstones import JanitorRules
from application.storage.guarded_storage import GuardedStorage
from application.storage.serve_file import ServeFileHandler
from application.storage.tombstones import ListTombstonesHandler, RetryTombstoneHandler
from domain.storage.tombstone import Persistence
from entrypoints.keys import file_link_key
from entrypoints.settings import Fault, Settings, SettingsRefused
from entrypoints.settings.groups import StorageSettings
from entrypoints.settings.rules import CLOUDFLARE_BACKENDS, S3_BACKENDS

SERVED_BY_US = frozenset({"local", "memory"})


def storage_provider(settings: Settings) -> Provider:
    backend = settings.storage.backend
    if backend == "local":
        return LocalStorageProvider()
    if backend == "memory":
        return MemoryStorageProvider()
    return ElsewhereProvider()


class StorageProvider(Provider):
    """What every store needs, or has."""

    scope = Scope.APP
    handlers = provide_all(ListTombstonesHandler, RetryTombstoneHandler, ServeFileHandler)

    @provide
    def janitor(self, settings: Settings) -> JanitorRules:
        chosen = settings.storage
        persistence = Persistence(
            most_attempts=chosen.delete_max_attempts, interval_seconds=chosen.delete_retry_interval_seconds
        )
        return JanitorRules(batch_size=chosen.delete_batch_size, persistence=persistence)

    @provide
    def links(self, settings: Settings) -> FileLinks:
        return HmacFileLinks(file_link_key(settings))


class LocalStorageProvider(StorageProvider):
    @provide
    def store(self, settings: Settings, links: FileLinks) -> LocalObjectStorage:
        return LocalObjectStorage(settings.upload_root, links)

    @provide
    def storage(self, store: LocalObjectStorage) -> ObjectStorage:
        return store

    @provide
    def served(self, store: LocalObjectStorage) -> ServedFiles:
        return store


class MemoryStorageProvider(StorageProvider):
    @provide
    def store(self, links: FileLinks) -> MemoryObjectStorage:
        return MemoryObjectStorage(links)

    @provide
    def storage(self, store: MemoryObjectStorage) -> ObjectStorage:
        return store

    @provide
    def served(self, store: MemoryObjectStorage) -> ServedFiles:
        return store


class NothingServed:
    async def open(self, key: str) -> ServedFile | None:  # noqa: ARG002  # whichever it is
        return None


class ElsewhereProvider(StorageProvider):
    """A store that is reached over the network, has addresses of its own, and may be away."""

    @provide
    def addresses(self) -> CloudflareAddresses:
        return CloudflareAddresses()

    @provide
    async def storage(
        self, settings: Settings, clock: Clock, breakers: CircuitBreakers, addresses: CloudflareAddresses
    ) -> AsyncIterable[ObjectStorage]:
        async with open_elsewhere(settings.storage, clock, addresses) as store:
            yield GuardedStorage(store, breakers)

    @provide
    def served(self) -> ServedFiles:
        return NothingServed()


@asynccontextmanager
async def open_storage(settings: Settings, clock: Clock) -> AsyncIterator[ObjectStorage]:
    """The configured one, for a command that tries it: unguarded."""
    links = HmacFileLinks(file_link_key(settings))
    if settings.storage.backend == "local":
        yield LocalObjectStorage(settings.upload_root, links)
    elif settings.storage.backend == "memory":
        yield MemoryObjectStorage(links)
    else:
        async with open_elsewhere(settings.storage, clock, CloudflareAddresses()) as store:
            yield store


@asynccontextmanager
async def open_elsewhere(
    chosen: StorageSettings, clock: Clock, addresses: CloudflareAddresses
) -> AsyncIterator[ObjectStorage]:
    """With one client of its own, until it is closed."""
    if chosen.backend in S3_BACKENDS:
        from entrypoints.wiring.s3 import open_s3  # noqa: PLC0415  # half a second of CPU

        async with open_s3(chosen, clock) as store:
            yield store
    elif chosen.backend in CLOUDFLARE_BACKENDS:
        async with httpx2.AsyncClient() as client:
            yield CloudflareImages(client, cloudflare_account(chosen), chosen.timeout_seconds, addresses)
    else:
        raise SettingsRefused(
            (Fault("ORDER_STORAGE_BACKEND", f"{chosen.backend} is nowhere else", "Choose r2 or s3"),)
        )


def cloudflare_account(chosen: StorageSettings) -> CloudflareAccount:
    """What is missing here was refused at start."""
    token, key = chosen.cf_images_api_token, chosen.cf_images_signing_key
    return CloudflareAccount(
        account_id=chosen.cf_images_account_id or "",
        account_hash=chosen.cf_images_account_hash or "",
        api_token=token.reveal() if token else "",
        signing_key=key.reveal() if key else "",
        default_variant=chosen.cf_images_default_variant,
        thumbnail_variant=chosen.cf_images_thumbnail_variant,
    )
