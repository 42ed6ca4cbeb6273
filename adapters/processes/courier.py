"""A courier as its runner sees it: a process that carries messages side by side, until it is lost."""

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from itertools import count
from typing import Protocol

from adapters.processes.silence import Silence, standing_of
from adapters.processes.wire import (
    BY_RUNNER,
    Arrived,
    Beat,
    Broke,
    Cancel,
    Counts,
    Line,
    Order,
    Ready,
    Refused,
    ToRunner,
    pack,
)
from application.ports.carrier import CarrierLost, CarrierMissing, Receipt, Shipment
from application.ports.measures import Counted
from domain.delivery.faults import DeliveryFailed, Fault

logger = logging.getLogger("sweepline.couriers")
LOOK_SECONDS = 0.5
BEGIN_SECONDS = 3.0
"""Less than any attempt has. A message whose courier takes longer waits without losing an attempt."""
MOST_STILL_SECONDS = 30.0
"""For which the nursery is not at work though a courier is waited for. It takes half a second to load, on a
crowded machine many, but then it is seen to work or to wait for its turn."""
NOT_OURS = replace(Fault.of("connection_failed"), of_the_line=False)

type Note = Callable[[Iterable[Counted]], None]


class Origin(Protocol):
    """The process that it is forked from. `still_since`: on the loop's clock, if it is waited for in vain."""

    still_since: float | None

    @property
    def process_id(self) -> int | None: ...

    def end(self) -> None: ...


class Courier(Line[ToRunner]):
    def __init__(self, note: Note, origin: Origin) -> None:
        super().__init__(BY_RUNNER)
        self._note, self._origin = note, origin
        self._numbers = count()
        self._waiting: dict[int, asyncio.Future[Receipt]] = {}
        self._pid: int | None = None
        self._told = asyncio.Event()  # that it is there, or will not be
        self._silence = Silence()
        self._watch: asyncio.TimerHandle | None = None
        self.is_lost = False

    async def carry(self, shipment: Shipment) -> Receipt:
        """As a Carrier."""
        packed = pack(shipment)
        await self.begin(BEGIN_SECONDS)
        number = next(self._numbers)
        answer: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        self._keep_watch()
        self.say(Order(number, packed))
        try:
            return await answer
        finally:
            if self._waiting.pop(number, None) is not None:
                self.say(Cancel(number))

    async def begin(self, within_seconds: float) -> None:
        """What waits for its courier has not been tried: it is not said before somebody is there."""
        self._keep_watch()
        with suppress(TimeoutError):
            async with asyncio.timeout(within_seconds):
                await self._told.wait()
        if self._pid is None or self.is_lost:
            raise CarrierMissing

    def hear(self, message: ToRunner) -> None:
        self._silence.end()
        match message:
            case Arrived(number, receipt):
                if (answer := self._answered(number)) is not None:
                    answer.set_result(receipt)
            case Refused(number, fault):
                self._fail(number, fault)
            case Broke(number):
                self._fail(number, NOT_OURS)
            case Counts(counted):
                self._note(counted)
            case Ready(pid):
                self._pid, self._origin.still_since = pid, None
                self._told.set()
            case Beat():
                pass

    def hang_up(self) -> None:
        """At once: one that is held up would hear of it never."""
        self._kill()
        self.is_lost = True
        super().hang_up()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.is_lost = True
        self._told.set()
        if self._watch is not None:
            self._watch.cancel()
        waiting, self._waiting = self._waiting, {}
        if waiting:
            logger.error("a courier ended with %d messages", len(waiting))
        for answer in waiting.values():
            if not answer.done():
                answer.set_exception(CarrierLost())

    def _fail(self, number: int, fault: Fault) -> None:
        if (answer := self._answered(number)) is not None:
            answer.set_exception(DeliveryFailed(fault))

    def _answered(self, number: int) -> asyncio.Future[Receipt] | None:
        """None where nobody waits for it any more."""
        answer = self._waiting.pop(number, None)
        return None if answer is None or answer.done() else answer

    def _keep_watch(self) -> None:
        if self._watch is None:
            self._watch = asyncio.get_running_loop().call_later(LOOK_SECONDS, self._look)

    def _look(self) -> None:
        self._watch = None
        if self.is_lost or (self._pid is not None and not self._waiting):
            return
        if self._pid is None:
            self._wait_for_ready()
        elif self._silence.is_too_long(standing_of(self._pid)):
            logger.error("a courier was silent; ending it")
            self._kill()
        self._keep_watch()

    def _wait_for_ready(self) -> None:
        nursery, now = self._origin.process_id, asyncio.get_running_loop().time()
        standing = standing_of(nursery) if nursery is not None else None
        if standing is not None and standing.will_go_on:
            self._origin.still_since = None
        elif self._origin.still_since is None:
            self._origin.still_since = now
        elif now - self._origin.still_since > MOST_STILL_SECONDS:
            logger.error("no courier was begun; ending their nursery")
            self._origin.end()
            self.hang_up()

    def _kill(self) -> None:
        if self._pid is not None and not self.is_lost:
            with suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
