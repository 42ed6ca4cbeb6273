"""kill -9 between the object and the row, both ways, twenty times: no orphan after the janitor (bar 7)."""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from anyio import to_thread
from uuid_utils.compat import uuid7

from adapters.cryptography.file_links import HmacFileLinks
from adapters.local_disk.object_storage import LocalObjectStorage
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from adapters.system.identifiers import SystemIdentifiers
from application.storage.clear_stale_uploads import ClearStaleUploadsHandler
from application.storage.clear_tombstones import ClearTombstones, ClearTombstonesHandler, JanitorRules
from domain.booking.booking import Booking
from domain.identity.actor import Actor, ActorKind
from domain.shared.ids import OrgId, PhotoId
from domain.storage.object_keys import PhotoKeys
from domain.storage.tombstone import Persistence, tombstones_of
from tests.contracts.test_bookings import a_visit
from tests.support.clock import FixedClock
from tests.support.database import TestDatabase
from tests.support.scheduling import a_team

pytestmark = pytest.mark.slow
EACH_WAY = 10
BYTES = b"a private picture"


@pytest.fixture
def store(tmp_path: Path) -> LocalObjectStorage:
    (tmp_path / "source").write_bytes(BYTES)
    return LocalObjectStorage(tmp_path / "root", HmacFileLinks(b"k" * 32))


async def visits(uow: PostgresUnitOfWork, org_id: OrgId) -> list[Booking]:
    made = [
        a_visit(starts_at=FixedClock().now() + timedelta(days=number + 1)) for number in range(2 * EACH_WAY)
    ]
    async with uow.begin(org_id) as unit:
        await unit.teams.save(a_team(1, is_default=True))
        for visit in made:
            await unit.bookings.save(visit)
    return made


def keys_for(org_id: OrgId, visit: Booking) -> PhotoKeys:
    photo_id = PhotoId(UUID(int=uuid7().int))
    return PhotoKeys(org_id=org_id, booking_id=visit.id, photo_id=photo_id, extension=".webp")


async def bury(uow: PostgresUnitOfWork, store: LocalObjectStorage, keys: PhotoKeys, source: Path) -> None:
    """A photo that was just deleted, with a copy under every name that it ever had."""
    for key in keys.every:
        await store.put(key, source, content_type="image/webp")
    async with uow.begin(keys.org_id) as unit:
        await unit.tombstones.add(tombstones_of(keys, FixedClock().now(), SystemIdentifiers().new))


def kill(
    database: TestDatabase, store: LocalObjectStorage, org: OrgId, children: list[dict[str, Any]]
) -> None:
    order = {"database": database.app_url, "root": str(store.root), "org": str(org), "children": children}
    ended = subprocess.run(
        [sys.executable, "-m", "tests.support.dying", json.dumps(order)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert json.loads(ended.stdout or "null") == [-9] * len(children), ended.stderr


def files_in(store: LocalObjectStorage) -> list[Path]:
    return [path for path in store.root.rglob("*") if path.is_file()]


async def test_no_orphan_is_left(
    postgres: TestDatabase,
    postgres_uow: PostgresUnitOfWork,
    store: LocalObjectStorage,
    clock: FixedClock,
    an_org: OrgId,
    tmp_path: Path,
) -> None:
    uow, source = postgres_uow, tmp_path / "source"
    known = [keys_for(an_org, visit) for visit in await visits(uow, an_org)]
    uploads, buried = known[:EACH_WAY], known[EACH_WAY:]
    children: list[dict[str, Any]] = [
        {
            "work": "upload",
            "sync": 1 + number,
            "photo": str(keys.photo_id),
            "visit": str(keys.booking_id),
            "source": str(source),
        }
        for number, keys in enumerate(uploads)
    ]
    for keys in buried:
        await bury(uow, store, keys, source)
    # Each round finds the batch of the one before under a lease, and takes the next photo's.
    children += [{"work": "clear", "sync": 1 + number} for number in range(EACH_WAY)]
    await to_thread.run_sync(kill, postgres, store, an_org, children)
    assert files_in(store)
    clock.advance(minutes=61)
    actor = Actor(org_id=an_org, kind=ActorKind.JOB, name="job:storage-janitor")
    assert await ClearStaleUploadsHandler(uow, clock, SystemIdentifiers()).handle(actor) == EACH_WAY
    rules = JanitorRules(batch_size=50, persistence=Persistence(most_attempts=5, interval_seconds=30))
    report = await ClearTombstonesHandler(uow, clock, store, rules).handle(actor, ClearTombstones())
    assert report.failed == 0
    assert report.processed >= 14 * EACH_WAY - 10  # but for what a round came to settle
    assert files_in(store) == []
    async with uow.begin(an_org) as unit:
        assert await unit.tombstones.count(None) == 0
        assert await unit.photos.claim_stale(clock.now() + timedelta(days=1), 99) == []
