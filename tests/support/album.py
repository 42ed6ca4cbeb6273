"""An order whose client has agreed to photos, and what can be done with them over HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from adapters.cryptography.file_links import HmacFileLinks
from adapters.memory.object_storage import MemoryObjectStorage
from adapters.pillow.decoder import Decoder
from application.ports.object_storage import FileLinks, ObjectStorage, ServedFiles
from application.ports.unit_of_work import UnitOfWork
from domain.shared.ids import OrgId
from tests.support.clock import FixedClock
from tests.support.decoding import warm_decoder
from tests.support.photos import an_image
from tests.support.salon import TEN, Salon, open_salon

FOREVER = datetime(2100, 1, 1, tzinfo=UTC)
AGENT = {"user-agent": "Field/1.0"}
LINKS = HmacFileLinks(b"k" * 32)


@dataclass(frozen=True, slots=True)
class Album:
    salon: Salon
    store: MemoryObjectStorage
    order_id: str

    @property
    def org_id(self) -> OrgId:
        return self.salon.shop.org_id

    @property
    def photos(self) -> str:
        return f"/v1/orders/{self.order_id}/photos"

    async def ask(
        self, method: str, path: str, role: str | None = "dispatcher", **parts: Any
    ) -> httpx.Response:
        given = {"authorization": f"Bearer {self.org_id}:{role}"} if role else {}
        headers = {**AGENT, **given, **parts.pop("headers", {})}
        return await self.salon.shop.client.request(method, path, headers=headers, **parts)

    async def upload(
        self,
        content: bytes | None = None,
        role: str = "dispatcher",
        *,
        filename: str = "kitchen.jpg",
        order_id: str | None = None,
        phase: str = "BEFORE",
        **fields: str,
    ) -> httpx.Response:
        files = {"file": (filename, an_image() if content is None else content, "text/plain")}
        path = f"/v1/orders/{order_id or self.order_id}/photos"
        return await self.ask("POST", path, role, data={"phase": phase, **fields}, files=files)

    async def uploaded(self, content: bytes | None = None, **fields: Any) -> dict[str, Any]:
        answer = await self.upload(content, **fields)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def review(
        self, photo_id: str, verdict: str, comment: str | None = None, **parts: Any
    ) -> httpx.Response:
        body = {"review_status": verdict, **({"review_comment": comment} if comment else {})}
        return await self.ask("POST", f"{self.photos}/{photo_id}/review", json=body, **parts)

    async def listed(self) -> list[dict[str, Any]]:
        answer = await self.ask("GET", self.photos)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    async def link(self, photo_id: str, variant: str = "original", **parts: Any) -> str:
        path = f"{self.photos}/{photo_id}/signed-url?variant={variant}"
        answer = await self.ask("GET", path, **parts)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["url"])

    async def consent(self, given: bool, role: str = "dispatcher", **fields: Any) -> httpx.Response:
        body = {"consent_photos": given, **fields}
        return await self.ask("PUT", f"/v1/orders/{self.order_id}/photo-consent", role, json=body)

    async def stored_bytes(self) -> int:
        """What the plan counts."""
        usage = (await self.salon.ledger())["usage"]
        return sum(quantity for metric, quantity, _ in usage if metric == "storage_bytes")

    async def audited(self, resource_id: str) -> list[str]:
        return await self.salon.actions(resource_id)

    async def reservations(self) -> int:
        """Uploads that have not ended, whenever they began."""
        async with self.salon.uow.begin(self.org_id) as unit:
            return len(await unit.photos.claim_stale(FOREVER, 100))


@asynccontextmanager
async def open_album(
    uow: UnitOfWork, clock: FixedClock, *, consent: bool = True, **options: Any
) -> AsyncIterator[Album]:
    store = MemoryObjectStorage(LINKS)
    given = {
        FileLinks: LINKS,
        ObjectStorage: store,
        ServedFiles: store,
        Decoder: warm_decoder(),
        **options.pop("given", {}),
    }
    async with open_salon(uow, clock, given=given, **options) as salon:
        lead = await salon.shop.lead()
        booking = await salon.created(TEN, lead_id=lead["lead_id"])
        album = Album(salon, store, booking["booking_id"])
        if consent:
            assert (await album.consent(True)).status_code == 200
        yield album
