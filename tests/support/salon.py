"""A shop that takes bookings: two teams with a worker each, and visitors who have a price."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any
from uuid import UUID

import httpx

from application.ports.unit_of_work import UnitOfWork
from domain.scheduling.team import Team
from domain.scheduling.worker import Worker
from domain.shared.ids import TeamId, WorkerId
from tests.support.clock import FixedClock
from tests.support.ledger import ledger_of
from tests.support.scheduling import a_team, a_worker
from tests.support.shop import Shop, open_shop

NORTH, SOUTH = TeamId(UUID(int=1)), TeamId(UUID(int=2))
ANN, BOB = WorkerId(UUID(int=100)), WorkerId(UUID(int=101))
TEN, NOON = "2026-03-03T10:00:00-05:00", "2026-03-03T12:00:00-05:00"  # tomorrow, to the clock of tests
WINDOW = {"starts_at": TEN, "ends_at": NOON}
HOME = {"beds": 2, "baths": 1}  # 180 minutes, 10500 cents in the default book


@dataclass(frozen=True, slots=True)
class Salon:
    shop: Shop
    clock: FixedClock
    _numbers: Any

    @property
    def uow(self) -> UnitOfWork:
        return self.shop.uow

    async def visitor(self, **fields: Any) -> dict[str, Any]:
        """A stranger with a request of their own: `lead_id` and `lead_token`."""
        number = next(self._numbers)
        body = {
            "name": f"Visitor {number}",
            "phone": f"+1 555 {number:07}",
            "email": f"visitor{number}@example.com",
            "home": HOME,
            **fields,
        }
        answer = await self.shop.public("POST", "/leads", json=body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return {"lead_id": made["lead_id"], "lead_token": made["lead_token"]}

    async def book(self, visitor: dict[str, Any], starts_at: datetime | str) -> httpx.Response:
        return await self.shop.public("POST", "/bookings", json={**visitor, "starts_at": _text(starts_at)})

    async def create(
        self, starts_at: datetime | str, role: str = "dispatcher", **fields: Any
    ) -> httpx.Response:
        body = {"starts_at": _text(starts_at), "duration_minutes": 120, **fields}
        return await self.shop.staff("POST", "/bookings", role, json=_plain(body))

    async def created(self, starts_at: datetime | str, **fields: Any) -> dict[str, Any]:
        answer = await self.create(starts_at, **fields)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def verb(
        self,
        booking_id: str,
        verb: str,
        role: str = "dispatcher",
        *,
        headers: dict[str, str] | None = None,
        **fields: Any,
    ) -> httpx.Response:
        return await self.shop.staff(
            "POST", f"/bookings/{booking_id}/{verb}", role, json=_plain(fields), headers=headers or {}
        )

    async def get(self, path: str, role: str = "dispatcher", **query: Any) -> httpx.Response:
        return await self.shop.staff("GET", path, role, params=query)

    async def ledger(self) -> dict[str, list[Any]]:
        """All that was written so far."""
        return await ledger_of(self.uow, self.shop.org_id)

    async def mails(self, booking_id: str) -> dict[str, dict[str, Any]]:
        """The booking's messages by the end of their dedupe key: template, recipient, outcome."""
        prefix = f"booking:{booking_id}:"
        return {
            key.removeprefix(prefix): {"template": template, "outcome": outcome, **payload}
            for key, template, _, outcome, payload in (await self.ledger())["messages"]
            if key.startswith(prefix)
        }

    async def actions(self, booking_id: str) -> list[str]:
        """What the audit log says was done to the booking."""
        return [action for action, resource, *_ in (await self.ledger())["audit"] if resource == booking_id]

    async def lead_status(self, lead_id: str) -> str:
        answer = await self.shop.staff("GET", f"/leads/{lead_id}")
        return str(answer.json()["status"])

    async def read(self, booking_id: str, role: str = "dispatcher") -> dict[str, Any]:
        answer = await self.shop.staff("GET", f"/bookings/{booking_id}", role)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


@asynccontextmanager
async def open_salon(uow: UnitOfWork, clock: FixedClock, **options: Any) -> AsyncIterator[Salon]:
    options.setdefault("environ", {"PUBLIC_LEADS_PER_HOUR": "100000", "RATE_LIMIT_PER_MINUTE": "1000000"})
    async with open_shop(uow, clock, **options) as shop:
        async with uow.begin(shop.org_id) as unit:
            for team in _teams():
                await unit.teams.save(team)
            for worker in _workers():
                await unit.workers.save(worker)
        yield Salon(shop, clock, count(1))


def _teams() -> tuple[Team, ...]:
    return a_team(1, name="North", is_default=True), a_team(2, name="South")


def _workers() -> tuple[Worker, ...]:
    ann = a_worker(100, team=1, name="Ann", email="ann@example.com")
    return ann, a_worker(101, team=2, name="Bob", email="bob@example.com")


def _text(instant: datetime | str) -> str:
    return instant if isinstance(instant, str) else instant.isoformat()


def _plain(body: dict[str, Any]) -> dict[str, Any]:
    return {
        name: str(value)
        if isinstance(value, UUID)
        else [str(v) for v in value]
        if name == "worker_ids"
        else value
        for name, value in body.items()
    }
