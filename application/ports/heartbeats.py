from typing import Protocol

from domain.delivery.heartbeat import Heartbeat


class Heartbeats(Protocol):
    """Pulses of the installation's jobs. They name no organisation."""

    async def lock(self, name: str) -> Heartbeat:
        """The job's pulse, an empty one if it never ran; no other unit writes it until ours ends."""

    async def save(self, heartbeat: Heartbeat) -> None: ...

    async def list_all(self) -> list[Heartbeat]:
        """By name."""
