"""What a change leaves behind it: audit rows and usage events, in its own transaction or not at all."""

from typing import Any, cast
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from adapters.memory.unit_of_work import MemoryUnitOfWork
from adapters.postgres.tables.platform import admin_audit_logs, usage_events
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from application.ports.unit_of_work import UnitOfWork
from domain.identity.actor import Actor, ActorKind, Role
from domain.shared.ids import OrgId, UserId
from tests.support.clock import FixedClock

FIELDS = (
    "created_at", "actor_id", "actor", "role", "auth_method", "action", "resource_type", "resource_id",
    "before", "after", "reason", "outcome", "request_id", "ip", "user_agent",
)  # fmt: skip


async def audit_rows(uow: UnitOfWork, org_id: OrgId) -> list[dict[str, Any]]:
    if isinstance(uow, MemoryUnitOfWork):
        return [{name: row[name] for name in FIELDS} for row in uow.orgs[org_id].audit]
    columns = [admin_audit_logs.c[name] for name in FIELDS]
    async with cast("PostgresUnitOfWork", uow).begin(org_id) as unit:
        found = await unit.connection.execute(select(*columns).order_by(admin_audit_logs.c.audit_id))
        return [dict(row) for row in found.mappings()]


async def usage_rows(uow: UnitOfWork, org_id: OrgId) -> list[tuple[str, int, UUID]]:
    if isinstance(uow, MemoryUnitOfWork):
        return list(uow.orgs[org_id].usage)
    columns = (usage_events.c.metric, usage_events.c.quantity, usage_events.c.resource_id)
    async with cast("PostgresUnitOfWork", uow).begin(org_id) as unit:
        found = await unit.connection.execute(select(*columns).order_by(usage_events.c.usage_id))
        return [tuple(row) for row in found]


def an_actor(org_id: OrgId, **fields: Any) -> Actor:
    return Actor(org_id=org_id, kind=ActorKind.BEARER, role=Role.DISPATCHER, **fields)


async def test_an_audit_row_says_who_did_what(uow: UnitOfWork, an_org: OrgId, clock: FixedClock) -> None:
    user, thing = UserId(uuid4()), uuid4()
    actor = an_actor(
        an_org,
        user_id=user,
        name="d@acme.example",
        request_id="r-12345678",
        ip="192.0.2.7",
        user_agent="curl",
    )
    async with uow.begin(an_org) as unit:
        await unit.audit.record(
            actor, "team_update", "team", thing,
            before={"version": 1}, after={"version": 2, "name": "North", "color": None}, reason="asked",
        )  # fmt: skip
    expected = (
        clock.now(), user, "d@acme.example", "dispatcher", "bearer", "team_update", "team", thing,
        {"version": 1}, {"version": 2, "name": "North", "color": None}, "asked", "ok",
        "r-12345678", "192.0.2.7", "curl",
    )  # fmt: skip
    assert await audit_rows(uow, an_org) == [dict(zip(FIELDS, expected, strict=True))]


async def test_an_audit_row_needs_little(uow: UnitOfWork, an_org: OrgId) -> None:
    nobody = Actor(org_id=an_org, kind=ActorKind.NONE)
    async with uow.begin(an_org) as unit:
        await unit.audit.record(nobody, "login", "session", None, outcome="refused")
    (row,) = await audit_rows(uow, an_org)
    assert (row["outcome"], row["role"], row["actor_id"], row["before"], row["after"]) == (
        "refused", None, None, None, None,
    )  # fmt: skip


async def test_usage_is_counted_signed(uow: UnitOfWork, an_org: OrgId) -> None:
    worker = uuid4()
    async with uow.begin(an_org) as unit:
        await unit.usage.record("worker_created", 1, worker)
        await unit.usage.record("worker_created", -1, worker)
    assert await usage_rows(uow, an_org) == [("worker_created", 1, worker), ("worker_created", -1, worker)]


async def leave_trails_and_fail(uow: UnitOfWork, org_id: OrgId) -> None:
    async with uow.begin(org_id) as unit:
        await unit.audit.record(an_actor(org_id), "team_update", "team", uuid4())
        await unit.usage.record("booking_created", 1, uuid4())
        raise RuntimeError("half way")


async def test_no_change_no_trail(uow: UnitOfWork, an_org: OrgId) -> None:
    with pytest.raises(RuntimeError, match="half way"):
        await leave_trails_and_fail(uow, an_org)
    assert await audit_rows(uow, an_org) == []
    assert await usage_rows(uow, an_org) == []


async def test_trails_are_each_organisations_own(uow: UnitOfWork, an_org: OrgId, rival: OrgId) -> None:
    async with uow.begin(rival) as unit:
        await unit.audit.record(an_actor(rival), "team_update", "team", uuid4())
        await unit.usage.record("booking_created", 1, uuid4())
    assert await audit_rows(uow, an_org) == []
    assert await usage_rows(uow, an_org) == []
