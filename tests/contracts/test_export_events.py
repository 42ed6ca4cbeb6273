"""What is kept of exports, on both databases."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from application.ports.export_events import ExportFilter, ExportPosition, ExportView
from application.ports.unit_of_work import UnitOfWork
from domain.delivery.export_event import ExportEvent, ExportMode, ExportStatus
from domain.shared.errors import NotFound
from domain.shared.ids import EventId, LeadId, OrgId
from tests.contracts.test_dead_letters import fail
from tests.support.clock import FixedClock
from tests.support.identity import IDS

TABLE: dict[str, object] = {"columns": ["a", "b"], "rows": [["1", 2]]}


def stored(clock: FixedClock, key: str = "k", mode: ExportMode = ExportMode.SHEETS) -> ExportEvent:
    return ExportEvent(
        id=EventId(IDS.new()),
        dedupe_key=key,
        lead_id=LeadId(uuid4()),
        mode=mode,
        event_type="lead.created",
        status=ExportStatus.STORED,
        payload=TABLE,
        row_count=1,
        created_at=clock.now(),
    )


async def test_what_waits_to_be_fetched_is_stored_once_for_its_key(
    uow: UnitOfWork, an_org: OrgId, rival: OrgId, clock: FixedClock
) -> None:
    first, again = stored(clock), stored(clock)
    async with uow.begin(an_org) as unit:
        assert await unit.exports.store(first) == first.id
        assert await unit.exports.store(again) == first.id
    async with uow.begin(an_org) as unit:
        assert await unit.exports.find(first.id) == first
        assert await unit.exports.content(first.id) == TABLE
        assert await unit.exports.find(again.id) is None
    async with uow.begin(rival) as unit:
        assert await unit.exports.store(again) == again.id
        assert await unit.exports.find(first.id) is None
        for look in (unit.exports.view, unit.exports.content):
            with pytest.raises(NotFound):
                await look(first.id)
        assert await unit.exports.count(ExportFilter()) == 1


async def test_one_with_a_message_says_what_the_message_says(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    (event_id,) = await fail(uow, clock, an_org, "k", kind="export", payload={"data": {"name": "Jane"}})
    async with uow.begin(an_org) as unit:
        view = await unit.exports.view(event_id)
        assert await unit.exports.content(event_id) == {"data": {"name": "Jane"}}
        kept = await unit.exports.find(event_id)
    assert kept is not None
    assert kept.payload is None
    assert view == ExportView(
        event_id=event_id,
        outbox_event_id=event_id,
        lead_id=None,
        mode=ExportMode.WEBHOOK,
        event_type="lead.created",
        status=ExportStatus.DEAD,
        target_url_host=None,
        row_count=None,
        attempts=0,
        last_error_code="timeout",
        created_at=clock.now(),
        dead_at=clock.now(),
        replay_count=0,
        last_replayed_at=None,
        last_replayed_by=None,
        expires_at=None,
        has_payload=True,
    )
    (empty,) = await fail(uow, clock, an_org, "empty", kind="export")
    async with uow.begin(an_org) as unit:
        assert not (await unit.exports.view(empty)).has_payload
        assert await unit.exports.content(empty) is None
        await unit.exports.save(replace(kept, status=ExportStatus.DELIVERED, replay_count=1))
    async with uow.begin(an_org) as unit:
        assert (await unit.exports.view(event_id)).status is ExportStatus.DELIVERED


async def test_they_are_listed_newest_first_page_by_page(
    uow: UnitOfWork, an_org: OrgId, rival: OrgId, clock: FixedClock
) -> None:
    dead = await fail(uow, clock, an_org, "a", "b", kind="export")
    await fail(uow, clock, rival, "a", kind="export")
    clock.advance(minutes=1)
    sheet, accounts = stored(clock, "s"), stored(clock, "f", ExportMode.ACCOUNTING_CSV)
    async with uow.begin(an_org) as unit:
        for export in (sheet, accounts):
            await unit.exports.store(export)
    in_order = [*sorted((sheet.id, accounts.id), reverse=True), *sorted(dead, reverse=True)]
    async with uow.begin(an_org) as unit:
        seen: list[EventId] = []
        after = None
        while page := await unit.exports.list_page(ExportFilter(), after, 3):
            seen += [view.event_id for view in page]
            after = ExportPosition(page[-1].created_at, page[-1].event_id)
        assert seen == in_order
        webhook = ExportFilter(mode=ExportMode.WEBHOOK, status=ExportStatus.DEAD)
        found = await unit.exports.list_range(webhook, limit=1, offset=1)
        assert [view.event_id for view in found] == in_order[3:]
        assert await unit.exports.count(webhook) == 2
        assert await unit.exports.count(ExportFilter(mode=ExportMode.ACCOUNTING_CSV)) == 1
        assert await unit.exports.count(ExportFilter(status=ExportStatus.DELIVERED)) == 0
        assert (await unit.exports.view(sheet.id)).created_at == clock.now() + timedelta()
