"""Which kinds of messages wait, as the world that takes them is away."""

import logging
from collections.abc import Collection
from dataclasses import dataclass

from application.delivery.rules import Channels
from application.ports.circuit_breakers import Admission, CircuitBreakers
from application.ports.clock import Clock
from domain.delivery.faults import Fault
from domain.shared.circuit import CircuitState, Verdict
from domain.shared.errors import DomainError

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Gate:
    """`kinds` may be claimed, None for all. One message of a kind in `on_trial` may decide on the others."""

    kinds: Collection[str] | None = None
    on_trial: Collection[str] = ()


OPEN_TO_ALL = Gate()


@dataclass(frozen=True, slots=True)
class CircuitGate:
    """Messages that wait are not claimed, so waiting costs them no attempt."""

    channels: Channels
    breakers: CircuitBreakers
    clock: Clock

    async def look(self, only: str | None) -> Gate:
        """`only`: the one kind that is asked for anyway."""
        asked = list(self.channels.by_kind) if only is None else [only]
        waiting, on_trial = set[str](), set[str]()
        for kind in asked:
            if (name := self.channels.circuits.get(kind)) is None:
                continue
            circuit, now = await self.breakers.look(name), self.clock.now()
            if circuit.state(now) is not CircuitState.CLOSED:
                waiting.add(kind)
                on_trial |= {kind} if circuit.has_room(now) else set()
        if not waiting and only is None:
            return OPEN_TO_ALL
        return Gate([kind for kind in asked if kind not in waiting], on_trial)

    async def admit(self, kind: str) -> Admission | None:
        return await self.breakers.admit(self.channels.circuits[kind])

    async def tell(self, kind: str, admission: Admission | None, fault: Fault | None) -> None:
        """How a flight ended. Refusals of one message show nothing."""
        name = self.channels.circuits.get(kind)
        if name is None:
            return
        verdict = Verdict.WORKED
        if fault is not None:
            verdict = Verdict.FAILED if fault.of_the_line else Verdict.SHOWED_NOTHING
        await self._report(admission or Admission(name), verdict)

    async def give_back(self, admission: Admission | None) -> None:
        """Nothing came of it: another one may try."""
        if admission is not None:
            await self._report(admission, Verdict.SHOWED_NOTHING)

    async def _report(self, admission: Admission, verdict: Verdict) -> None:
        try:
            await self.breakers.report(admission, verdict)
        except DomainError:  # the database is away; the place of a trial is free again after a time
            logger.warning("a circuit breaker could not be told", extra={"circuit": admission.circuit})
