"""Circuit breakers whose state is the database's: what one process learns holds for all."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio

from application.ports.circuit_breakers import Admission, CircuitOpen
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from application.ports.unit_of_work import UnitOfWork
from domain.shared.circuit import Circuit, CircuitPolicy, CircuitState, Verdict

REPORT_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class SharedCircuitBreakers:
    """`policies` by circuit. A call through a closed circuit that works writes nothing, and whoever asks
    again within `fresh_seconds` is answered from memory: another process is heard of so much later."""

    uow: UnitOfWork
    clock: Clock
    ids: Identifiers
    policies: Mapping[str, CircuitPolicy] = field(default_factory=dict)
    fresh_seconds: float = 0.5
    _closed: dict[str, tuple[float, Circuit]] = field(default_factory=dict)  # with when they were read

    async def look(self, circuit: str) -> Circuit:
        read_at, known = self._closed.get(circuit, (0.0, None))
        if known is not None and anyio.current_time() - read_at < self.fresh_seconds:
            return known
        async with self.uow.begin_global() as unit:
            found = await unit.circuits.find(circuit)
        self._remember(found)
        return found

    async def admit(self, circuit: str) -> Admission | None:
        if (await self.look(circuit)).state(self.clock.now()) is CircuitState.CLOSED:
            return Admission(circuit)
        async with self.uow.begin_global() as unit:
            found, now = await unit.circuits.lock(circuit), self.clock.now()
            if not found.has_room(now):
                return None
            if found.state(now) is CircuitState.CLOSED:
                return Admission(circuit)
            trial = self.ids.new()
            await unit.circuits.save(found.begin_trial(trial, now, self._policy(circuit)))
        return Admission(circuit, trial)

    async def report(self, admission: Admission, verdict: Verdict) -> None:
        if admission.trial is None and verdict is not Verdict.FAILED:
            return
        async with self.uow.begin_global() as unit:
            found = await unit.circuits.lock(admission.circuit)
            policy = self._policy(admission.circuit)
            judged = found.judge(verdict, admission.trial, self.clock.now(), policy)
            if judged is not found:
                await unit.circuits.save(judged)
        self._remember(judged)

    @asynccontextmanager
    async def guard(self, circuit: str, is_fault: Callable[[Exception], bool]) -> AsyncIterator[None]:
        if (admission := await self.admit(circuit)) is None:
            wait = (await self.look(circuit)).seconds_to_wait(self.clock.now())
            raise CircuitOpen("It was not reachable just now; try again soon.", retry_after_seconds=wait)
        verdict = Verdict.SHOWED_NOTHING  # also if it is cancelled
        try:
            yield
            verdict = Verdict.WORKED
        except Exception as error:
            verdict = Verdict.FAILED if is_fault(error) else Verdict.SHOWED_NOTHING
            raise
        finally:
            with anyio.CancelScope(shield=True), anyio.move_on_after(REPORT_SECONDS):
                await self.report(admission, verdict)

    def _remember(self, circuit: Circuit) -> None:
        if circuit.open_until is None:
            self._closed[circuit.name] = anyio.current_time(), circuit
        else:
            self._closed.pop(circuit.name, None)

    def _policy(self, circuit: str) -> CircuitPolicy:
        return self.policies.get(circuit, CircuitPolicy())
