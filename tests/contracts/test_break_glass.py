"""Break-glass sessions on both databases, and what a write under one leaves on record."""

from typing import Any
from uuid import uuid4

import pytest

from application.ports.unit_of_work import Unit, UnitOfWork
from application.safety.break_glass import (
    ListBreakGlass,
    ListBreakGlassHandler,
    RevokeBreakGlass,
    RevokeBreakGlassHandler,
    StartBreakGlass,
    StartBreakGlassHandler,
    StartedBreakGlass,
)
from application.safety.lift_read_only import LiftReadOnlyHandler, RecordFailedWriteHandler, WantedWrite
from domain.identity.actor import Actor, ActorKind, Role
from domain.safety.break_glass import AdminReadOnly, BreakGlassStatus
from domain.shared.errors import Forbidden, NotFound
from domain.shared.ids import BreakGlassId, OrgId, UserId
from tests.support.clock import FixedClock
from tests.support.identity import IDS, join
from tests.support.outgoing import audited, queued

WRITE = WantedWrite(method="POST", route="/v1/admin/teams", status=201)


class Desk:
    def __init__(self, uow: UnitOfWork, clock: FixedClock, org_id: OrgId) -> None:
        self.uow, self.clock, self.org_id = uow, clock, org_id
        self.admin = Actor(
            org_id=org_id,
            kind=ActorKind.BEARER,
            role=Role.ADMIN,
            user_id=UserId(uuid4()),
            name="a@acme.example",
        )

    async def start(self, reason: str = "incident", ttl_minutes: int = 30) -> StartedBreakGlass:
        handler = StartBreakGlassHandler(self.uow, self.clock, IDS)
        return await handler.handle(self.admin, StartBreakGlass(reason, ttl_minutes))

    async def lift(self, token: str, actor: Actor | None = None) -> Actor | None:
        return await LiftReadOnlyHandler(self.uow, self.clock).handle(actor or self.admin, token, WRITE)

    async def listed(self, status: BreakGlassStatus | None = None, **fields: Any) -> list[tuple[str, int]]:
        query = ListBreakGlass(status, fields.get("after"), fields.get("limit", 10))
        views = await ListBreakGlassHandler(self.uow, self.clock).handle(self.admin, query)
        return [(view.session.reason, view.writes) for view in views]

    async def revoke(self, session_id: BreakGlassId) -> BreakGlassStatus:
        handler = RevokeBreakGlassHandler(self.uow, self.clock)
        view = await handler.handle(self.admin, RevokeBreakGlass(session_id))
        return view.session.status_at(self.clock.now())

    async def rows(self) -> list[dict[str, Any]]:
        return await audited(self.uow, self.org_id)


@pytest.fixture
def desk(uow: UnitOfWork, clock: FixedClock, an_org: OrgId) -> Desk:
    return Desk(uow, clock, an_org)


async def test_a_token_lifts_until_it_ends_and_in_its_organisation_alone(desk: Desk, rival: OrgId) -> None:
    started = await desk.start(ttl_minutes=1)
    marked = await desk.lift(started.token)
    assert marked is not None
    assert marked.lifted is not None
    assert marked.lifted.session_id == started.session.id
    assert await desk.lift(started.token + "x") is None
    assert await desk.lift("") is None
    stranger = Actor(org_id=rival, kind=ActorKind.BEARER, role=Role.OWNER)
    assert await desk.lift(started.token, stranger) is None
    desk.clock.advance(minutes=1)
    assert await desk.lift(started.token) is None
    again = await desk.start()
    assert await desk.revoke(again.session.id) is BreakGlassStatus.REVOKED
    assert await desk.lift(again.token) is None


async def write_and_fail(unit: Unit, actor: Actor) -> None:
    async with unit.savepoint():
        await unit.audit.record(actor, "team_update", "team", uuid4())
        raise ZeroDivisionError


async def test_each_unit_leaves_one_row_more(desk: Desk) -> None:
    started = await desk.start("the incident")
    marked = await desk.lift(started.token)
    assert marked is not None
    async with desk.uow.begin(desk.org_id) as unit:
        with pytest.raises(ZeroDivisionError):
            await write_and_fail(unit, marked)
        await unit.audit.record(marked, "team_update", "team", uuid4())
        await unit.audit.record(marked, "team_update", "team", uuid4())
    assert [row["action"] for row in await desk.rows()] == [
        "break_glass_start",
        "team_update",
        "break_glass_write",
        "team_update",
    ]
    written = (await desk.rows())[2]
    assert written["after"] == {"method": "POST", "route": "/v1/admin/teams", "status": 201}
    assert (written["resource_type"], written["resource_id"]) == ("break_glass_session", started.session.id)
    assert await desk.listed() == [("the incident", 1)]
    assert marked.lifted is not None
    await RecordFailedWriteHandler(desk.uow).handle(marked, marked.lifted, 409)
    assert (await desk.rows())[-1]["after"] == {"method": "POST", "route": "/v1/admin/teams", "status": 409}
    assert await desk.listed() == [("the incident", 1)]


@pytest.mark.parametrize("end", ["expired", "revoked"])
async def test_a_token_that_ends_after_the_gate_lets_nothing_be_written(desk: Desk, end: str) -> None:
    started = await desk.start(ttl_minutes=1)
    marked = await desk.lift(started.token)
    assert marked is not None
    if end == "expired":
        desk.clock.advance(minutes=1)
    else:
        await desk.revoke(started.session.id)
    before = await desk.rows()
    with pytest.raises(AdminReadOnly):
        async with desk.uow.begin(desk.org_id) as unit:
            await unit.audit.record(marked, "team_update", "team", uuid4())
    assert await desk.rows() == before


async def test_sessions_are_listed_by_status_newest_first(desk: Desk, rival: OrgId) -> None:
    expired = await desk.start("expired", ttl_minutes=1)
    desk.clock.advance(minutes=2)
    revoked = await desk.start("revoked")
    await desk.revoke(revoked.session.id)
    active = await desk.start("active")
    assert [reason for reason, _ in await desk.listed()] == ["active", "revoked", "expired"]
    for status in BreakGlassStatus:
        assert await desk.listed(status) == [(status.value, 0)]
    assert await desk.listed(after=active.session.id, limit=0) == [("revoked", 0)]  # one more than asked for
    assert await desk.revoke(expired.session.id) is BreakGlassStatus.EXPIRED
    assert await desk.revoke(revoked.session.id) is BreakGlassStatus.REVOKED
    actions = [row["action"] for row in await desk.rows()]
    assert actions.count("break_glass_revoke") == 1
    assert await Desk(desk.uow, desk.clock, rival).listed() == []
    with pytest.raises(NotFound):
        await Desk(desk.uow, desk.clock, rival).revoke(active.session.id)


async def test_every_owner_gets_a_mail(desk: Desk) -> None:
    now = desk.clock.now()
    owners = [await join(desk.uow, desk.org_id, now, role=Role.OWNER) for _ in range(2)]
    await join(desk.uow, desk.org_id, now, role=Role.ADMIN)
    started = await desk.start("the incident")
    mails = list((await queued(desk.uow, desk.org_id)).values())
    assert [template for template, _ in mails] == ["break_glass_started"] * 2
    assert {payload["to"] for _, payload in mails} == {owner.email for owner in owners}
    assert all(payload["reason"] == "the incident" for _, payload in mails)
    assert started.token not in repr(mails)


async def test_only_administrators(desk: Desk) -> None:
    desk.admin = Actor(org_id=desk.org_id, kind=ActorKind.BEARER, role=Role.DISPATCHER)
    for deed in (desk.start(), desk.listed(), desk.revoke(BreakGlassId(uuid4()))):
        with pytest.raises(Forbidden):
            await deed
