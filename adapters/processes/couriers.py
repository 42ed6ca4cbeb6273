"""Messages are carried by processes beside the runner: what ends one of them ends no runner."""

import asyncio
import logging
import os
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import IO

from anyio.to_thread import run_sync

from adapters.processes.courier import Courier
from application.ports.carrier import CarrierMissing, Receipt, Shipment
from application.ports.measures import Measures

logger = logging.getLogger("sweepline.couriers")


@dataclass(slots=True)
class Nursery:
    """The process that couriers are forked from: loaded once, and waiting. It ends with us, and they with it.

    `program` takes its orders by standard input (`nursery.py`)."""

    program: Sequence[str]
    environment: Mapping[str, str] = field(repr=False)
    output: IO[str] | None = None  # where their logs go
    still_since: float | None = None
    _process: subprocess.Popen[bytes] | None = None
    _line: socket.socket | None = None
    _is_ended: bool = False

    def connect(self) -> socket.socket:
        """To a courier of one's own: it answers as soon as it is there. Blocks for some milliseconds."""
        with ExitStack() as unless_sent:
            ours, theirs = socket.socketpair()
            unless_sent.callback(ours.close)
            with theirs:
                self._send(theirs)
            unless_sent.pop_all()
        ours.setblocking(False)
        return ours

    @property
    def process_id(self) -> int | None:
        """Of its process group too, which its couriers are in."""
        return None if self._process is None else self._process.pid

    def end(self) -> None:
        """Alone: its couriers go on. Whoever wants another one has it of a new nursery."""
        if self._process is not None:
            self._process.kill()
        self._is_ended = True

    def close(self) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._bury()

    def _bury(self) -> None:
        if self._line is not None:
            self._line.close()
        if self._process is not None:
            self._process.wait()
        self._process, self._line, self._is_ended = None, None, False

    def _send(self, end: socket.socket) -> None:
        if self._process is None or self._is_ended or self._process.poll() is not None:
            self._bury()
            self._start()
        if self._line is not None:
            socket.send_fds(self._line, [b"+"], [end.fileno()])

    def _start(self) -> None:
        """In a session of its own: no key that is pressed reaches it."""
        self._line, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  # our own program
                self.program,
                env=dict(self.environment),
                stdin=theirs.fileno(),
                stdout=self.output,
                start_new_session=True,
            )


@dataclass(slots=True)
class CourierProcesses:
    """A Carrier. All messages go by one courier, but for those that were lost once: each of these has one of
    its own, so that it can take no other along."""

    nursery: Nursery
    measures: Measures
    _usual: Courier | None = None
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def carry(self, shipment: Shipment) -> Receipt:
        if not shipment.event.leases_lost:
            courier = await self._everybodys()
            return await courier.carry(shipment)
        async with self._lock:
            courier = await self._new()
        try:
            return await courier.carry(shipment)
        finally:
            courier.hang_up()

    async def stand_ready(self, within_seconds: float) -> None:
        """Until everybody's courier is there, or the time is over. For whoever delivers but once: what is
        handed back because no courier began in time has no next look there."""
        with suppress(CarrierMissing):
            courier = await self._everybodys()
            await courier.begin(within_seconds)

    def hang_up(self) -> None:
        """On everybody's courier; the next message has a new one."""
        if self._usual is not None:
            self._usual.hang_up()

    async def close(self) -> None:
        self.hang_up()
        await run_sync(self.nursery.close)

    async def _everybodys(self) -> Courier:
        async with self._lock:
            if self._usual is None or self._usual.is_lost:
                self._usual = await self._new()
            return self._usual

    async def _new(self) -> Courier:
        try:
            connection = await run_sync(self.nursery.connect)
        except OSError as error:
            logger.exception("no courier could be started")
            raise CarrierMissing from error
        loop, courier = asyncio.get_running_loop(), Courier(self.measures.note, self.nursery)
        try:
            await loop.create_unix_connection(lambda: courier, sock=connection)
        except BaseException:
            connection.close()
            raise
        return courier
