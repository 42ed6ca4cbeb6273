"""Sealing on both databases: numbers without gaps, one chain, whoever seals it and how often."""

from uuid import uuid4

import anyio
import pytest

from adapters.rfc8785.canonical_json import Rfc8785CanonicalJson
from application.ports.audit import AuditEntry, AuditFilter
from application.ports.audit_chain import Seal
from application.ports.unit_of_work import UnitOfWork
from application.safety.read_audit import ListAudit, ListAuditHandler, ReadAuditHandler
from application.safety.seal_audit import SealAuditHandler
from application.safety.verify_audit import VerifyAuditHandler
from domain.identity.actor import Actor, ActorKind, Role
from domain.safety.audit_chain import Break, Harm, Head
from domain.shared.errors import Contended, Forbidden, NotFound
from domain.shared.ids import AuditId, OrgId, UserId
from tests.support.clock import FixedClock

JSON = Rfc8785CanonicalJson()
ALL = AuditFilter()


def an_admin(org_id: OrgId, name: str = "a@acme.example", **fields: object) -> Actor:
    given = {"user_id": UserId(uuid4()), "request_id": "request-1", "ip": "192.0.2.1", **fields}
    return Actor(org_id=org_id, kind=ActorKind.BEARER, role=Role.ADMIN, name=name, **given)  # type: ignore[arg-type]  # a test's own choices


def sealer(uow: UnitOfWork) -> SealAuditHandler:
    return SealAuditHandler(uow, JSON)


def verifier(uow: UnitOfWork) -> VerifyAuditHandler:
    return VerifyAuditHandler(uow, sealer(uow), JSON)


async def write(uow: UnitOfWork, actor: Actor, action: str = "team_update", **fields: object) -> None:
    async with uow.begin(actor.org_id) as unit:
        await unit.audit.record(actor, action, "team", uuid4(), **fields)  # type: ignore[arg-type]  # a test's own choices


async def sealed(uow: UnitOfWork, org_id: OrgId, wanted: AuditFilter = ALL) -> list[AuditEntry]:
    async with uow.begin(org_id) as unit:
        return list(await unit.audit.list_sealed(wanted, 1000))


async def test_rows_get_their_numbers_in_order(uow: UnitOfWork, an_org: OrgId, rival: OrgId) -> None:
    for version in (1, 2, 3):
        await write(uow, an_admin(an_org), after={"version": version})
    assert await sealed(uow, an_org) == []
    async with uow.begin_global() as shared:
        waiting = await shared.unsealed_orgs.list_orgs()
    assert an_org in waiting
    assert rival not in waiting
    assert await sealer(uow).handle(an_org) == 3
    assert await sealer(uow).handle(an_org) == 0
    rows = await sealed(uow, an_org)
    assert [(row.seq, row.after) for row in rows] == [(n, {"version": n}) for n in (3, 2, 1)]
    assert [row.prev_hash for row in rows] == [rows[1].hash, rows[2].hash, bytes(32)]
    assert (await verifier(uow).handle(an_org)).head == Head(3, rows[0].hash or b"")
    async with uow.begin_global() as shared:
        assert an_org not in await shared.unsealed_orgs.list_orgs()


async def test_more_than_a_batch(uow: UnitOfWork, an_org: OrgId, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("application.safety.seal_audit.BATCH", 2)
    monkeypatch.setattr("application.safety.verify_audit.CHUNK", 2)
    for _ in range(5):
        await write(uow, an_admin(an_org))
    assert await sealer(uow).handle(an_org) == 5
    verdict = await verifier(uow).handle(an_org)
    assert (verdict.head.seq, verdict.broken) == (5, None)


async def test_sealers_side_by_side_make_one_chain(uow: UnitOfWork, an_org: OrgId) -> None:
    async with anyio.create_task_group() as tasks:
        for number in range(20):
            tasks.start_soon(write, uow, an_admin(an_org, f"a{number}@acme.example"))
            tasks.start_soon(sealer(uow).handle, an_org)
    verdict = await verifier(uow).handle(an_org)
    assert (verdict.head.seq, verdict.broken) == (20, None)
    assert [row.seq for row in await sealed(uow, an_org)] == list(range(20, 0, -1))


async def test_only_the_end_of_the_chain_grows(uow: UnitOfWork, an_org: OrgId) -> None:
    await write(uow, an_admin(an_org))
    async with uow.begin(an_org) as unit:
        (waiting,) = await unit.audit_chain.list_unsealed(10)
    seal = Seal(waiting.audit_id, b"h" * 32)
    for head, seals in (
        (Head(1, b"x" * 32), [seal]),
        (Head(0, b"x" * 32), [seal]),
        (Head(), [Seal(AuditId(uuid4()), b"h" * 32)]),
        (Head(), [seal, Seal(AuditId(uuid4()), b"h" * 32)]),
    ):
        with pytest.raises(Contended):
            async with uow.begin(an_org) as unit:
                await unit.audit_chain.append(head, seals)
    assert await sealer(uow).handle(an_org) == 1
    with pytest.raises(Contended):  # it is sealed already
        async with uow.begin(an_org) as unit:
            await unit.audit_chain.append(await unit.audit_chain.head(), [seal])


async def test_a_log_that_was_never_begun_does_not_hold(uow: UnitOfWork, an_org: OrgId) -> None:
    assert (await verifier(uow).handle(an_org)).broken == Break(1, Harm.CUT_OFF)


async def test_rows_are_found_by_what_they_say(uow: UnitOfWork, an_org: OrgId, clock: FixedClock) -> None:
    ann, bob = an_admin(an_org), an_admin(an_org, "B@Acme.example", request_id="request-2")
    began = clock.now()
    await write(uow, ann)
    await write(uow, bob, "team_create", outcome="failed")
    clock.advance(minutes=1)
    later = clock.now()
    await write(uow, ann, "team_delete")
    await sealer(uow).handle(an_org)
    resource = (await sealed(uow, an_org))[1].resource_id

    async def found(**wanted: object) -> list[int | None]:
        return [row.seq for row in await sealed(uow, an_org, AuditFilter(**wanted))]  # type: ignore[arg-type]  # a test's own choices

    assert await found(actions=frozenset({"team_create", "team_delete"})) == [3, 2]
    assert await found(actor="b@acme.example") == [2]
    assert await found(resource_type="team") == [3, 2, 1]
    assert await found(resource_id=resource) == [2]
    assert await found(request_id="request-1") == [3, 1]
    assert await found(outcome="failed") == [2]
    assert await found(created_from=later) == [3]
    assert await found(created_from=began, created_before=later) == [2, 1]
    assert await found(before_seq=2) == [1]
    assert await found(actor="b@acme.example", outcome="ok") == []


async def test_the_listing_seals_and_pages(uow: UnitOfWork, an_org: OrgId, rival: OrgId) -> None:
    for _ in range(3):
        await write(uow, an_admin(an_org))
    listing = ListAuditHandler(uow, sealer(uow))
    first = await listing.handle(an_admin(an_org), ListAudit(ALL, 2))
    assert ([entry.seq for entry in first.entries], first.next_seq) == ([3, 2], 2)
    rest = await listing.handle(an_admin(an_org), ListAudit(AuditFilter(before_seq=2), 2))
    assert ([entry.seq for entry in rest.entries], rest.next_seq) == ([1], None)
    one = first.entries[0]
    assert await ReadAuditHandler(uow).handle(an_admin(an_org), one.audit_id) == one
    with pytest.raises(NotFound):
        await ReadAuditHandler(uow).handle(an_admin(rival), one.audit_id)
    viewer = Actor(org_id=an_org, kind=ActorKind.BEARER, role=Role.DISPATCHER)
    for deed in (
        listing.handle(viewer, ListAudit(ALL, 2)),
        ReadAuditHandler(uow).handle(viewer, one.audit_id),
    ):
        with pytest.raises(Forbidden):
            await deed


async def test_what_is_kept_is_small_exact_and_says_nothing_of_the_public(
    uow: UnitOfWork, an_org: OrgId
) -> None:
    public = Actor(org_id=an_org, kind=ActorKind.NONE, ip="192.0.2.9", user_agent="curl")
    huge = {"name": "n" * 9000, "version": 2**60, "color": "é" * 10, "phone": "+15550100134"}
    await write(uow, public, before={"version": 1}, after=huge)
    await sealer(uow).handle(an_org)
    (row,) = await sealed(uow, an_org)
    assert (row.ip, row.user_agent) == (None, None)
    assert row.after == {"name": {"bytes": 9002}, "version": str(2**60), "color": "é" * 10}


async def test_what_people_typed_is_kept_without_addresses_and_numbers(
    uow: UnitOfWork, an_org: OrgId
) -> None:
    typed = "Jane (jane@home.example, +1 555 010 0134) moved on 2026-03-08"
    async with uow.begin(an_org) as unit:
        await unit.audit.record(
            an_admin(an_org),
            "booking_cancel",
            "booking",
            None,
            after={"cancel_reason": typed, "status": "cancelled"},
            reason=typed,
        )
    await sealer(uow).handle(an_org)
    (row,) = await sealed(uow, an_org)
    kept = "Jane (<redacted>, <redacted>) moved on 2026-03-08"
    assert row.reason == kept
    assert row.after == {"cancel_reason": kept, "status": "cancelled"}
