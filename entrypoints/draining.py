"""The end of a process, told to whom it concerns: readiness at once, servers and jobs after the delay."""

import asyncio
from dataclasses import dataclass, field


@dataclass(slots=True)
class Draining:
    begun: bool = False
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    """Nothing new is accepted or claimed once it is set."""
