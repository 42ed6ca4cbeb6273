from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from domain.shared.circuit import Circuit, Verdict
from domain.shared.errors import Unavailable


class CircuitOpen(Unavailable):
    """That part of the world is left alone for a while; nothing was called."""


@dataclass(frozen=True, slots=True)
class Admission:
    """Leave for one call. `trial`: it is the one that decides."""

    circuit: str
    trial: UUID | None = None


class CircuitBreakers(Protocol):
    """What all processes of the installation know of the parts of the world, by name: `email`, `s3`."""

    async def look(self, circuit: str) -> Circuit:
        """As it stands, for whoever chooses work by it."""

    async def admit(self, circuit: str) -> Admission | None:
        """None while it is open, or while another one tries. Each admission is reported on, once."""

    async def report(self, admission: Admission, verdict: Verdict) -> None: ...

    def guard(self, circuit: str, is_fault: Callable[[Exception], bool]) -> AbstractAsyncContextManager[None]:
        """Around one call. Raises CircuitOpen in its place; what the call raises goes on to the caller.

        `is_fault`: whether that exception shows the world to be at fault, not what was asked of it."""


class Circuits(Protocol):
    """The rows behind it."""

    async def find(self, name: str) -> Circuit:
        """One that never failed is closed."""

    async def lock(self, name: str) -> Circuit:
        """As find, and nobody else changes it until this unit ends."""

    async def save(self, circuit: Circuit) -> None:
        """Of one that was locked."""

    async def list_all(self) -> Sequence[Circuit]:
        """By name."""
