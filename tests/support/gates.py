"""The real gates over memory, and nothing behind them: what passes is answered 299."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
from dishka import Provider, Scope
from litestar import Litestar, Request, Response

from adapters.memory.doors import MemoryActiveOrgs, MemorySessionStates
from adapters.memory.unit_of_work import MemoryUnitOfWork
from application.ports.clock import Clock
from application.ports.orgs import ActiveOrgs
from application.ports.sessions import SessionStates
from application.ports.tokens import AccessClaims, AccessTokens
from application.ports.unit_of_work import UnitOfWork
from domain.identity.actor import Role
from domain.shared.ids import OrgId
from entrypoints.http.app import create_app
from entrypoints.settings import Settings
from entrypoints.settings.load import read_settings
from entrypoints.wiring import make_container
from tests.support.clock import FixedClock
from tests.support.identity import LIFETIMES, a_session, join
from tests.support.live import UNLIMITED
from tests.support.orgs import found_org

PASSED = 299
SLUG = "maple-pine"
ORG = OrgId(read_settings({})[0].general.default_org_id)
ROLES_OF_PAIRS = {
    **{role.value: role for role in Role if role is not Role.FINANCE},
    "accountant": Role.FINANCE,
}
SCHEDULER = "the scheduler's own token of 32 and more"
PAIRS = {
    f"{name.upper()}_BASIC_{part}": f"{name} {part.lower()} long"
    for name in ROLES_OF_PAIRS
    for part in ("USERNAME", "PASSWORD")
}


def basic(name: str) -> httpx.BasicAuth:
    return httpx.BasicAuth(f"{name} username long", f"{name} password long")


@dataclass(slots=True)
class Gates:
    app: Litestar
    client: httpx.AsyncClient
    uow: MemoryUnitOfWork
    clock: FixedClock
    tokens: AccessTokens
    bearers: dict[Role, dict[str, str]] = field(default_factory=dict)

    async def bearer(self, role: Role, *, mfa_verified: bool = False, **membership: Any) -> dict[str, str]:
        """Somebody of that role, signed in."""
        now = self.clock.now()
        person = await join(self.uow, ORG, now, role=role, **membership)
        session = replace(a_session(person, now), mfa_verified=mfa_verified)
        async with self.uow.begin(ORG) as unit:
            await unit.sessions.add(session)
        claims = AccessClaims(
            user_id=person.id,
            org_id=ORG,
            role=role,
            session_id=session.id,
            generation=session.generation,
            issued_at=now,
            expires_at=session.access_expires_at(now, LIFETIMES),
            mfa_verified=session.mfa_verified,
        )
        return {"authorization": f"Bearer {self.tokens.issue(claims)}"}


def settings_of_gates(**environ: str) -> Settings:
    settings, faults = read_settings(
        {
            "APP_ENV": "dev",
            "AUTH_SECRET_KEY": "k" * 40,
            "SCHEDULER_TOKEN": SCHEDULER,
            **UNLIMITED,
            **PAIRS,
            **environ,
        }
    )
    assert not faults
    return settings


@asynccontextmanager
async def open_gates(
    memory: MemoryUnitOfWork, clock: FixedClock, *, peer: str = "127.0.0.1", **environ: str
) -> AsyncIterator[Gates]:
    overrides = Provider(scope=Scope.APP)
    overrides.provide(lambda: memory, provides=UnitOfWork)
    overrides.provide(lambda: clock, provides=Clock)
    overrides.provide(lambda: MemoryActiveOrgs(memory), provides=ActiveOrgs)
    overrides.provide(lambda: MemorySessionStates(memory), provides=SessionStates)
    settings = settings_of_gates(**environ)
    container = make_container(settings, overrides)
    app = create_app(settings, container)
    app.before_request = stopping(app.before_request)
    if ORG not in memory.shared.orgs:
        await found_org(memory, clock.now(), org_id=ORG, slug=SLUG)
    transport = httpx.ASGITransport(app, client=(peer, 5000))  # type: ignore[arg-type]  # Litestar is an ASGI app
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            yield Gates(app, client, memory, clock, await container.get(AccessTokens))
    finally:
        await container.close()


def stopping(gates: Any) -> Any:
    async def before_request(request: Request[Any, Any, Any]) -> Response[Any]:
        refused: Response[Any] | None = await gates(request)
        return refused or Response("passed", status_code=PASSED)

    return before_request
