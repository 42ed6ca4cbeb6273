"""A salon whose workers sign in and move their clocks, and whose office looks on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import httpx

from application.ports.unit_of_work import UnitOfWork
from domain.identity.actor import Role
from domain.shared.ids import UserId, WorkerId
from tests.support.clock import FixedClock
from tests.support.identity import join
from tests.support.salon import ANN, BOB, NORTH, Salon, open_salon


@dataclass(frozen=True, slots=True)
class CrewSalon:
    salon: Salon
    logins: dict[WorkerId, UserId]
    stranger: UserId
    """A worker's login that no worker has."""

    @property
    def clock(self) -> FixedClock:
        return self.salon.clock

    async def visit(self, crew: tuple[WorkerId, ...] = (ANN,), **fields: Any) -> str:
        """Confirmed, of Team North, two hours long, from now on unless said otherwise."""
        start = fields.pop("starts_at", self.clock.now())
        made = await self.salon.created(start, **{"team_id": NORTH, "worker_ids": list(crew), **fields})
        return str(made["booking_id"])

    async def order(self, order_id: str, verb: str, role: str = "dispatcher", **parts: Any) -> httpx.Response:
        """POST /v1/orders/{order_id}/time/{verb}, with `body` if not the default."""
        headers = parts.pop("headers", {})
        return await self.ask("POST", f"/v1/orders/{order_id}/time/{verb}", role, headers, json=_plain(parts))

    async def mine(self, who: WorkerId, order_id: str, verb: str, **body: Any) -> httpx.Response:
        headers = body.pop("headers", {})
        path = f"/v1/worker/jobs/{order_id}/{verb}"
        return await self.ask("POST", path, self.as_worker(who), headers, json=_plain(body))

    async def look(self, who: WorkerId, path: str = "", **query: Any) -> httpx.Response:
        return await self.ask("GET", f"/v1/worker/jobs{path}", self.as_worker(who), params=query)

    def as_worker(self, who: WorkerId) -> str:
        return f"worker:{self.logins[who]}"

    async def ask(
        self, method: str, path: str, role: str, headers: dict[str, str] | None = None, **parts: Any
    ) -> httpx.Response:
        bearer = {"authorization": f"Bearer {self.salon.shop.org_id}:{role}", **(headers or {})}
        return await self.salon.shop.client.request(method, path, headers=bearer, **parts)

    async def sheet(self, order_id: str) -> dict[str, Any]:
        answer = await self.ask("GET", f"/v1/orders/{order_id}/time", "dispatcher")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


@asynccontextmanager
async def open_crew(uow: UnitOfWork, clock: FixedClock, **options: Any) -> AsyncIterator[CrewSalon]:
    async with open_salon(uow, clock, **options) as salon:
        org_id, logins = salon.shop.org_id, {}
        for worker_id in (ANN, BOB):
            person = await join(uow, org_id, clock.now(), role=Role.WORKER)
            async with uow.begin(org_id) as unit:
                worker = await unit.workers.get(worker_id)
                await unit.workers.save(replace(worker, user_id=person.id))
            logins[worker_id] = person.id
        stranger = await join(uow, org_id, clock.now(), role=Role.WORKER)
        yield CrewSalon(salon, logins, stranger.id)


def _plain(body: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else str(value) if _is_id(name) else value
        for name, value in body.items()
    }


def _is_id(name: str) -> bool:
    return name.endswith("_id")


def z(moment: datetime) -> str:
    """As the API writes it."""
    return moment.isoformat().replace("+00:00", "Z")


def code(answer: httpx.Response) -> tuple[int, str]:
    """Of a refusal: its status, and its problem's."""
    return answer.status_code, answer.json()["type"]
