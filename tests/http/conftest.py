from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

import httpx
import pytest
from dishka import Provider, Scope, provide
from litestar import Controller, Request

from application.booking.rules import InstallationRules
from application.ports.unit_of_work import UnitOfWork
from domain.identity.actor import Actor, ActorKind, Role
from domain.shared.errors import Unauthenticated
from domain.shared.ids import OrgId
from entrypoints.http.app import CONTROLLERS
from entrypoints.http.authenticate import Authenticate
from entrypoints.http.rates import Callers
from entrypoints.http.routes import RouteRules
from entrypoints.settings.load import read_settings
from entrypoints.wiring.limits import limits_provider
from entrypoints.wiring.requests import RequestProvider
from entrypoints.wiring.system import SystemProvider
from tests.http.example import ExampleController
from tests.support.album import Album, open_album
from tests.support.clock import FixedClock
from tests.support.crew import CrewSalon, open_crew
from tests.support.live import UNLIMITED
from tests.support.rates import HeaderCallers
from tests.support.salon import Salon, open_salon
from tests.support.shop import Shop, open_shop
from tests.support.wired import client_of

ORG = OrgId(UUID(int=7))


class RoleByToken:
    """`Authorization: Bearer dispatcher` is a dispatcher, `Basic dispatcher` too; anybody else is refused."""

    async def __call__(self, request: Request[Any, Any, Any], _rules: RouteRules, /) -> Actor | None:
        header = request.headers.get("authorization")
        if header is None:
            return None
        try:
            scheme, _, credential = header.partition(" ")
            role = Role(credential)
        except ValueError:
            raise Unauthenticated from None
        kind = ActorKind.BASIC if scheme == "Basic" else ActorKind.BEARER
        return Actor(org_id=ORG, kind=kind, role=role, name=f"{role}@example.com")


class TestProvider(Provider):
    __test__ = False

    @provide(scope=Scope.APP)
    def authenticate(self) -> Authenticate:
        return RoleByToken()

    callers = provide(HeaderCallers, provides=Callers, scope=Scope.APP)


def edge_client(
    environ: dict[str, str] | None = None,
    *providers: Provider,
    peer: str = "127.0.0.1",
    controllers: Sequence[type[Controller]] = (),
) -> httpx.AsyncClient:
    """The real edge over the example controller; no database."""
    from dishka import make_async_container

    from entrypoints.settings import Settings

    settings, faults = read_settings({"APP_ENV": "dev", **UNLIMITED, **(environ or {})})
    assert not faults
    container = make_async_container(
        SystemProvider(),
        RequestProvider(),
        limits_provider(settings),
        TestProvider(),
        *providers,
        context={Settings: settings},
    )
    mine = [*CONTROLLERS, ExampleController, *controllers]
    return client_of(settings, container, peer=peer, controllers=mine)


@pytest.fixture
async def edge() -> AsyncIterator[httpx.AsyncClient]:
    async with edge_client() as client:
        yield client


@pytest.fixture
async def shop(uow: UnitOfWork, clock: FixedClock) -> AsyncIterator[Shop]:
    async with open_shop(uow, clock) as shop:
        yield shop


@pytest.fixture
async def memory_shop(memory_uow: UnitOfWork, clock: FixedClock) -> AsyncIterator[Shop]:
    """For what never reaches a database."""
    async with open_shop(memory_uow, clock) as shop:
        yield shop


@pytest.fixture
async def salon(uow: UnitOfWork, clock: FixedClock) -> AsyncIterator[Salon]:
    async with open_salon(uow, clock) as opened:
        yield opened


@pytest.fixture
async def album(uow: UnitOfWork, clock: FixedClock) -> AsyncIterator[Album]:
    async with open_album(uow, clock) as opened:
        yield opened


@pytest.fixture
async def memory_album(memory_uow: UnitOfWork, clock: FixedClock) -> AsyncIterator[Album]:
    async with open_album(memory_uow, clock) as opened:
        yield opened


@pytest.fixture
async def crew(uow: UnitOfWork, clock: FixedClock) -> AsyncIterator[CrewSalon]:
    async with open_crew(uow, clock) as opened:
        yield opened


@pytest.fixture
async def quick(memory_uow: UnitOfWork, clock: FixedClock) -> AsyncIterator[CrewSalon]:
    """A crew for what is refused before any row is looked at."""
    async with open_crew(memory_uow, clock) as opened:
        yield opened


@pytest.fixture
async def paying_salon(uow: UnitOfWork, clock: FixedClock) -> AsyncIterator[Salon]:
    """One whose deposits could be collected."""
    given = {InstallationRules: InstallationRules(payments_available=True)}
    async with open_salon(uow, clock, given=given) as opened:
        yield opened


@pytest.fixture
async def office(memory_uow: UnitOfWork, clock: FixedClock) -> AsyncIterator[Salon]:
    """For what is refused before any row is looked at."""
    async with open_salon(memory_uow, clock) as opened:
        yield opened
