"""Identity page, §10 (cookies, CSRF), gate 5, and §1, row 8."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx
import pytest
from dishka import Provider, Scope, make_async_container
from litestar import Request

from adapters.memory.unit_of_work import MemoryUnitOfWork
from domain.identity.actor import Actor, ActorKind, Role
from entrypoints.http.app import create_app
from entrypoints.http.authenticate import Authenticate
from entrypoints.http.cookies import Cookies, our_cookies
from entrypoints.http.csrf import COOKIE_SESSION, Csrf
from entrypoints.http.rates import Callers
from entrypoints.http.routes import RouteRules
from entrypoints.origins import origin_of
from entrypoints.settings import Settings
from entrypoints.settings.load import read_settings
from entrypoints.wiring.browsers import BrowsersProvider
from entrypoints.wiring.limits import limits_provider
from entrypoints.wiring.requests import RequestProvider
from entrypoints.wiring.system import SystemProvider
from tests.http.conftest import ORG
from tests.http.example import ExampleController
from tests.support.clock import FixedClock
from tests.support.gates import PASSED, open_gates
from tests.support.live import UNLIMITED
from tests.support.rates import HeaderCallers

SESSION, ANOTHER = UUID(int=11), UUID(int=12)
WRITE = "/v1/admin/examples/019a0000-0000-7000-8000-000000000000"
ENVIRON = {
    "APP_ENV": "prod",
    "TESTING": "true",  # switches nothing off here
    "AUTH_SECRET_KEY": "n" * 40,
    "AUTH_SECRET_KEY_PREVIOUS": "o" * 40,
    "PUBLIC_BASE_URL": "https://book.example.com/app",
    "CORS_ORIGINS": "https://portal.example.com,*",
}
OWN = "https://book.example.com"


class ByCookie:
    """A portal to come: whoever has the cookie is the worker of one session, whoever has a token another."""

    async def __call__(self, request: Request[Any, Any, Any], _rules: RouteRules, /) -> Actor | None:
        if "authorization" not in request.headers and our_cookies(request).get("worker_session"):
            request.scope["state"][COOKIE_SESSION] = SESSION
        return Actor(org_id=ORG, kind=ActorKind.BEARER, role=Role.DISPATCHER, name="w@example.com")


@asynccontextmanager
async def portal(environ: Mapping[str, str] = ENVIRON) -> AsyncIterator[tuple[httpx.AsyncClient, Csrf]]:
    settings, faults = read_settings({**UNLIMITED, **environ})
    assert not faults
    known = Provider(scope=Scope.APP)
    known.provide(ByCookie, provides=Authenticate)
    known.provide(HeaderCallers, provides=Callers)
    providers = [SystemProvider(), RequestProvider(), BrowsersProvider(), limits_provider(settings), known]
    container = make_async_container(*providers, context={Settings: settings})
    app = create_app(settings, container, [ExampleController])
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 1))  # type: ignore[arg-type]  # Litestar is an ASGI app
    async with httpx.AsyncClient(transport=transport, base_url="https://inside.example.net") as client:
        yield client, await container.get(Csrf)


def cookies(token: str) -> dict[str, str]:
    return {"cookie": f"worker_session=s3cr3t; csrf_token={token}"}


async def write(client: httpx.AsyncClient, token: str, **headers: str | None) -> str:
    """What our own page would send, but for the headers given; None leaves one out."""
    sent: dict[str, str | None] = {**cookies(token), "origin": OWN, "x-csrf-token": token}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    raw = [(name, value.encode("latin-1")) for name, value in sent.items() if value is not None]
    answer = await client.patch(WRITE, headers=raw)  # type: ignore[arg-type]  # httpx takes bytes
    return "passed" if answer.status_code == 200 else str(answer.json()["type"])


OURS: list[dict[str, str | None]] = [
    {},
    {"origin": "https://portal.example.com"},
    {"origin": "https://inside.example.net"},
    {"origin": "https://book.example.com:443"},
    {"origin": None, "referer": f"{OWN}/orders/1?x=2"},
    {"sec_fetch_site": "same-origin"},
    {"sec_fetch_site": "same-site"},
]
FOREIGN: list[dict[str, str | None]] = [
    {"origin": None},
    {"origin": None, "referer": "https://evil.example/book.example.com"},
    {"origin": "null"},
    {"origin": "https://evil.example", "referer": f"{OWN}/"},
    {"origin": "http://book.example.com"},
    {"origin": "http://inside.example.net"},
    {"origin": "https://book.example.com:8443"},
    {"origin": "https://book.example.com.evil.example"},
    {"origin": "https://book.example.com@evil.example"},
    {"origin": "https://[oops"},
    {"sec_fetch_site": "cross-site"},
    {"sec_fetch_site": "Cross-Site"},
    {"x_csrf_token": None},
    {"x_csrf_token": ""},
    {"x_csrf_token": "\xff\xfe"},
    {"x_csrf_token": "A" * 43},
    {"cookie": "worker_session=s3cr3t"},
    {"cookie": "worker_session=s3cr3t; csrf_token=AAAA"},
]


async def test_our_own_page_may_write_and_nobody_else() -> None:
    async with portal() as (client, csrf):
        for headers in OURS:
            assert await write(client, csrf.token_for(SESSION), **headers) == "passed", headers
        for headers in FOREIGN:
            assert await write(client, csrf.token_for(SESSION), **headers) == "csrf_failed", headers


async def test_a_token_belongs_to_one_session_and_to_our_keys() -> None:
    async with portal() as (client, csrf):
        assert await write(client, csrf.token_for(ANOTHER)) == "csrf_failed"
        assert await write(client, "") == "csrf_failed"
    older = {**ENVIRON, "AUTH_SECRET_KEY": "o" * 40}
    stranger = {**ENVIRON, "AUTH_SECRET_KEY": "p" * 40, "AUTH_SECRET_KEY_PREVIOUS": ""}
    async with portal() as (client, _), portal(older) as (_, before), portal(stranger) as (_, other):
        assert await write(client, before.token_for(SESSION)) == "passed"
        assert await write(client, other.token_for(SESSION)) == "csrf_failed"


async def test_reading_needs_no_proof_and_neither_does_a_token() -> None:
    async with portal() as (client, _):
        read = await client.get(WRITE, headers=cookies("x"))
        assert read.status_code == 200
        both = {**cookies("x"), "authorization": "Bearer t", "sec-fetch-site": "cross-site"}
        assert (await client.patch(WRITE, headers=both)).status_code == 200
        refused = await client.post("/v1/admin/examples/bare", headers=cookies("x"))
        assert (refused.status_code, refused.json()["type"]) == (403, "csrf_failed")


async def test_a_form_carries_the_token_in_a_field() -> None:
    async with portal() as (client, csrf):
        token = csrf.token_for(SESSION)
        for body, passes in (
            (f"name=x&csrf_token={token}", True),
            ("name=x&csrf_token=AAAA", False),
            (f"csrf_token={token}&csrf_token={token}", False),
            ("name=x", False),
        ):
            answer = await client.patch(
                WRITE,
                content=body,
                headers={
                    **cookies(token),
                    "origin": OWN,
                    "content-type": "application/x-www-form-urlencoded; charset=utf-8",
                },
            )
            assert (answer.json().get("type") != "csrf_failed") is passes, body


TWICE = [
    ["client_session=a; client_session=b"],
    ["worker_session=a; other=1; worker_session=a"],
    ["client_session=a", "client_session=a"],
    ["csrf_token=a; csrf_token=a"],
]


async def test_a_cookie_that_is_there_twice_is_no_credential(
    memory_uow: MemoryUnitOfWork, clock: FixedClock
) -> None:
    async with open_gates(memory_uow, clock) as gates:
        bearer = list((await gates.bearer(Role.OWNER)).items())
        for lines in TWICE:
            cookies = [("cookie", line) for line in lines]
            for path in ("/v1/admin/org", "/v1/public/maple-pine/catalog"):
                answer = await gates.client.get(path, headers=cookies)
                assert (answer.status_code, answer.json()["type"]) == (401, "unauthenticated")
            signed_in = await gates.client.get("/v1/admin/org", headers=[*bearer, *cookies])
            assert signed_in.status_code == PASSED


async def test_a_session_cookie_that_opens_nothing_is_refused_and_others_are_not_read(
    memory_uow: MemoryUnitOfWork, clock: FixedClock
) -> None:
    async with open_gates(memory_uow, clock) as gates:
        public = "/v1/public/maple-pine/catalog"
        for name in ("client_session", "worker_session"):
            refused = await gates.client.get(public, headers={"cookie": f"{name}=x"})
            assert refused.status_code == 401
        for harmless in ("theme=dark; theme=dark", "csrf_token=x", "client_session2=x", ";;=;"):
            answer = await gates.client.get(public, headers={"cookie": harmless})
            assert answer.status_code == PASSED, harmless


@pytest.mark.parametrize(
    ("environ", "secure"),
    [
        ({"APP_ENV": "prod"}, True),
        ({"APP_ENV": "dev"}, False),
        ({"APP_ENV": "dev", "PUBLIC_BASE_URL": "http://localhost:8000"}, False),
        ({"APP_ENV": "dev", "PUBLIC_BASE_URL": "https://dev.example.com"}, True),
    ],
)
def test_how_cookies_are_set(environ: dict[str, str], secure: bool) -> None:
    made: Cookies = BrowsersProvider().cookies(read_settings(environ)[0])
    tail = "; Secure" if secure else ""
    session = made.session("client_session", "abc", 60)
    assert session == f"client_session=abc; Path=/; Max-Age=60; HttpOnly; SameSite=Lax{tail}"
    assert made.csrf("t", 60) == f"csrf_token=t; Path=/; Max-Age=60; SameSite=Strict{tail}"


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://A.example:443/x", "https://a.example"),
        ("http://a.example:80", "http://a.example"),
        ("http://[::1]:8000/", "http://[::1]:8000"),
        ("ftp://a.example", None),
        ("https://", None),
        ("null", None),
        ("", None),
        ("https://a.example:port", None),
    ],
)
def test_an_origin_is_scheme_host_and_port(url: str, origin: str | None) -> None:
    assert origin_of(url) == origin
