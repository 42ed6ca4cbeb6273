"""The real application over PostgreSQL, with people who sign in to it."""

from dataclasses import dataclass
from typing import Any

import httpx
from dishka import Provider, Scope

from adapters.argon2.passwords import Argon2Passwords, Cost
from application.ports.passwords import Passwords
from application.tenancy.create_org import CreatedOrg, CreateOrg, CreateOrgHandler
from tests.support.http import App
from tests.support.identity import IDS

PASSWORD = "correct horse battery staple"


def cheap_passwords() -> Provider:
    """The real hash at a price that tests can pay."""
    provider = Provider(scope=Scope.APP)
    provider.provide(lambda: Argon2Passwords(Cost(time=1, memory_kib=8, parallelism=1)), provides=Passwords)
    return provider


@dataclass(frozen=True)
class Company:
    """An organisation with an owner, seen from a browser."""

    app: App
    slug: str
    email: str
    created: CreatedOrg

    async def log_in(self, password: str = PASSWORD, **fields: Any) -> httpx.Response:
        body = {"email": self.email, "password": password, **fields}
        return await self.app.client.post("/v1/auth/login", json=body)

    async def tokens(self, password: str = PASSWORD, **fields: Any) -> dict[str, Any]:
        response = await self.log_in(password, **fields)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    async def bearer(self) -> dict[str, str]:
        return bearer(await self.tokens())


def bearer(tokens: dict[str, Any]) -> dict[str, str]:
    return {"authorization": f"Bearer {tokens['access_token']}"}


async def a_company(app: App, *, email: str | None = None, password: str | None = PASSWORD) -> Company:
    tail = IDS.new().hex[-12:]
    address = email or f"olive-{tail}@acme.example"
    handler = await app.container.get(CreateOrgHandler)
    command = CreateOrg(
        name="Acme Cleaning", slug=f"acme-{tail}", owner_email=address, owner_password=password
    )
    return Company(app, command.slug, address, await handler.handle(command))
