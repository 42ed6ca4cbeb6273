from dataclasses import dataclass, field
from datetime import datetime

from application.ports.clock import Clock
from application.ports.unit_of_work import UnitOfWork
from domain.shared.ids import OrgId, SessionId


@dataclass(slots=True)
class SessionUse:
    """Remembers which sessions were used, and writes it down in batches, an organisation at a time."""

    uow: UnitOfWork
    clock: Clock
    _seen: dict[OrgId, dict[SessionId, datetime]] = field(default_factory=dict, init=False)

    def note(self, org_id: OrgId, session_id: SessionId) -> None:
        self._seen.setdefault(org_id, {})[session_id] = self.clock.now()

    async def write_down(self) -> None:
        """What fails is noted again by the session's next use."""
        seen, self._seen = self._seen, {}
        for org_id, used in seen.items():
            async with self.uow.begin(org_id) as unit:
                await unit.sessions.touch(used)
