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
from application.ports.carrier import CarrierLost, Receipt, Shipment
from application.ports.measures import Counted
from domain.delivery.faults import DeliveryFailed, Fault

logger = logging.getLogger("sweepline.couriers")
LOOK_SECONDS = 0.5
MOST_LOOKS_UNTIL_READY = 60
"""At which the nursery was not at work: half a minute. It takes half a second to load, on a crowded machine
many, but then it is seen to work or to wait for its turn."""
NOT_OURS = replace(Fault.of("connection_failed"), of_the_line=False)

type Note = Callable[[Iterable[Counted]], None]


class Origin(Protocol):
    """The process that it is forked from."""

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
        self._silence = Silence()
        self._looks_until_ready = 0
        self._watch: asyncio.TimerHandle | None = None
        self.is_lost = False

    async def carry(self, shipment: Shipment) -> Receipt:
        """As a Carrier. What was handed to a courier that never began to work was not tried: that is a fault
        of ours, and nothing is lost."""
        if self.is_lost:
            raise CarrierLost
        number, packed = next(self._numbers), pack(shipment)
        answer: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        self._keep_watch()
        self.say(Order(number, packed))
        try:
            return await answer
        finally:
            if self._waiting.pop(number, None) is not None:
                self.say(Cancel(number))

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
                self._pid = pid
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
        if self._watch is not None:
            self._watch.cancel()
        waiting, self._waiting = self._waiting, {}
        if waiting:
            logger.error("a courier ended with %d messages", len(waiting))
        for answer in waiting.values():
            if not answer.done():
                answer.set_exception(CarrierLost() if self._pid else DeliveryFailed(NOT_OURS))

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
        if not self._waiting:
            return
        if self._pid is None:
            self._wait_for_ready()
        elif self._silence.is_too_long(standing_of(self._pid)):
            logger.error("a courier was silent; ending it")
            self._kill()
        self._keep_watch()

    def _wait_for_ready(self) -> None:
        nursery = self._origin.process_id
        standing = standing_of(nursery) if nursery is not None else None
        if standing is None or not standing.will_go_on:
            self._looks_until_ready += 1
        if self._looks_until_ready > MOST_LOOKS_UNTIL_READY:
            logger.error("no courier was begun; ending their nursery")
            self._origin.end()
            self.hang_up()

    def _kill(self) -> None:
        if self._pid is not None and not self.is_lost:
            with suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
