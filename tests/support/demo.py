"""The demo company of a live server: its logins as they were printed, and signing in with them."""

import re
from dataclasses import dataclass
from typing import Any

from entrypoints.demo.company import SLUG
from tests.support.live import LiveServer

__all__ = ["SLUG", "Caller", "demo_caller", "printed_password", "sign_in"]


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody signed in; asks with their token."""

    server: LiveServer
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def get(self, path: str) -> tuple[int, Any]:
        status, _, body = self.server.get(path, self.headers)
        return status, body

    def post(self, path: str, body: object) -> tuple[int, Any]:
        status, _, answer = self.server.ask("POST", path, body, self.headers)
        return status, answer


def printed_password(output: str, role: str) -> str:
    found = re.search(rf"^\s*{role}\s+\S+@\S+\s+(\S+)\s*$", output, re.MULTILINE)
    assert found, f"no login of a {role} was printed:\n{output}"
    return found.group(1)


def sign_in(server: LiveServer, email: str, password: str, slug: str) -> Caller:
    login = {"email": email, "password": password, "org_slug": slug}
    status, _, body = server.ask("POST", "/v1/auth/login", login)
    assert status == 200, body
    return Caller(server, body["access_token"])


def demo_caller(server: LiveServer, role: str) -> Caller:
    """By the login that this server printed when it made the demo."""
    return sign_in(server, f"{role}@{SLUG}.example", printed_password(server.output, role), SLUG)
