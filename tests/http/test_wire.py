"""The head of an answer and its body leave in one piece, and nothing is kept back."""

import asyncio
from typing import Any

from entrypoints.http.wire import MOST_HELD_BYTES, Corked


class Pipe:
    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        self.sent.append(data)

    def close(self) -> None:
        self.closed = True


def corked() -> tuple[Any, Pipe]:
    pipe = Pipe()
    return Corked(pipe), pipe  # type: ignore[arg-type]  # as much of a transport as is asked of it


async def test_head_and_body_leave_together() -> None:
    transport, pipe = corked()
    transport.write(b"head ")
    assert pipe.sent == []
    transport.write(b"body")
    assert pipe.sent == [b"head body"]


async def test_a_head_without_a_body_waits_for_one_turn_only() -> None:
    transport, pipe = corked()
    transport.write(b"head")
    await asyncio.sleep(0)
    assert pipe.sent == [b"head"]
    transport.write(b"next")
    await asyncio.sleep(0)
    assert pipe.sent == [b"head", b"next"]


async def test_nothing_long_is_held_and_closing_lets_go() -> None:
    transport, pipe = corked()
    transport.write(b"x" * MOST_HELD_BYTES)
    assert len(pipe.sent) == 1
    transport.write(b"last")
    transport.close()
    assert pipe.sent[1:] == [b"last"]
    assert pipe.closed
