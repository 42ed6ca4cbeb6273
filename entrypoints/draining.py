"""The end of a process, told to whom it concerns: readiness at once, servers and jobs after the delay."""

import asyncio
import signal
from dataclasses import dataclass, field

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
TWICE_SECONDS = 0.5
"""A terminal and its shell may both pass on one Ctrl-C: what comes so soon after it is no second one."""


@dataclass(slots=True)
class Draining:
    begun: bool = False
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    """Nothing new is accepted or claimed once it is set."""
