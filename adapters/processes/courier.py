"""A courier as its runner sees it: a process that carries messages side by side, until it is lost."""

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from itertools import count

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
)
from application.ports.carrier import CarrierLost, Receipt, Shipment
from application.ports.measures import Counted
from domain.delivery.faults import DeliveryFailed, Fault

logger = logging.getLogger("sweepline.couriers")
LOOK_SECONDS = 0.5
MOST_SILENT_LOOKS = 3
"""One that says nothing for longer, though it has orders, is held up by one of them, and with it the others.
Looks are counted, not seconds, as this process may itself have stood still."""
NOT_OURS = replace(Fault.of("connection_failed"), of_the_line=False)

type Note = Callable[[Iterable[Counted]], None]


class Courier(Line[ToRunner]):
    def __init__(self, note: Note) -> None:
        super().__init__(BY_RUNNER)
        self._note = note
        self._numbers = count()
        self._waiting: dict[int, asyncio.Future[Receipt]] = {}
        self._pid: int | None = None
        self._silent_looks = 0
        self._watch: asyncio.TimerHandle | None = None
        self.is_lost = False

    async def carry(self, shipment: Shipment) -> Receipt:
        """As a Carrier. What was handed to a courier that never began to work was not tried: that is a fault
        of ours, and nothing is lost."""
        if self.is_lost:
            raise CarrierLost
        number = next(self._numbers)
        answer: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        self._keep_watch()
        self.say(Order(number, shipment))
        try:
            return await answer
        finally:
            if self._waiting.pop(number, None) is not None:
                self.say(Cancel(number))

    def hear(self, message: ToRunner) -> None:
        self._silent_looks = 0
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
        self._silent_looks += 1
        if not self._waiting:
            return
        if self._silent_looks > MOST_SILENT_LOOKS and self._pid:
            logger.error("a courier was silent; ending it")
            with suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
        self._keep_watch()
