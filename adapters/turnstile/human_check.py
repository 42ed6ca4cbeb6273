"""Cloudflare Turnstile: a widget's token, verified at the provider with our secret."""

from dataclasses import dataclass, field
from typing import Any

import anyio
import httpx2

from application.ports.human_check import CaptchaTerms
from domain.leads.errors import CaptchaFailed
from domain.shared.errors import Unavailable

SITEVERIFY = "https://challenges.cloudflare.com/turnstile/v0/siteverify"
TIMEOUT_SECONDS = 5.0
OUR_FAULT_OR_THEIRS = frozenset(
    {"missing-input-secret", "invalid-input-secret", "bad-request", "internal-error"}
)
"""Codes that say nothing about the caller: never a pass, and not the caller's failure either."""


@dataclass(frozen=True, slots=True)
class TurnstileHumanCheck:
    """One client for the life of the process."""

    client: httpx2.AsyncClient
    secret: str = field(repr=False)
    site_key: str | None = None
    url: str = SITEVERIFY
    timeout_seconds: float = TIMEOUT_SECONDS

    @property
    def terms(self) -> CaptchaTerms:
        return CaptchaTerms("turnstile", self.site_key)

    async def check(self, token: str | None, client_address: str | None) -> None:
        if not token:
            raise CaptchaFailed
        verdict = await self._ask(token, client_address)
        if verdict.get("success") is True:
            return
        codes = verdict.get("error-codes")
        if not isinstance(codes, list) or OUR_FAULT_OR_THEIRS.intersection(map(str, codes)):
            raise _away()
        raise CaptchaFailed

    async def _ask(self, token: str, client_address: str | None) -> dict[str, Any]:
        form = {"secret": self.secret, "response": token}
        if client_address is not None:
            form["remoteip"] = client_address
        try:
            with anyio.fail_after(self.timeout_seconds):
                answer = await self.client.post(self.url, data=form)
            verdict = answer.json() if answer.status_code == httpx2.codes.OK else None
        except (httpx2.HTTPError, TimeoutError, ValueError) as error:
            raise _away() from error
        if not isinstance(verdict, dict):
            raise _away()
        return verdict


def _away() -> Unavailable:
    return Unavailable("The check that you are a person cannot be made right now.", retry_after_seconds=10)
