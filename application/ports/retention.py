from datetime import datetime
from typing import Protocol

from domain.compliance.retention import RetentionClass


class Retention(Protocol):
    """What the organisation holds beyond its time."""

    async def count_due(self, kept: RetentionClass, cutoff: datetime) -> int:
        """How many rows of the class were measured at or before the instant and still say something."""

    async def clear(self, kept: RetentionClass, cutoff: datetime, limit: int) -> int:
        """At most so many of them, oldest first, are cleared as their class has it; how many there were. Rows
        that another unit has locked are passed over."""
