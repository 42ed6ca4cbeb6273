"""The end of a process, told to whom it concerns: readiness at once, servers and jobs after the delay."""

import asyncio
import signal
from dataclasses import dataclass, field

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""The last is of a terminal that is closed: it ended the process above several alone, and these lived on."""
TWICE_SECONDS = 0.5
"""A terminal and its shell may both pass on one Ctrl-C: what comes so soon after it is no second one."""


def stop_signals() -> tuple[signal.Signals, ...]:
    """Those that are ours to answer: `nohup` wants a closed terminal to mean nothing."""
    ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    return tuple(number for number in STOP_SIGNALS if not (ignored and number is signal.SIGHUP))


@dataclass(slots=True)
class Draining:
    begun: bool = False
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    """Nothing new is accepted or claimed once it is set."""
