"""How large a body may be where files are taken, told before anybody counts the request."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from entrypoints.http.body_sizes import MULTIPART_BYTES
from tests.http.conftest import edge_client
from tests.http.test_edge import statuses_of

MEBIBYTE = 1024 * 1024
FILES = "/v1/admin/examples/019a0000-0000-7000-8000-000000000000/files"
MOST = 2 * MEBIBYTE + MULTIPART_BYTES
TWO = {"ORDER_PHOTO_MAX_BYTES": str(2 * MEBIBYTE)}


async def pieces(size: int) -> AsyncIterator[bytes]:
    """Sent in chunks, and never announced."""
    while size > 0:
        yield b"x" * min(size, 100_000)
        size -= 100_000


@pytest.mark.parametrize("path", [FILES, f"{FILES}/", FILES.replace("/files", "//files")])
async def test_a_file_may_be_as_large_as_a_photo_and_its_wrapping(path: str) -> None:
    async with edge_client(TWO) as client:
        for content in (b"x" * MOST, pieces(MOST)):
            answer = await client.post(path, content=content)
            assert (answer.status_code, answer.json()["size"]) == (200, MOST)


@pytest.mark.parametrize("announced", [True, False])
async def test_a_larger_one_is_refused(announced: bool) -> None:
    async with edge_client(TWO) as client:
        answer = await client.post(FILES, content=b"x" * (MOST + 1) if announced else pieces(MOST + 1))
        assert (answer.status_code, answer.json()["type"]) == (413, "payload_too_large")


async def test_an_announced_one_is_refused_before_anybody_counts() -> None:
    async with edge_client({**TWO, "RATE_LIMIT_PER_MINUTE": "1"}) as client:
        for _ in range(3):
            answer = await client.post(FILES, content=b"x", headers={"content-length": str(MOST + 1)})
            assert (answer.status_code, "ratelimit-limit" in answer.headers) == (413, False)
        assert (await client.post(FILES, content=b"x")).status_code == 200
        assert (await client.post(FILES, content=b"x")).status_code == 429


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", FILES.removesuffix("/files")), ("POST", f"{FILES}/more"), ("PUT", FILES), ("GET", FILES)],
)
async def test_its_neighbours_stay_small(method: str, path: str) -> None:
    async with edge_client(TWO) as client:
        answer = await client.request(method, path, content=b"x" * (MEBIBYTE + 1))
        assert (answer.status_code, answer.json()["type"]) == (413, "payload_too_large")


async def test_what_is_sent_in_pieces_is_cut_while_it_streams_in() -> None:
    """No more is read than may be there."""
    taken = 0

    async def counted() -> AsyncIterator[bytes]:
        nonlocal taken
        async for piece in pieces(10 * MEBIBYTE):
            taken += len(piece)
            yield piece

    async with edge_client(TWO) as client:
        assert (await client.post(FILES, content=counted())).status_code == 413
    assert taken < MOST + 200_000


@pytest.mark.parametrize("announced", ["one", "-1", "1.5", "", "٣", "1_0"])
async def test_a_length_that_is_no_number_is_refused(announced: str) -> None:
    headers: Any = [(b"host", b"a"), (b"content-length", announced.encode())]
    assert await statuses_of([], method="POST", path=FILES, headers=headers) == [400]


async def test_a_length_without_end_is_only_too_large() -> None:
    async with edge_client(TWO) as client:
        answer = await client.post(FILES, content=b"x", headers={"content-length": "9" * 5000})
        assert answer.status_code == 413


async def test_no_other_route_takes_files_unnoticed(edge: httpx.AsyncClient) -> None:
    assert (await edge.post("/v1/auth/login", content=pieces(2 * MEBIBYTE))).status_code == 413
