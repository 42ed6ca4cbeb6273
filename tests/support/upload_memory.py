"""What uploads cost in memory; run in a process of its own, for a peak is the whole process's.

`python -m tests.support.upload_memory` prints by how many bytes hostile uploads raised it over what one plain
upload of each kind takes, and the most that the decoder held until then; on the next line, the same of the
largest that are allowed. Linux alone tells.
"""

import asyncio
import sys
from collections.abc import Iterable
from pathlib import Path

import anyio

from adapters.memory.unit_of_work import MemoryUnitOfWork
from adapters.system.identifiers import SystemIdentifiers
from tests.support.album import Album, open_album
from tests.support.clock import FixedClock
from tests.support.decoding import warm_decoder
from tests.support.hostile_images import cases
from tests.support.large_images import large_images
from tests.support.photos import an_image

AT_ONCE = 8
MOST_BYTES = 10 * 1024 * 1024


def peak_bytes(process: int | str = "self") -> int:
    """`getrusage` would count who started this program, too, which may have been larger."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def begun_anew() -> int:
    """What was needed to come here does not count."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return peak_bytes()


def hostile() -> Iterable[bytes]:
    """What is refused is looked at anew each time. One is a byte too long."""
    whole = an_image()
    return [*(case.data for case in cases()), whole + bytes(MOST_BYTES + 1 - len(whole))] * 2


async def send_all(album: Album, uploads: Iterable[bytes]) -> None:
    room = anyio.CapacityLimiter(AT_ONCE)

    async def send(data: bytes) -> None:
        async with room:
            answer = await album.upload(data)
        assert answer.status_code < 500, answer.text

    async with anyio.create_task_group() as tasks:
        for data in uploads:
            tasks.start_soon(send, data)


async def main() -> None:
    clock = FixedClock()
    async with open_album(MemoryUnitOfWork(clock, SystemIdentifiers()), clock) as album:
        for kind in ("JPEG", "PNG", "WEBP"):
            await album.uploaded(an_image(kind, colour=1))
        for uploads in (hostile(), large_images()):
            sent = list(uploads)
            before = begun_anew()
            await send_all(album, sent)
            decoder = warm_decoder().process_id
            sys.stdout.write(f"{peak_bytes() - before} {peak_bytes(decoder) if decoder else 0}\n")


if __name__ == "__main__":
    asyncio.run(main())
