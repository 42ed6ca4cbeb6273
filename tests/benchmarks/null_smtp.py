"""A mail server that takes every mail at once and forgets it: `python -m tests.benchmarks.null_smtp PORT`."""

import asyncio
from typing import cast

from tests.benchmarks.taking import take_for_ever

ANSWERS = {b"EHLO": b"250 null\r\n", b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}
END_OF_DATA = b"\r\n.\r\n"


class Taking(asyncio.Protocol):
    def __init__(self) -> None:
        self.received = b""
        self.in_data = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is of another family
        self.transport.write(b"220 null\r\n")

    def data_received(self, data: bytes) -> None:
        self.received += data
        while (end := self.received.find(END_OF_DATA if self.in_data else b"\r\n")) >= 0:
            length = len(END_OF_DATA) if self.in_data else 2
            line, self.received = self.received[:end], self.received[end + length :]
            self._answer(line)

    def _answer(self, line: bytes) -> None:
        verb = b"" if self.in_data else line[:4].upper()
        self.in_data = verb == b"DATA"
        self.transport.write(ANSWERS.get(verb, b"250 taken\r\n"))
        if verb == b"QUIT":
            self.transport.close()


if __name__ == "__main__":
    take_for_ever(Taking)
