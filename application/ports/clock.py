from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The only one who knows what time it is."""

    def now(self) -> datetime:
        """Aware, in UTC, whole microseconds."""
