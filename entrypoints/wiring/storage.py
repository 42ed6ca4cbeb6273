"""Where the bytes of photos lie, by ORDER_STORAGE_BACKEND."""

from dishka import Provider, Scope, provide, provide_all

from adapters.cryptography.file_links import HmacFileLinks
from adapters.local_disk.object_storage import LocalObjectStorage
from adapters.memory.object_storage import MemoryObjectStorage
from application.ports.object_storage import FileLinks, ObjectStorage, ServedFiles
from application.storage.serve_file import ServeFileHandler
from entrypoints.settings import Fault, Settings, SettingsRefused
from entrypoints.wiring.keys import file_link_key

SERVED_BY_US = frozenset({"local", "memory"})


def storage_provider(settings: Settings) -> Provider:
    backend = settings.storage.backend
    if backend == "local":
        return LocalStorageProvider()
    if backend == "memory":
        return MemoryStorageProvider()
    raise SettingsRefused(
        (Fault("ORDER_STORAGE_BACKEND", f"{backend} is not built into this release", "Choose local"),)
    )


class StorageProvider(Provider):
    """What every store needs, or has."""

    scope = Scope.APP
    handlers = provide_all(ServeFileHandler)

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
