"""Who may deliver next, in one process."""

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from application.ports.outbox import DueMessage
from domain.shared.ids import EventId, OrgId


@dataclass(slots=True)
class DeliverySlots:
    """A bounded number of places, given to organisations in turn: least recently served first, one each.

    An organisation that nobody else waits for may use every place. Whoever comes due then need not wait for
    it, as its target may hang: there are a few places beyond the total, one share of them, for the others.
    """

    total: int
    per_org: int
    quarantine_busy: bool = False
    _in_flight: Counter[OrgId] = field(default_factory=Counter)
    _served: dict[OrgId, int] = field(default_factory=dict)
    _turns: int = 0

    @property
    def free(self) -> int:
        """Below zero while places beyond the total are in use."""
        return self.total - self._in_flight.total()

    @property
    def open(self) -> int:
        """How many could be given now, those beyond the total included."""
        crowded_out = any(count > self.per_org for count in self._in_flight.values())
        return self.free + (self.per_org if crowded_out else 0)

    def choose(self, due: Iterable[DueMessage]) -> dict[OrgId, list[EventId]]:
        """Which of the due messages could have a place now; each organisation's stay in their order."""
        waiting: dict[OrgId, deque[EventId]] = {}
        for message in due:
            waiting.setdefault(message.org_id, deque()).append(message.event_id)
        chosen: dict[OrgId, list[EventId]] = {}
        free = self.free
        for given in range(self.open):
            org_id = self._next(waiting, chosen, beyond=given >= free)
            if org_id is None:
                break
            chosen.setdefault(org_id, []).append(waiting[org_id].popleft())
            self._turns += 1
            self._served[org_id] = self._turns
            if not waiting[org_id]:
                del waiting[org_id]
        return chosen

    def take(self, org_id: OrgId, places: int = 1) -> None:
        self._in_flight[org_id] += places

    def give_back(self, org_id: OrgId, places: int = 1) -> None:
        self._in_flight[org_id] -= places
        if not self._in_flight[org_id]:
            del self._in_flight[org_id]

    def _next(
        self, waiting: dict[OrgId, deque[EventId]], chosen: dict[OrgId, list[EventId]], *, beyond: bool
    ) -> OrgId | None:
        most = self.per_org if beyond or len(waiting) > 1 else self.total
        open_to = [
            org_id for org_id in waiting if self._in_flight[org_id] + len(chosen.get(org_id, ())) < most
        ]
        return min(open_to, key=lambda org_id: self._served.get(org_id, -1), default=None)
