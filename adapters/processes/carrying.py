"""What a courier does: it carries what its runner hands it, side by side, and says how that went."""

import asyncio
import logging
import os
import socket
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager

from adapters.processes.wire import (
    BY_COURIER,
    Arrived,
    Beat,
    Broke,
    Cancel,
    Counts,
    Line,
    Order,
    Ready,
    Refused,
    ToCourier,
    unpack,
)
from application.ports.carrier import Carrier, Shipment
from application.ports.measures import Counted, Measures
from domain.delivery.faults import DeliveryFailed

logger = logging.getLogger("sweepline.couriers")
BEAT_SECONDS = 0.25

type OpenCarrier = Callable[[Measures], AbstractAsyncContextManager[Carrier]]


async def carry_for(connection: socket.socket, open_carrier: OpenCarrier) -> None:
    """Until the runner hangs up. Then the process ends at once, as nobody would hear of its messages."""
    rounds = Rounds()
    async with open_carrier(rounds) as carrier:
        rounds.carrier = carrier
        connection.setblocking(False)
        await asyncio.get_running_loop().create_unix_connection(lambda: rounds, sock=connection)
        rounds.say(Ready(os.getpid()))
        await asyncio.Event().wait()


class Rounds(Line[ToCourier]):
    """The courier's end, and where its carrier notes what it counts."""

    carrier: Carrier

    def __init__(self) -> None:
        super().__init__(BY_COURIER)
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._beat: asyncio.TimerHandle | None = None

    def note(self, counted: Iterable[Counted]) -> None:
        self.say(Counts(list(counted)))

    def hear(self, message: ToCourier) -> None:
        match message:
            case Order(number, packed):
                task = asyncio.get_running_loop().create_task(self._carry(number, packed))
                self._tasks[number] = task
                task.add_done_callback(lambda _task: self._tasks.pop(number, None))
                self._keep_beating()
            case Cancel(number):
                if (running := self._tasks.get(number)) is not None:
                    running.cancel()

    def connection_lost(self, _exc: Exception | None) -> None:
        os._exit(0)

    async def _carry(self, number: int, packed: bytes) -> None:
        about = dict[str, object]()
        try:
            shipment = unpack(packed)
            about = told_of(shipment)
            self.say(Arrived(number, await self.carrier.carry(shipment)))
        except DeliveryFailed as failed:
            self.say(Refused(number, failed.fault))
        except Exception:
            logger.exception("delivery raised", extra=about)
            self.say(Broke(number))

    def _keep_beating(self) -> None:
        if self._beat is None:
            self._beat = asyncio.get_running_loop().call_later(BEAT_SECONDS, self._tell)

    def _tell(self) -> None:
        self._beat = None
        if self._tasks:
            self.say(Beat())
            self._keep_beating()


def told_of(shipment: Shipment) -> dict[str, object]:
    """What a line of the log says of it."""
    event = shipment.event
    return {"org_id": str(shipment.org_id), "event_id": str(event.id), "attempt": event.total_attempts + 1}
