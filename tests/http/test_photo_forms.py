"""Forms that are odd, wrong or too large (field page, §9, "Upload"; bar 6)."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from resource import RLIMIT_FSIZE, getrlimit, setrlimit
from typing import Any

import httpx
import pytest

from tests.support.album import Album, open_album
from tests.support.clock import FixedClock
from tests.support.hostile_images import SECRET, Case, cases
from tests.support.image_blocks import PLAIN, blocks_of
from tests.support.photos import an_image

BOUNDARY = "a-boundary"
FORM = f"multipart/form-data; boundary={BOUNDARY}"
LEAST_CASES = 60


def part(name: str, value: bytes, filename: str | None = None) -> bytes:
    named = f'; filename="{filename}"' if filename is not None else ""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'
    return head.encode() + value + b"\r\n"


END = f"--{BOUNDARY}--\r\n".encode()
PHASE = part("phase", b"BEFORE")
IMAGE = part("file", an_image(), "a.jpg")


async def send(album: Album, body: bytes, content_type: str = FORM, **parts: Any) -> httpx.Response:
    headers = {"content-type": content_type}
    return await album.ask("POST", album.photos, content=body, headers=headers, **parts)


async def nothing_is_left(album: Album) -> bool:
    return not album.store.objects and await album.reservations() == 0 and not await album.listed()


async def test_sixty_uploads_are_taken_or_refused_as_the_table_says(memory_album: Album) -> None:
    assert len(cases()) >= LEAST_CASES
    wrong = [case.name for case in cases() if not await is_as_told(memory_album, case)]
    assert not wrong


async def is_as_told(album: Album, case: Case) -> bool:
    """Taken with nothing but its pixels, or refused without a trace."""
    objects, listed = dict(album.store.objects), await album.listed()
    answer = await album.upload(case.data, filename=case.filename)
    assert await album.reservations() == 0, case.name
    if not case.is_accepted:
        same = album.store.objects == objects and await album.listed() == listed
        return same and 400 <= answer.status_code < 500 and answer.json()["type"] == case.outcome
    assert answer.status_code == 201, (case.name, answer.text)
    photo = answer.json()
    new = {key: data for key, data in album.store.objects.items() if key not in objects}
    clean = all(
        set(blocks_of(data)) <= PLAIN["image/webp" if "_thumb" in key else case.outcome]
        and SECRET not in data
        for key, data in new.items()
    )
    return clean and len(new) == 2 and photo["content_type"] == case.outcome and is_plain(photo["filename"])


def is_plain(name: str) -> bool:
    return 0 < len(name) <= 120 and name.isprintable() and not set(name) & set("/\\\u202e")


@pytest.mark.parametrize("extra", [0, 1])
async def test_the_last_byte_that_fits_and_one_too_many(
    memory_uow: Any, clock: FixedClock, extra: int
) -> None:
    image = an_image(size=(300, 200))
    environ = {"ORDER_PHOTO_MAX_BYTES": str(len(image) - extra)}
    async with open_album(memory_uow, clock, environ=environ) as album:
        answer = await album.upload(image)
        if extra:
            assert (answer.status_code, answer.json()["type"]) == (413, "payload_too_large")
            assert await nothing_is_left(album)
        else:
            assert answer.status_code == 201


async def test_all_faults_of_a_form_come_at_once(memory_album: Album) -> None:
    body = (
        part("phase", b"DURING")
        + part("replaces", b"no-id")
        + part("override_consent_reason", b"x" * 501)
        + part("surprise", b"1")
        + part("another", b"x", "file.txt")
    )
    answer = await send(memory_album, body + END)
    assert (answer.status_code, answer.json()["type"]) == (422, "validation_error")
    named = {error["field"] for error in answer.json()["errors"]}
    assert named == {"phase", "replaces", "override_consent_reason", "surprise", "another", "file"}
    assert await nothing_is_left(memory_album)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (IMAGE, {"phase"}),
        (PHASE, {"file"}),
        (PHASE + PHASE + IMAGE, {"phase"}),
        (PHASE + IMAGE + IMAGE, {"file"}),
        (part("phase", b"\xff\xfe") + IMAGE, {"phase"}),
        (PHASE + IMAGE + part("replaces", b"\x00"), {"replaces"}),
        (PHASE + IMAGE + part("x" * 300, b""), {"x" * 100}),
        (PHASE + IMAGE + part("override_consent_reason", b"x" * 20_000), {"override_consent_reason"}),
        (PHASE + IMAGE + part("replaces", b" " * 20_000), {"replaces"}),
    ],
)
async def test_a_form_lacks_or_doubles_something(memory_album: Album, body: bytes, named: set[str]) -> None:
    answer = await send(memory_album, body + END)
    assert answer.status_code == 422, answer.text
    assert {error["field"] for error in answer.json()["errors"]} == named


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        PHASE + IMAGE,
        (PHASE + IMAGE)[:-40],
        b"--another\r\n" + PHASE,
        PHASE.replace(b"form-data", b"attachment") + IMAGE + END,
        PHASE.replace(b'name="phase"', b"") + IMAGE + END,
        f"--{BOUNDARY}\r\n{'X-Long: ' + 'x' * 100_000}\r\n\r\n\r\n".encode() + END,
        part("phase", b"BEFORE") * 50 + END,
    ],
)
async def test_what_is_no_form_is_malformed(memory_album: Album, body: bytes) -> None:
    answer = await send(memory_album, body)
    assert (answer.status_code, answer.json()["type"]) == (400, "malformed_body"), answer.text
    assert await nothing_is_left(memory_album)


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 415),
        ("multipart/mixed; boundary=a-boundary", 415),
        ("image/jpeg", 415),
        ("", 415),
        ("multipart/form-data", 400),
        ("multipart/form-data; boundary=", 400),
        ("multipart/form-data; boundary=" + "x" * 100, 400),
    ],
)
async def test_only_a_form_is_read(memory_album: Album, content_type: str, status: int) -> None:
    answer = await send(memory_album, PHASE + IMAGE + END, content_type)
    assert answer.status_code == status, answer.text
    assert await nothing_is_left(memory_album)


async def test_blank_fields_are_left_out_and_the_order_of_parts_is_free(memory_album: Album) -> None:
    body = IMAGE + part("replaces", b"") + part("override_consent_reason", b" ") + PHASE + END
    assert (await send(memory_album, body)).status_code == 201


@pytest.mark.parametrize("size", [1, 7, 100])
async def test_a_form_may_come_in_pieces_of_any_size(memory_album: Album, size: int) -> None:
    body = PHASE + IMAGE + END

    async def pieces() -> Any:
        for at in range(0, len(body), size):
            yield body[at : at + size]

    answer = await memory_album.ask(
        "POST", memory_album.photos, content=pieces(), headers={"content-type": FORM}
    )
    assert answer.status_code == 201, answer.text


async def test_a_host_without_room_is_told(
    memory_album: Album, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For the file, or for the rest of it: later there may be some."""
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
        refused = [await memory_album.upload()]
    with most_file_bytes(300_000):
        refused.append(await memory_album.upload(an_image() + bytes(700_000)))
    for answer in refused:
        assert (answer.status_code, answer.json()["type"]) == (503, "upstream_unavailable")
        assert answer.headers["retry-after"]
    assert await nothing_is_left(memory_album)
    await memory_album.uploaded()


@contextmanager
def most_file_bytes(size: int) -> Iterator[None]:
    """As a full disk: what would make a file longer fails."""
    _, hard = getrlimit(RLIMIT_FSIZE)
    setrlimit(RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        setrlimit(RLIMIT_FSIZE, (hard, hard))


async def test_no_key_is_asked_for_and_none_is_kept(memory_album: Album) -> None:
    key = {"idempotency-key": "mine"}
    first = await memory_album.ask(
        "POST",
        memory_album.photos,
        data={"phase": "BEFORE"},
        files={"file": ("a.jpg", an_image())},
        headers=key,
    )
    other = await memory_album.ask(
        "POST",
        memory_album.photos,
        data={"phase": "AFTER"},
        files={"file": ("a.jpg", an_image())},
        headers=key,
    )
    assert (first.status_code, other.status_code) == (201, 201)


async def test_ids_of_nothing_are_named(memory_album: Album) -> None:
    nothing = "01981c2e-5f00-7000-8000-000000000001"
    order = await memory_album.upload(order_id=nothing)
    assert (order.status_code, order.json()["errors"][0]["field"]) == (404, "order_id")
    replaced = await memory_album.upload(replaces=nothing)
    assert (replaced.status_code, replaced.json()["errors"][0]["field"]) == (404, "replaces")
    photo = await memory_album.review(nothing, "approved")
    assert (photo.status_code, photo.json()["errors"][0]["field"]) == (404, "photo_id")
    assert await nothing_is_left(memory_album)
