"""Servers that die between an object and its row: each child is killed by itself, in the middle of its work.

Run as a program of its own, for it forks: `python -m tests.support.dying <order>`, the order being JSON.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

from adapters.cryptography.file_links import HmacFileLinks
from adapters.cryptography.sealing import AesGcmFieldCipher
from adapters.local_disk.object_storage import LocalObjectStorage
from adapters.postgres.engine import DatabaseOptions, make_engine
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from adapters.system.identifiers import SystemIdentifiers
from application.storage.clear_tombstones import ClearTombstones, ClearTombstonesHandler, JanitorRules
from domain.identity.actor import Actor, ActorKind
from domain.photos.photo import Reservation
from domain.shared.ids import BookingId, OrgId, PhotoId
from domain.storage.object_keys import PhotoKeys
from domain.storage.tombstone import Persistence
from tests.support.clock import FixedClock
from tests.support.photos import OFFICE

type Work = Callable[[PostgresUnitOfWork, LocalObjectStorage, OrgId, dict[str, Any]], Awaitable[None]]


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_at(sync: int) -> None:
    """When something is to reach the disk for that time."""
    count = 0
    fsync = os.fsync

    def counting(descriptor: int) -> None:
        nonlocal count
        count += 1
        if count >= sync:
            die()
        fsync(descriptor)

    os.fsync = counting  # type: ignore[assignment]  # one that takes less


async def upload(
    uow: PostgresUnitOfWork, store: LocalObjectStorage, org: OrgId, told: dict[str, Any]
) -> None:
    """Reservation, original, thumbnail: and no row."""
    photo, visit = PhotoId(UUID(told["photo"])), BookingId(UUID(told["visit"]))
    begun = Reservation(
        id=photo, booking_id=visit, uploader=OFFICE, reserved_bytes=1000, begun_at=FixedClock().now()
    )
    async with uow.begin(org) as unit:
        await unit.photos.reserve(begun)
    keys = PhotoKeys(org_id=org, booking_id=visit, photo_id=photo, extension=".webp")
    die_at(told["sync"])
    await store.put(keys.original, Path(told["source"]), content_type="image/webp")
    await store.put(keys.thumbnail, Path(told["source"]), content_type="image/webp")


async def clear(uow: PostgresUnitOfWork, store: LocalObjectStorage, org: OrgId, told: dict[str, Any]) -> None:
    """A round of the janitor's, which never comes to settle what it deleted."""
    die_at(told["sync"])
    rules = JanitorRules(batch_size=10, persistence=Persistence(most_attempts=5, interval_seconds=30))
    janitor = ClearTombstonesHandler(uow, FixedClock(), store, rules)
    actor = Actor(org_id=org, kind=ActorKind.JOB, name="job:storage-janitor")
    await janitor.handle(actor, ClearTombstones())


WORKS: dict[str, Work] = {"upload": upload, "clear": clear}


async def begin(order: dict[str, Any], told: dict[str, Any]) -> None:
    engine = make_engine(DatabaseOptions(order["database"]))
    uow = PostgresUnitOfWork(engine, FixedClock(), SystemIdentifiers(), AesGcmFieldCipher([b"f" * 32]))
    store = LocalObjectStorage(Path(order["root"]), HmacFileLinks(b"k" * 32))
    await WORKS[told["work"]](uow, store, OrgId(UUID(order["org"])), told)
    die()


def main() -> None:
    """Prints how each child ended: -9 for all."""
    order = json.loads(sys.argv[1])
    ends = []
    for told in order["children"]:
        child = os.fork()
        if child == 0:
            asyncio.run(begin(order, told))
            os._exit(1)
        ends.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    sys.stdout.write(json.dumps(ends))


if __name__ == "__main__":
    main()
