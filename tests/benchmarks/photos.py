"""A photo in and out again, beside what the disk alone takes for the same bytes."""

import io
import os
import shutil
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

import httpx
from PIL import Image

from tests.benchmarks.scene import Scene
from tests.support.live import LiveServer

PHOTOS, AT_ONCE = 24, 4
SIZE = (2048, 1536)  # three megapixels, as phones send them to chats
DOWNLOADS = 200


def show_photos(server: LiveServer, scene: Scene, folder: Path) -> None:
    """Prints a row each for uploads and downloads, by themselves and some at once."""
    folder.mkdir()
    pictures = [a_picture(number) for number in range(2 * PHOTOS)]
    with httpx.Client(
        base_url=f"http://127.0.0.1:{server.port}",
        headers={"authorization": f"Bearer {scene.token}", "user-agent": "bench"},
        timeout=60,
    ) as client:
        order = an_order(client, scene)
        copied = timed(lambda number: _copy(pictures[number], folder / f"{number}.jpg"), range(PHOTOS), 1)
        alone = timed(lambda number: upload(client, order, pictures[number]), range(PHOTOS), 1)
        crowd = timed(
            lambda number: upload(client, order, pictures[number]), range(PHOTOS, 2 * PHOTOS), AT_ONCE
        )
        photo_id = client.get(f"/v1/orders/{order}/photos").json()["items"][0]["photo_id"]
        opened = timed(lambda _: download(client, order, photo_id), range(DOWNLOADS), 1)
        many = timed(lambda _: download(client, order, photo_id), range(DOWNLOADS), AT_ONCE)
        read = timed(lambda _: len((folder / "0.jpg").read_bytes()), range(DOWNLOADS), 1)
    print(f"\nphotos of {SIZE[0]} x {SIZE[1]}, {len(pictures[0]) // 1024} KiB, on local disk")
    for name, row in (
        ("bare copy, synced", copied),
        ("upload", alone),
        (f"upload, {AT_ONCE} at once", crowd),
        ("bare read", read),
        ("link and download", opened),
        (f"the same, {AT_ONCE} at once", many),
    ):
        print(f"{name:<24}{row[0]:>9.1f}/s   p50 {row[1]:8.2f} ms", flush=True)


def timed(work: Callable[[int], Any], numbers: Sequence[int], at_once: int) -> tuple[float, float]:
    """How many a second, and the median of each in milliseconds."""

    def one(number: int) -> float:
        began = time.perf_counter()
        work(number)
        return time.perf_counter() - began

    began = time.perf_counter()
    with ThreadPoolExecutor(at_once) as pool:
        took = list(pool.map(one, numbers))
    return len(took) / (time.perf_counter() - began), 1000 * median(took)


def an_order(client: httpx.Client, scene: Scene) -> str:
    """A visit whose client agreed to photos."""
    items = client.get(scene.reads["day list"]).json()["items"]
    order = str(items[0]["booking_id"])
    agreed = client.put(f"/v1/orders/{order}/photo-consent", json={"consent_photos": True})
    assert agreed.status_code == 200, agreed.text
    return order


def upload(client: httpx.Client, order: str, picture: bytes) -> None:
    answer = client.post(
        f"/v1/orders/{order}/photos",
        data={"phase": "BEFORE"},
        files={"file": ("kitchen.jpg", picture, "image/jpeg")},
    )
    assert answer.status_code == 201, answer.text


def download(client: httpx.Client, order: str, photo_id: str) -> None:
    """A link, its redirect, and the bytes."""
    link = client.get(f"/v1/orders/{order}/photos/{photo_id}/signed-url").json()["url"]
    answer = client.get(link, follow_redirects=True)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/jpeg"


def a_picture(number: int) -> bytes:
    """No two alike, and none that packs down to nothing."""
    noise = Image.effect_noise((SIZE[0] // 4, SIZE[1] // 4), 40 + number % 20).resize(SIZE)
    made = io.BytesIO()
    Image.merge("RGB", (noise, noise.rotate(180), noise.transpose(Image.Transpose.FLIP_LEFT_RIGHT))).save(
        made, "JPEG", quality=85
    )
    return made.getvalue()


def _copy(picture: bytes, path: Path) -> None:
    with path.open("wb") as file:
        shutil.copyfileobj(io.BytesIO(picture), file)
        file.flush()
        os.fsync(file.fileno())
