from typing import Protocol


class RunnerLives(Protocol):
    """Whether runners live, as far as this process can know it for certain."""

    @property
    def own(self) -> str:
        """The full name of this process: no other process has, had or will have it."""

    def is_dead(self, runner: str) -> bool:
        """Only what is certain: False of whoever lives, and of whoever nothing can be known from here."""
