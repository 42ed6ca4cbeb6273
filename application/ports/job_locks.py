from typing import Protocol


class JobLocks(Protocol):
    """Keeps two runners from doing the same job for the same organisation at once."""

    async def try_hold(self, job: str) -> bool:
        """Whether this unit now holds the job for its organisation, until it ends. Never waits."""
