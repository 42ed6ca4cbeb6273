from datetime import timedelta
from uuid import uuid4

from application.delivery.export_channel import Exports, follow_export
from application.ports.dead_letters import DeadLetter, DeadSelection, Half
from application.ports.outbox import Message
from application.ports.unit_of_work import UnitOfWork
from domain.delivery.export_event import ExportEvent, ExportMode, ExportStatus
from domain.shared.ids import EventId, LeadId, OrgId
from tests.support.clock import FixedClock

ALL: frozenset[Half] = frozenset({"outbox", "export"})


async def fail(
    uow: UnitOfWork,
    clock: FixedClock,
    org_id: OrgId,
    *keys: str,
    kind: str = "email",
    code: str = "timeout",
    payload: dict[str, object] | None = None,
) -> list[EventId]:
    """In one instant."""
    payload = payload or ({"to": "jane@example.com"} if kind == "email" else {})
    async with uow.begin(org_id) as unit:
        made = [
            await unit.outbox.add(
                Message(kind=kind, event_type="lead.created", dedupe_key=key, payload=payload)
            )
            for key in keys
        ]
        dead = [event.die(code, clock.now()) for event in (await unit.outbox_queue.lock(made)).values()]
        await unit.outbox_queue.save(dead)
        for event in dead:
            if kind == "export":
                await follow_export(unit, event, Exports())
    return made


async def found(uow: UnitOfWork, org_id: OrgId, **selection: object) -> list[EventId]:
    async with uow.begin(org_id) as unit:
        return [event.id for event in await unit.dead_letters.lock(DeadSelection(**selection))]  # type: ignore[arg-type]


async def test_what_is_selected_is_dead_and_fits(
    uow: UnitOfWork, an_org: OrgId, rival: OrgId, clock: FixedClock
) -> None:
    (theirs,) = await fail(uow, clock, rival, "a")
    start = clock.now()
    (first,) = await fail(uow, clock, an_org, "a")
    clock.advance(minutes=1)
    (second,) = await fail(uow, clock, an_org, "b", kind="export", code="status_500")
    async with uow.begin(an_org) as unit:
        alive = await unit.outbox.add(Message(kind="email", event_type="x", dedupe_key="alive"))
    assert await found(uow, an_org) == [first, second]
    assert await found(uow, an_org, event_ids=(second, alive, theirs, EventId(uuid4()))) == [second]
    assert await found(uow, an_org, kind="email") == [first]
    assert await found(uow, an_org, last_error="status_500") == [second]
    assert await found(uow, an_org, dead_from=start, dead_before=clock.now()) == [first]
    assert await found(uow, an_org, dead_from=clock.now()) == [second]
    assert await found(uow, an_org, limit=1) == [first]


async def test_the_queue_shows_each_failure_once_newest_first(
    uow: UnitOfWork, an_org: OrgId, rival: OrgId, clock: FixedClock
) -> None:
    await fail(uow, clock, rival, "a", "b")
    mails = await fail(uow, clock, an_org, "a", "b")
    exports = await fail(uow, clock, an_org, "c", kind="export")
    clock.advance(minutes=1)
    newest = await fail(uow, clock, an_org, "d")
    in_order = [*newest, *exports, *sorted(mails)]
    async with uow.begin(an_org) as unit:
        letters = unit.dead_letters
        whole = await letters.page(ALL, limit=50, offset=0)
        assert [item.event_id for item in whole.items] == in_order
        assert (whole.outbox_count, whole.export_count) == (3, 1)
        for number, event_id in enumerate(in_order):
            page = await letters.page(ALL, limit=1, offset=number)
            assert [item.event_id for item in page.items] == [event_id]
        beyond = await letters.page(ALL, limit=5, offset=4)
        assert (beyond.items, beyond.outbox_count, beyond.export_count) == ([], 3, 1)
        one_half = await letters.page(frozenset({"export"}), limit=5, offset=0)
    assert [item.event_id for item in one_half.items] == exports
    assert (one_half.outbox_count, one_half.export_count) == (3, 1)
    assert whole.items[0] == DeadLetter(
        half="outbox",
        event_id=newest[0],
        channel="email",
        event_type="lead.created",
        attempts=0,
        last_error="timeout",
        created_at=clock.now(),
        dead_at=clock.now(),
        expires_at=None,
        resource_type=None,
        resource_id=None,
        recipient="jane@example.com",
        target_host=None,
        has_payload=True,
        replay_count=0,
    )
    assert not whole.items[1].has_payload
    assert whole.items[1].created_at == clock.now() - timedelta(minutes=1)


async def test_a_dead_export_without_a_message_stands_in_the_queue_that_counts_it(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    lead_id = LeadId(uuid4())
    lone = ExportEvent(
        id=EventId(uuid4()),
        lead_id=lead_id,
        mode=ExportMode.WEBHOOK,
        event_type="lead.created",
        status=ExportStatus.DEAD,
        target_url_host="hooks.example.com",
        attempts=5,
        last_error_code="status_500",
        created_at=clock.now(),
    )
    async with uow.begin(an_org) as unit:
        await unit.exports.save(lone)
        page = await unit.dead_letters.page(ALL, limit=5, offset=0)
    assert page.export_count == 1
    assert page.items == [
        DeadLetter(
            half="export",
            event_id=lone.id,
            channel="export",
            event_type="lead.created",
            attempts=5,
            last_error="status_500",
            created_at=clock.now(),
            dead_at=clock.now(),
            expires_at=None,
            resource_type="lead",
            resource_id=lead_id,
            recipient=None,
            target_host="hooks.example.com",
            has_payload=False,
            replay_count=0,
        )
    ]


async def test_two_at_once_never_hold_the_same_message(
    postgres_uow: UnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    """On PostgreSQL; units of one organisation follow each other in memory."""
    dead = await fail(postgres_uow, clock, an_org, "a", "b", "c")
    async with postgres_uow.begin(an_org) as one, postgres_uow.begin(an_org) as other:
        mine = await one.dead_letters.lock(DeadSelection(limit=2))
        rest = await other.dead_letters.lock(DeadSelection())
    assert [[event.id for event in held] for held in (mine, rest)] == [dead[:2], dead[2:]]
