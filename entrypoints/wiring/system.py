from dishka import Provider, Scope, from_context, provide

from adapters.system.clock import SystemClock
from adapters.system.identifiers import SystemIdentifiers
from adapters.system.runner_lives import runner_lives
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from application.ports.runner_lives import RunnerLives
from entrypoints.http.measuring import Measures
from entrypoints.settings import Settings


class SystemProvider(Provider):
    """What every process has: its settings, the time, new names."""

    scope = Scope.APP
    settings = from_context(Settings)

    @provide
    def clock(self) -> Clock:
        return SystemClock()

    @provide
    def identifiers(self) -> Identifiers:
        return SystemIdentifiers()

    @provide
    def lives(self) -> RunnerLives:
        return runner_lives()

    @provide
    def measures(self) -> Measures:
        return Measures()
