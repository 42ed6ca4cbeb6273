"""A server whose photos lie in an S3-compatible store, by settings alone: sent, seen, deleted, gone."""

import re
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.demo import Caller, demo_caller
from tests.support.live import SWEEPLINE, UNLIMITED, LiveServer, plain_environment, serving
from tests.support.photos import an_image
from tests.support.s3_server import S3Server, open_s3_server
from tests.support.stores import Servers

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_settings_alone_put_photos_into_a_bucket_and_take_them_out_again(tmp_path: Path) -> None:
    with open_s3_server() as bucket:
        chosen = {"ORDER_STORAGE_BACKEND": "s3", **Servers(s3=bucket).environ("s3")}
        with serving(tmp_path, "--demo", "--no-jobs", environment={**UNLIMITED, **chosen}) as server:
            dispatcher, owner = (demo_caller(server, role) for role in ("dispatcher", "owner"))
            visit = a_visit(dispatcher)
            photo = sent(dispatcher, visit, an_image())
            path = f"/v1/orders/{visit}/photos/{photo['photo_id']}"
            assert len(keys_in(bucket)) == 2  # with its thumbnail
            assert all(photo["photo_id"] in key for key in keys_in(bucket))
            served = followed(dispatcher, path)
            assert served.headers["content-type"] == "image/jpeg"
            assert len(served.content) == photo["size_bytes"]
            status, _, _ = server.ask("DELETE", path, headers=owner.headers)
            assert status == 204
        run_janitor(server, chosen)
        assert keys_in(bucket) == []


def a_visit(dispatcher: Caller) -> str:
    """One to come, whose client agreed to photos."""
    _, page = dispatcher.get("/v1/admin/bookings?status=CONFIRMED&limit=1")
    order = str(page["items"][0]["booking_id"])
    status, _, answer = dispatcher.server.ask(
        "PUT", f"/v1/orders/{order}/photo-consent", {"consent_photos": True}, dispatcher.headers
    )
    assert status == 200, answer
    return order


def sent(dispatcher: Caller, order: str, picture: bytes) -> dict[str, Any]:
    answer = httpx.post(
        f"{dispatcher.server.url}/v1/orders/{order}/photos",
        data={"phase": "BEFORE"},
        files={"file": ("kitchen.jpg", picture, "image/jpeg")},
        headers=dispatcher.headers,
    )
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def followed(dispatcher: Caller, path: str) -> httpx.Response:
    """The link, and where it leads: to the store itself."""
    browser = {"user-agent": "a browser"}
    minted = httpx.get(f"{dispatcher.server.url}{path}/signed-url", headers=dispatcher.headers | browser)
    assert minted.status_code == 200, minted.text
    hop = httpx.get(dispatcher.server.url + minted.json()["url"], headers=browser)
    assert hop.status_code == 302, hop.text
    return httpx.get(hop.headers["location"]).raise_for_status()


def run_janitor(server: LiveServer, chosen: dict[str, str]) -> None:
    subprocess.run(
        [str(SWEEPLINE), "jobs", "run", "--job", "storage_janitor", "--once"],
        env=plain_environment(server.home) | chosen,
        check=True,
        capture_output=True,
        timeout=120,
    )


def keys_in(bucket: S3Server) -> list[str]:
    listed = httpx.get(f"{bucket.moto}/{bucket.own_bucket}?list-type=2").raise_for_status().text
    return re.findall(r"<Key>([^<]+)</Key>", listed)
