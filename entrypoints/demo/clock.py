from datetime import datetime

from dishka import Provider, Scope, provide

from application.ports.clock import Clock


class StoryClock:
    """Now is when the story has come to: the demo's past is made by the use cases of then."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def move_to(self, instant: datetime) -> None:
        self._now = instant


class StoryClockProvider(Provider):
    """Takes the place of the process's clock in the container that tells the story."""

    def __init__(self, clock: StoryClock) -> None:
        super().__init__()
        self._clock = clock

    @provide(scope=Scope.APP, override=True)
    def clock(self) -> Clock:
        return self._clock
