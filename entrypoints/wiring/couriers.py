import sys
from collections.abc import AsyncIterable, Mapping
from typing import IO

from dishka import Provider, Scope, provide

from adapters.processes.couriers import CourierProcesses, Nursery
from application.ports.carrier import Carrier
from entrypoints.http.measuring import Measures

PROGRAM = (sys.executable, "-P", "-m", "entrypoints.courier")


class CouriersProvider(Provider):
    """Messages are sent by processes beside this one, which ends them with itself.

    `environment`: what their settings are read from; `logs`: where they write."""

    scope = Scope.APP

    def __init__(self, environment: Mapping[str, str], logs: IO[str] | None = None) -> None:
        super().__init__()
        self.environment, self.logs = environment, logs

    @provide
    async def couriers(self, measures: Measures) -> AsyncIterable[CourierProcesses]:
        couriers = CourierProcesses(Nursery(PROGRAM, self.environment, self.logs), measures)
        yield couriers
        await couriers.close()

    @provide
    def carrier(self, couriers: CourierProcesses) -> Carrier:
        return couriers
