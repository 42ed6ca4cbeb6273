"""A company with staff, over HTTP: who was let in, how, and what their mailbox holds."""

from dataclasses import dataclass, field
from typing import Any

import httpx

from application.ports.field_cipher import FieldCipher
from application.ports.unit_of_work import UnitOfWork
from tests.http.identity_app import PASSWORD, Company, a_company, bearer
from tests.support.http import App
from tests.support.identity import IDS
from tests.support.mailbox import mails, secrets, token_of

OWN = "four other words entirely"


def an_address(name: str = "dan") -> str:
    return f"{name}-{IDS.new().hex[-12:]}@acme.example"


@dataclass
class Somebody:
    """A member with a session. `headers` are of the latest login."""

    user_id: str
    email: str
    password: str
    headers: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, Any] = field(default_factory=dict)


@dataclass
class Staff:
    company: Company
    owner: Somebody

    @property
    def app(self) -> App:
        return self.company.app

    @property
    def org_id(self) -> str:
        return str(self.company.created.org_id)

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        by: Somebody | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """Under /v1/iam/users."""
        sender = (by or self.owner).headers
        return await self.app.client.request(
            method, f"/v1/iam/users{path}", json=body, headers={**sender, **(headers or {})}
        )

    async def public(self, path: str, body: Any) -> httpx.Response:
        return await self.app.client.post(f"/v1/auth/{path}", json=body)

    async def log_in(self, who: Somebody, **fields: Any) -> Somebody:
        body = {"email": who.email, "password": who.password, **fields}
        response = await self.public("login", body)
        assert response.status_code == 200, response.text
        who.tokens = response.json()
        who.headers = bearer(who.tokens)
        return who

    async def hire(self, role: str = "viewer", **fields: Any) -> Somebody:
        """By temporary password, changed at once."""
        email = fields.pop("email", None) or an_address()
        made = await self.ask("POST", "", {"email": email, "role": role, **fields})
        assert made.status_code == 201, made.text
        who = Somebody(made.json()["user_id"], email, made.json()["temp_password"])
        await self.log_in(who)
        body = {"current_password": who.password, "new_password": OWN}
        changed = await self.app.client.post("/v1/auth/change-password", json=body, headers=who.headers)
        assert changed.status_code == 200, changed.text
        who.password, who.tokens = OWN, changed.json()
        who.headers = bearer(who.tokens)
        return who

    async def reset(self, user_id: str, body: Any = None, *, key: str | None = None) -> httpx.Response:
        headers = {"idempotency-key": key or str(IDS.new())}
        return await self.ask("POST", f"/{user_id}/reset-temp-password", body or {}, headers=headers)

    async def links(self, to: str, template: str) -> list[str]:
        """Tokens of the links in that mailbox, oldest first."""
        uow, cipher = await self.app.container.get(UnitOfWork), await self.app.container.get(FieldCipher)
        found = await secrets(uow, cipher, self.company.created.org_id, to, template)
        return [token_of(address) for address in found]

    async def mail_kinds(self, to: str) -> list[str]:
        uow = await self.app.container.get(UnitOfWork)
        return [event.event_type for event in await mails(uow, self.company.created.org_id, to)]


async def open_staff(app: App, **choices: Any) -> Staff:
    company = await a_company(app, **choices)
    tokens = await company.tokens()
    owner = Somebody(str(company.created.user_id), company.email, PASSWORD, bearer(tokens), tokens)
    return Staff(company, owner)


def code_of(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["type"]
