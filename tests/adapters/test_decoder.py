"""A decoder is a process of its own: what ends it costs one photo, and no server (field page, §9; bar 6)."""

import fcntl
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from struct import unpack
from termios import FIONREAD

import anyio
import pytest
from anyio import to_thread

from adapters.pillow import decoder as decoders
from adapters.pillow.decoder import Decoder
from adapters.pillow.images import PillowImages
from domain.photos.refusals import ImageUnreadable
from domain.shared.errors import Unavailable
from tests.support.hostile_images import MOST_PIXELS, jpeg_of_scans
from tests.support.photos import an_image

JPEG = frozenset({"image/jpeg"})


@pytest.fixture
async def decoder() -> AsyncIterator[Decoder]:
    decoder = Decoder()
    yield decoder
    decoder.close()


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo"
    path.write_bytes(an_image())
    return path


async def clean(decoder: Decoder, photo: Path, most_seconds: float = 60) -> None:
    async with PillowImages(JPEG, MOST_PIXELS, decoder, most_seconds).cleaned(photo, thumbnail=True) as clean:
        assert clean.width == 64


async def warm(decoder: Decoder, photo: Path) -> int:
    await clean(decoder, photo)
    assert decoder.process_id
    return decoder.process_id


def of_process(process_id: int, what: str) -> Path:
    return Path(f"/proc/{process_id}/{what}")


def end(process_id: int, by: signal.Signals) -> None:
    """Once it has been sent an order, which it will never read."""
    with of_process(process_id, "fd/0").open("rb", buffering=0) as orders:
        while not unpack("i", fcntl.ioctl(orders, FIONREAD, bytes(4)))[0]:
            time.sleep(0.005)
    os.kill(process_id, by)
    os.kill(process_id, signal.SIGCONT)


@pytest.mark.parametrize(
    ("by", "refusal"), [(signal.SIGSEGV, ImageUnreadable), (signal.SIGKILL, Unavailable)]
)
async def test_what_ends_the_decoder_costs_one_photo(
    decoder: Decoder, photo: Path, by: signal.Signals, refusal: type[Exception]
) -> None:
    """A crash is the image's doing. Who is killed has fallen to something else, as a host without memory."""
    process_id = await warm(decoder, photo)
    os.kill(process_id, signal.SIGSTOP)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(to_thread.run_sync, end, process_id, by)
        with pytest.raises(refusal):
            await clean(decoder, photo)
    assert await warm(decoder, photo) != process_id


async def test_an_image_that_takes_too_long_is_refused(decoder: Decoder, photo: Path, tmp_path: Path) -> None:
    slow = tmp_path / "slow"
    slow.write_bytes(jpeg_of_scans(8_000, 5_000, 99))
    with pytest.raises(ImageUnreadable):
        await clean(decoder, slow, most_seconds=0.05)
    await clean(decoder, photo)


async def test_it_knows_no_secret_and_minds_no_stop(
    decoder: Decoder, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that is told to stop lets its last uploads end."""
    monkeypatch.setenv("SOME_SECRET", "of the server")
    process_id = await warm(decoder, photo)
    assert b"SECRET" not in of_process(process_id, "environ").read_bytes()
    for ignored in (signal.SIGTERM, signal.SIGINT):
        os.kill(process_id, ignored)
    assert await warm(decoder, photo) == process_id
    assert os.getsid(process_id) != os.getsid(0)


async def test_it_is_replaced_after_some_images(
    decoder: Decoder, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoders, "MOST_ORDERS", 2)
    first = await warm(decoder, photo)
    await clean(decoder, photo)
    assert decoder.process_id is None
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)
    await clean(decoder, photo)


async def test_without_one_no_photo_is_taken(
    decoder: Decoder, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(Unavailable):
        await clean(decoder, photo)


async def test_a_host_without_room_takes_none(
    decoder: Decoder, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(Unavailable):
        await clean(decoder, photo)


DYING = """
import asyncio, os, signal
from pathlib import Path
from adapters.pillow.decoder import Decoder
from adapters.pillow.images import PillowImages

async def main():
    decoder = Decoder()
    async with PillowImages({"image/jpeg"}, 10**6, decoder).cleaned(Path(PHOTO), thumbnail=False):
        print(decoder.process_id, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


def runs(process_id: int) -> bool:
    """A command is left to what runs, none to what nobody asks after."""
    try:
        return of_process(process_id, "cmdline").read_bytes() != b""
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.slow
def test_it_outlives_no_server_that_was_killed(photo: Path) -> None:
    program = DYING.replace("PHOTO", repr(str(photo)))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    give_up_at = time.monotonic() + 10
    while runs(int(done.stdout)):
        assert time.monotonic() < give_up_at
        time.sleep(0.02)
