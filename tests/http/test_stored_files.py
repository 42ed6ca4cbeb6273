"""GET /v1/storage/local/{key} (field page, §9)."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from application.ports.object_storage import FileLinks, ObjectStorage
from tests.support.clock import FixedClock
from tests.support.http import NO_DATABASE, App, open_app, settings_for

KEY = "orders/org/booking/photo.jpg"
JPEG = b"\xff\xd8\xff\xe0 a picture"


@pytest.fixture
async def app(tmp_path: Path, clock: FixedClock) -> AsyncIterator[App]:
    async with open_app(settings_for(tmp_path, None, **NO_DATABASE), clock) as opened:
        yield opened


async def a_link(app: App, content_type: str = "image/jpeg") -> str:
    storage: ObjectStorage = await app.container.get(ObjectStorage)
    source = app.settings.home / "source"
    source.write_bytes(JPEG)
    await storage.put(KEY, source, content_type=content_type)
    return await storage.link(
        KEY,
        variant="original",
        content_type=content_type,
        expires_at=app.clock.now() + timedelta(seconds=60),
    )


async def test_a_browser_gets_a_picture_and_nothing_that_it_could_run(app: App) -> None:
    answer = await app.client.get(await a_link(app))
    assert (answer.status_code, answer.content) == (200, JPEG)
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["content-length"] == str(len(JPEG))
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("sandbox")
    assert "no-store" in answer.headers["cache-control"]


async def test_what_is_no_picture_is_bytes_whatever_was_asked_for(app: App) -> None:
    answer = await app.client.get(await a_link(app, "text/html"))
    assert answer.headers["content-type"] == "application/octet-stream"


async def test_every_changed_sign_of_a_link_closes_it(app: App) -> None:
    link = await a_link(app)
    head, _, signature = link.partition("&sig=")
    for place, sign in enumerate(signature):
        other = "B" if sign == "A" else "A"
        changed = f"{head}&sig={signature[:place]}{other}{signature[place + 1 :]}"
        answer = await app.client.get(changed)
        assert (answer.status_code, answer.json()["type"]) == (403, "file_link_invalid"), place
    for changed in (f"{link}A", link[:-1], link.replace("exp=1", "exp=2"), f"{head}&sig=%C3%BC"):
        assert (await app.client.get(changed)).json()["type"] == "file_link_invalid", changed


async def test_a_link_with_a_fault_in_its_query_is_told_so(app: App) -> None:
    path = (await a_link(app)).partition("?")[0]
    assert (await app.client.get(path)).status_code == 422
    assert (await app.client.get(f"{path}?exp=soon&sig=x")).status_code == 422
    assert (await app.client.get(f"{path}?exp=1&sig=x&type=text/html")).status_code == 422


async def test_a_signed_link_to_nothing_is_404(app: App) -> None:
    links = await app.container.get(FileLinks)
    link = links.sign(
        "orders/none.jpg", content_type="image/jpeg", expires_at=app.clock.now() + timedelta(minutes=1)
    )
    answer = await app.client.get(link)
    assert (answer.status_code, answer.json()["type"]) == (404, "not_found")


@pytest.mark.parametrize(
    "path", ["..%2f..%2fetc%2fpasswd", "orders/..%2f..%2fsecrets", "%2e%2e/%2e%2e/secrets", "a%5cb", "ü", "."]
)
async def test_a_path_that_leads_elsewhere_is_404_whatever_its_signature(app: App, path: str) -> None:
    answer = await app.client.get(f"/v1/storage/local/{path}?exp=9999999999&sig=x")
    assert (answer.status_code, answer.json()["type"]) == (404, "not_found")


async def test_a_restart_keeps_links_and_another_secret_voids_them(tmp_path: Path, clock: FixedClock) -> None:
    async with open_app(settings_for(tmp_path, None, **NO_DATABASE), clock) as app:
        link = await a_link(app)
    async with open_app(settings_for(tmp_path, None, **NO_DATABASE), clock) as app:
        assert (await app.client.get(link)).status_code == 200
    secret = {"ORDER_PHOTO_SIGNING_SECRET": "another-secret-of-forty-characters-or-so"}
    async with open_app(settings_for(tmp_path, None, **NO_DATABASE, **secret), clock) as app:
        assert (await app.client.get(link)).status_code == 403
