"""The migration that gives exports a table of their own, on a database that has some already."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.postgres.migrate import migrate
from tests.support.database import TestDatabase

VERSIONS = Path(__file__).parents[3] / "migrations/versions"
AFTER = next(VERSIONS.glob("*_export_events.py")).name[:4]
BEFORE = f"{int(AFTER) - 1:04d}"
ORG, LEAD = "00000000-0000-7000-8000-00000000000a", "00000000-0000-7000-8000-00000000000b"
NOW = "2026-03-02T09:00:00Z"
MESSAGES = {  # by the last digits of their ids: kind, status, how often replayed
    1: ("export", "dead", 0),
    2: ("export", "sent", 1),
    3: ("export", "retry", 2),
    4: ("export", "sent", 0),
    5: ("export", "pending", 0),
    6: ("email", "dead", 0),
}


@pytest.fixture
def scratch(postgres: TestDatabase) -> Iterator[TestDatabase]:
    with postgres.clone("carried_over") as database:
        yield database


def message(number: int, kind: str, status: str, replayed: int) -> str:
    row = {
        "org_id": ORG,
        "event_id": f"00000000-0000-7000-8000-{number:012d}",
        "kind": kind,
        "event_type": "lead.created",
        "dedupe_key": f"k{number}",
        "resource_type": "lead",
        "resource_id": LEAD,
        "payload": "{}",
        "status": status,
        "outcome": "delivered" if status == "sent" else None,
        "next_attempt_at": NOW if status in {"pending", "retry"} else None,
        "dead_at": NOW if status == "dead" else None,
        "sent_at": NOW if status == "sent" else None,
        "created_at": NOW,
        "replay_count": str(replayed),
    }
    values = ", ".join("null" if value is None else f"'{value}'" for value in row.values())
    return f"insert into outbox_events ({', '.join(row)}) values ({values})"


async def test_exports_that_are_or_were_dead_have_a_row_afterwards(scratch: TestDatabase) -> None:
    await migrate(scratch.owner_url, to=BEFORE)
    scratch.execute(
        f"insert into orgs (id, slug, status, created_at) values ('{ORG}', 'acme', 'active', '{NOW}')"
    )
    for number, (kind, status, replayed) in MESSAGES.items():
        scratch.execute(message(number, kind, status, replayed))
    await migrate(scratch.owner_url, to=AFTER)
    rows = scratch.execute(
        "select right(event_id::text, 1), event_id = outbox_event_id, lead_id, mode, status, replay_count"
        " from export_events order by 1"
    )
    assert rows.splitlines() == [
        f"1|t|{LEAD}|webhook|dead|0",
        f"2|t|{LEAD}|webhook|delivered|1",
        f"3|t|{LEAD}|webhook|replaying|2",
    ]
    forced = "select relname from pg_class where relforcerowsecurity and relname like '%\\_events'"
    assert {"export_events", "outbox_events"} <= set(scratch.execute(forced).splitlines())
    await migrate(scratch.owner_url, to=BEFORE)
    await migrate(scratch.owner_url)
    assert scratch.execute("select count(*) from export_events") == "3"
