"""The routes of prices and leads over either database, for callers of any role."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
from dishka import Provider, Scope, make_async_container
from litestar import Request

from adapters.cryptography.sealing import AesGcmFieldCipher
from adapters.system.identifiers import SystemIdentifiers
from application.delivery.rules import Channels
from application.ports.clock import Clock
from application.ports.field_cipher import FieldCipher
from application.ports.human_check import HumanCheck
from application.ports.unit_of_work import UnitOfWork
from application.pricing.founding import found_pricing
from domain.identity.actor import Actor, ActorKind, Role
from domain.scheduling.settings import BookingSettings
from domain.shared.errors import Unauthenticated
from domain.shared.ids import OrgId, UserId
from entrypoints.http.authenticate import Authenticate
from entrypoints.http.rates import Callers
from entrypoints.http.request_context import context_of
from entrypoints.http.routes import RouteRules
from entrypoints.settings import Settings
from entrypoints.settings.load import read_settings
from entrypoints.wiring.booking import BookingProvider
from entrypoints.wiring.circuits import CircuitsProvider
from entrypoints.wiring.compliance import ComplianceProvider
from entrypoints.wiring.fieldwork import FieldworkProvider
from entrypoints.wiring.job_locks import JobLocksProvider
from entrypoints.wiring.limits import limits_provider
from entrypoints.wiring.messaging import MessagingProvider
from entrypoints.wiring.outbox import OutboxProvider
from entrypoints.wiring.photos import PhotosProvider
from entrypoints.wiring.pricing import PricingProvider
from entrypoints.wiring.requests import RequestProvider
from entrypoints.wiring.scheduler import SchedulerProvider
from entrypoints.wiring.scheduling import SchedulingProvider
from entrypoints.wiring.storage import storage_provider
from entrypoints.wiring.system import SystemProvider
from tests.support.clock import FixedClock
from tests.support.live import UNLIMITED
from tests.support.orgs import found_org
from tests.support.public_org import PublicOrgs
from tests.support.rates import HeaderCallers
from tests.support.wired import client_of

DISPATCHER = UserId(UUID(int=42))


@dataclass(frozen=True, slots=True)
class ByHeader:
    """`Authorization: Bearer {org_id}:{role}`, and `:{user_id}` where it matters who it is; without it the
    public of the path's organisation."""

    public: PublicOrgs

    async def __call__(self, request: Request[Any, Any, Any], _rules: RouteRules, /) -> Actor | None:
        slug = request.scope["path_params"].get("org_slug")
        if slug is not None:
            return await self.public.actor(slug, context_of(request))
        header = request.headers.get("authorization", "")
        if not header:
            return None
        try:
            org_id, role, *somebody = header.removeprefix("Bearer ").split(":")
            user_id = UserId(UUID(somebody[0])) if somebody else DISPATCHER
            return Actor(org_id=OrgId(UUID(org_id)), kind=ActorKind.BEARER, role=Role(role), user_id=user_id)
        except ValueError:
            raise Unauthenticated from None


@dataclass(frozen=True, slots=True)
class Shop:
    """One organisation's address, and who stands before it."""

    client: httpx.AsyncClient
    uow: UnitOfWork
    org_id: OrgId
    slug: str

    async def staff(self, method: str, path: str, role: str = "dispatcher", **parts: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.org_id}:{role}", **parts.pop("headers", {})}
        return await self.client.request(method, f"/v1/admin{path}", headers=headers, **parts)

    async def public(self, method: str, path: str, **parts: Any) -> httpx.Response:
        return await self.client.request(method, f"/v1/public/{self.slug}{path}", **parts)

    async def lead(self, **fields: Any) -> dict[str, Any]:
        """One made in the office."""
        body = {"name": "Jane Doe", "phone": "+1 555 010 0134", **fields}
        answer = await self.staff("POST", "/leads", json=body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made


async def open_org(uow: UnitOfWork, clock: FixedClock, **settings: Any) -> tuple[OrgId, str]:
    """An organisation as it is born, but for teams and people."""
    org_id = await found_org(uow, clock.now())
    async with uow.begin(org_id) as unit:
        await found_pricing(unit, clock.now(), SystemIdentifiers())
        await unit.booking_settings.save(BookingSettings(updated_at=clock.now(), **settings))
    return org_id, f"org-{org_id.hex[-12:]}"


def _handing_out[T](instance: T) -> Callable[[], T]:
    return lambda: instance


@asynccontextmanager
async def open_shop(
    uow: UnitOfWork,
    clock: FixedClock,
    *,
    environ: Mapping[str, str] | None = None,
    human_check: HumanCheck | None = None,
    given: Mapping[type, Any] | None = None,
    peer: str = "203.0.113.7",
    **booking_settings: Any,
) -> AsyncIterator[Shop]:
    settings, faults = read_settings(
        {
            "APP_ENV": "dev",
            "AUTH_SECRET_KEY": "k" * 40,
            "ORDER_STORAGE_BACKEND": "memory",
            **UNLIMITED,
            **(environ or {}),
        }
    )
    assert not faults
    overrides = Provider(scope=Scope.APP)
    overrides.provide(lambda: uow, provides=UnitOfWork)
    overrides.provide(lambda: clock, provides=Clock)
    overrides.provide(PublicOrgs)
    overrides.provide(ByHeader, provides=Authenticate)
    overrides.provide(HeaderCallers, provides=Callers)
    fixed = {Channels: Channels({}), FieldCipher: AesGcmFieldCipher([b"f" * 32])}
    for kind, instance in {**fixed, **(given or {})}.items():
        overrides.provide(_handing_out(instance), provides=kind)
    if human_check is not None:
        overrides.provide(lambda: human_check, provides=HumanCheck)
    container = make_async_container(
        SystemProvider(),
        RequestProvider(),
        PricingProvider(),
        BookingProvider(),
        FieldworkProvider(),
        ComplianceProvider(),
        PhotosProvider(),
        storage_provider(settings),
        OutboxProvider(),
        CircuitsProvider(),
        SchedulingProvider(),
        MessagingProvider(),
        JobLocksProvider(),
        SchedulerProvider(),
        limits_provider(settings),
        overrides,
        context={Settings: settings},
    )
    async with client_of(settings, container, peer=peer) as client:
        org_id, slug = await open_org(uow, clock, **booking_settings)
        yield Shop(client, uow, org_id, slug)
    await container.close()
