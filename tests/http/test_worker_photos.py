"""Photos of a worker's own jobs (field page, §8 and §9)."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import httpx
import pytest

from application.ports.unit_of_work import UnitOfWork
from domain.shared.ids import WorkerId
from tests.support.album import Album, open_album
from tests.support.clock import FixedClock
from tests.support.photos import an_image
from tests.support.salon import ANN, BOB, SOUTH
from tests.support.shop import DISPATCHER


@dataclass(frozen=True, slots=True)
class Job:
    album: Album

    @property
    def photos(self) -> str:
        return f"/v1/worker/jobs/{self.album.order_id}/photos"

    async def ask(self, method: str, path: str, **parts: Any) -> httpx.Response:
        return await self.album.ask(method, path, "worker", **parts)

    async def upload(self, colour: int = 4, **fields: str) -> httpx.Response:
        files = {"file": ("oven.jpg", an_image(colour=colour))}
        return await self.ask("POST", self.photos, data={"phase": "AFTER", **fields}, files=files)

    async def uploaded(self, colour: int = 4, **fields: str) -> dict[str, Any]:
        answer = await self.upload(colour, **fields)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def sign_in_as(self, worker_id: WorkerId | None) -> None:
        """The one login of these tests becomes that worker's, or nobody's."""
        salon = self.album.salon
        async with salon.uow.begin(salon.shop.org_id) as unit:
            for other in (ANN, BOB):
                await unit.workers.save(replace(await unit.workers.lock(other), user_id=None))
            if worker_id is not None:
                await unit.workers.save(replace(await unit.workers.lock(worker_id), user_id=DISPATCHER))


@pytest.fixture
async def job(memory_uow: UnitOfWork, clock: FixedClock) -> AsyncIterator[Job]:
    """Ann's, of Team North, and she asks."""
    async with open_album(memory_uow, clock) as album:
        made = Job(album)
        await album.salon.verb(album.order_id, "assign", worker_ids=[ANN])
        await made.sign_in_as(ANN)
        yield made


async def test_what_a_worker_uploads_bears_their_name(job: Job) -> None:
    photo = await job.uploaded()
    assert photo["uploaded_by"] == {"kind": "worker", "id": str(ANN), "name": "Ann"}
    assert [action["rel"] for action in photo["actions"]] == ["view", "delete"]
    assert (await job.upload()).status_code == 200
    assert (await job.ask("GET", job.photos)).json()["items"] == [photo]
    queue = (await job.album.ask("GET", "/v1/admin/queue/photos")).json()
    assert queue["items"][0]["worker_name"] == "Ann"
    said = await job.ask(
        "PUT", f"/v1/worker/jobs/{job.album.order_id}/photo-consent", json={"consent_photos": False}
    )
    assert (said.json()["consent_photos"], said.json()["set_by"]) == (False, "Ann")
    refused = await job.upload(5)
    assert (refused.status_code, refused.json()["type"]) == (403, "photo_consent_missing")
    overriding = await job.upload(5, override_consent_reason="I was told to")
    assert overriding.status_code == 403


async def test_a_link_of_theirs_leads_to_the_bytes(job: Job) -> None:
    photo = await job.uploaded()
    for action in photo["actions"][:1]:
        asked = await job.ask(action["method"], action["href"], params={"variant": "thumbnail"})
        assert (asked.status_code, asked.json()["variant"]) == (200, "thumbnail")
        url = asked.json()["url"]
        assert url.startswith(f"/v1/orders/{job.album.order_id}/photos/{photo['photo_id']}/signed-download?")
        assert (await job.album.ask("GET", url, None)).status_code == 302


async def test_they_take_back_their_own_until_it_is_approved(job: Job) -> None:
    mine, approved = await job.uploaded(1), await job.uploaded(2)
    office = await job.album.uploaded(an_image(colour=3))
    await job.album.review(approved["photo_id"], "approved")
    for photo in (approved, office):
        refused = await job.ask("DELETE", f"{job.photos}/{photo['photo_id']}")
        assert (refused.status_code, refused.json()["type"]) == (409, "photo_locked")
    items = (await job.ask("GET", job.photos)).json()["items"]
    offered = {item["photo_id"]: [action["rel"] for action in item["actions"]] for item in items}
    assert offered == {
        mine["photo_id"]: ["view", "delete"],
        approved["photo_id"]: ["view"],
        office["photo_id"]: ["view"],
    }
    assert (await job.ask("DELETE", f"{job.photos}/{mine['photo_id']}")).status_code == 204
    assert (await job.ask("DELETE", f"{job.photos}/{mine['photo_id']}")).status_code == 404


async def test_they_retake_what_is_asked_for_and_nothing_that_is_approved(job: Job) -> None:
    blurred, fine = await job.uploaded(1), await job.uploaded(2)
    await job.album.review(blurred["photo_id"], "needs_retake", "Blurred")
    await job.album.review(fine["photo_id"], "approved")
    again = await job.uploaded(5, replaces=blurred["photo_id"])
    assert again["replaces"] == blurred["photo_id"]
    refused = await job.upload(6, replaces=fine["photo_id"])
    assert (refused.status_code, refused.json()["type"]) == (409, "photo_locked")


async def test_what_is_no_job_of_theirs_is_not_there(job: Job) -> None:
    photo = await job.uploaded()
    elsewhere = await job.album.salon.created("2026-03-10T10:00:00-05:00", team_id=SOUTH)
    await job.sign_in_as(BOB)
    asked = {
        ("GET", job.photos),
        ("GET", f"{job.photos}/{photo['photo_id']}/signed-url"),
        ("DELETE", f"{job.photos}/{photo['photo_id']}"),
    }
    for method, path in asked:
        answer = await job.ask(method, path)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (404, "order_id"), path
        nowhere = await job.ask(method, path.replace(job.album.order_id, str(UUID(int=9))))
        assert nowhere.json()["errors"] == answer.json()["errors"]
    assert (await job.upload(7)).status_code == 404
    await job.sign_in_as(ANN)
    assert (await job.ask("GET", f"/v1/worker/jobs/{elsewhere['booking_id']}/photos")).status_code == 404
    await job.sign_in_as(None)
    for method, path in asked:
        answer = await job.ask(method, path)
        assert (answer.status_code, answer.json()["type"]) == (403, "worker_not_linked")
    assert (await job.album.ask("GET", job.photos)).status_code == 403
