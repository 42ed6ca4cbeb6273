"""Every store, as the application is wired to it by its settings, and whoever follows its links."""

import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from dishka import Provider, Scope

from adapters.cloudflare_images.object_storage import DELIVERY, CloudflareAddresses
from adapters.memory.object_storage import MemoryObjectStorage
from adapters.memory.unit_of_work import MemoryUnitOfWork
from adapters.system.identifiers import SystemIdentifiers
from application.ports.object_storage import ObjectStorage
from application.ports.unit_of_work import UnitOfWork
from domain.storage.errors import StorageRejected, StorageUnavailable
from entrypoints.settings.rules import CLOUDFLARE_BACKENDS
from tests.support import fake_cloudflare_images as cloudflare
from tests.support import s3_server as s3
from tests.support.clock import FixedClock
from tests.support.fake_cloudflare_images import FakeCloudflareImages
from tests.support.http import NO_DATABASE, App, open_app, settings_for
from tests.support.s3_server import S3Server

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # one that loads no certificates takes no time
STORES = ("memory", "local", "s3", "cloudflare_images")
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 300 + b"\xff\xd9"


@dataclass(slots=True)
class Servers:
    """Those that a test needs, opened by whoever asks first."""

    s3: S3Server | None = None
    cloudflare: FakeCloudflareImages | None = None

    def environ(self, store: str) -> dict[str, str]:
        if store == "s3" and self.s3 is not None:
            return {
                "R2_BUCKET": s3.BUCKET,
                "R2_ACCESS_KEY": s3.ACCESS_KEY,
                "R2_SECRET_KEY": s3.SECRET_KEY,
                "R2_ENDPOINT": self.s3.url,
                "R2_REGION": "us-east-1",
            }
        if store in CLOUDFLARE_BACKENDS:
            return {
                "CF_IMAGES_ACCOUNT_ID": cloudflare.ACCOUNT,
                "CF_IMAGES_ACCOUNT_HASH": cloudflare.HASH,
                "CF_IMAGES_API_TOKEN": cloudflare.TOKEN,
                "CF_IMAGES_SIGNING_KEY": cloudflare.SIGNING_KEY,
            }
        return {}

    def calm(self) -> None:
        """As they are when nothing is wrong, and empty of what others asked."""
        for server in (self.s3, self.cloudflare):
            if server is not None:
                server.fault, server.calls = "", 0


@dataclass(slots=True)
class Store:
    name: str
    app: App
    storage: ObjectStorage
    servers: Servers
    clock: FixedClock
    folder: Path
    reader: httpx.AsyncClient
    began: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.began = self.clock.now()
        if self.servers.s3 is not None:
            self.servers.s3.ahead = self._ahead
        if self.servers.cloudflare is not None:
            self.servers.cloudflare.now = self.clock.now

    def _ahead(self) -> timedelta:
        return self.clock.now() - self.began

    def source(self, content: bytes) -> Path:
        path = self.folder / uuid4().hex
        path.write_bytes(content)
        return path

    async def put(self, key: str, content: bytes = JPEG) -> str:
        return await self.storage.put(key, self.source(content), content_type="image/jpeg")

    async def link(self, stored_key: str, seconds: int = 60) -> str:
        return await self.storage.link(
            stored_key,
            variant="original",
            content_type="image/jpeg",
            expires_at=self.clock.now() + timedelta(seconds=seconds),
        )

    async def follow(self, link: str) -> httpx.Response:
        """As a browser would, with nothing but the link."""
        if self.name in {"memory", "local"}:
            return await self.app.client.get(link)
        if self.servers.cloudflare is not None:
            link = link.replace(DELIVERY, self.servers.cloudflare.delivery)
        return await self.reader.get(link)

    async def read(self, stored_key: str) -> bytes | None:
        """What a reader gets under it; None if there is nothing."""
        answer = await self.follow(await self.link(stored_key))
        assert answer.status_code in {200, 404}, answer.text
        return answer.content if answer.status_code == 200 else None

    def break_it(self, fault: str) -> None:
        """error, busy, garbage, stall, drop or rejected, until `mend`. A disk can only fail."""
        if self.name == "local":
            self.away.mkdir(parents=True)
            self.app.settings.upload_root.replace(self.away)
            self.app.settings.upload_root.symlink_to(self.app.settings.upload_root)
        storage: Any = self.storage
        if isinstance(storage, MemoryObjectStorage):
            storage.fault = StorageRejected() if fault == "rejected" else StorageUnavailable()
        for server in (self.servers.s3, self.servers.cloudflare):
            if server is not None:
                server.fault = fault

    @property
    def away(self) -> Path:
        return self.folder / "away"

    def mend(self) -> None:
        if self.name == "local":
            self.app.settings.upload_root.unlink()
            self.away.replace(self.app.settings.upload_root)
        storage: Any = self.storage
        if isinstance(storage, MemoryObjectStorage):
            storage.fault = None
        self.servers.calm()


@asynccontextmanager
async def open_store(
    name: str, home: Path, clock: FixedClock, servers: Servers, **environ: str
) -> AsyncIterator[Store]:
    """Without a database: circuits are kept in memory."""
    servers.calm()
    memory = MemoryUnitOfWork(clock, SystemIdentifiers())
    overrides = Provider(scope=Scope.APP)
    overrides.provide(lambda: memory, provides=UnitOfWork)
    if servers.cloudflare is not None:
        addresses = CloudflareAddresses(servers.cloudflare.api)
        overrides.provide(lambda: addresses, provides=CloudflareAddresses)
    given = {**NO_DATABASE, "ORDER_STORAGE_BACKEND": name, **servers.environ(name), **environ}
    settings = settings_for(home / "home", None, **given)
    async with open_app(settings, clock, overrides) as app, httpx.AsyncClient(verify=NO_TLS) as reader:
        yield Store(name, app, await app.container.get(ObjectStorage), servers, clock, home, reader)


def opened_servers() -> Iterator[Servers]:
    """For a fixture of the session."""
    with s3.open_s3_server() as bucket, cloudflare.open_fake_cloudflare_images() as images:
        yield Servers(bucket, images)
