"""Connections that wait for the next message to the same place, for a moment."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from adapters.h11.line import Line
from domain.delivery.addresses import Address


class Place(NamedTuple):
    """Where a connection leads, and whom it proved to reach."""

    scheme: str
    host: str
    port: int
    address: Address


@dataclass(slots=True)
class KeptLines:
    """There are never more of them than there were calls at once. `seconds` 0: none is kept."""

    seconds: float = 0
    _idle: dict[Place, list[tuple[Line, asyncio.TimerHandle]]] = field(default_factory=dict)

    def take(self, places: Iterable[Place]) -> tuple[Place, Line] | None:
        """One to the first of the places that has one."""
        for place in places:
            while idle := self._idle.get(place):
                line, end = idle.pop(0)  # its answer has had the most time to come to its end
                if not idle:
                    del self._idle[place]  # names change their addresses all the time
                end.cancel()
                if line.is_free():
                    return place, line
                line.hang_up()
        return None

    def keep(self, place: Place, line: Line) -> None:
        end = asyncio.get_running_loop().call_later(self.seconds, self._drop, place, line)
        self._idle.setdefault(place, []).append((line, end))

    def close(self) -> None:
        for idle in self._idle.values():
            for line, end in idle:
                end.cancel()
                line.hang_up()
        self._idle.clear()

    def _drop(self, place: Place, line: Line) -> None:
        left = [(other, end) for other, end in self._idle.pop(place, []) if other is not line]
        if left:
            self._idle[place] = left
        line.hang_up()
