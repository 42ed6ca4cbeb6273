"""What the audit log costs: writes a second of one organisation without its row, with it, and sealed."""

import asyncio
import tempfile
import time
from pathlib import Path
from uuid import uuid4

from adapters.cryptography.sealing import AesGcmFieldCipher
from adapters.postgres.embedded import EmbeddedPostgres
from adapters.postgres.engine import DatabaseOptions, make_engine
from adapters.postgres.migrate import migrate
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from adapters.rfc8785.canonical_json import Rfc8785CanonicalJson
from adapters.system.clock import SystemClock
from adapters.system.identifiers import SystemIdentifiers
from application.safety.seal_audit import SealAuditHandler
from domain.identity.actor import Actor, ActorKind, Role
from domain.shared.ids import OrgId, UserId
from tests.support.orgs import found_org

WRITERS = 8
SECONDS = 3.0
WAYS = ("without audit rows", "with audit rows", "with, and sealed each second")


def main() -> None:
    server = EmbeddedPostgres(Path(tempfile.mkdtemp(prefix="bench-audit-")))
    server.start()
    try:
        asyncio.run(migrate(server.owner_url))
        asyncio.run(_measure(server.app_url))
    finally:
        server.release()


async def _measure(url: str) -> None:
    engine = make_engine(DatabaseOptions(url))
    clock, ids = SystemClock(), SystemIdentifiers()
    uow = PostgresUnitOfWork(engine, clock, ids, AesGcmFieldCipher([b"f" * 32]))
    print(f"\nwrites/s of one organisation, {WRITERS} at a time")
    for way in (WAYS[0], *WAYS):  # the first time warms up
        org_id = await found_org(uow, clock.now())
        rate, sealed = await _run(uow, org_id, audited=way != WAYS[0], sealing=way == WAYS[2])
        print(f"{way:<30}{rate:>8.0f}" + (f"   {sealed} sealed" if sealed else ""), flush=True)
    await engine.dispose()


async def _run(uow: PostgresUnitOfWork, org_id: OrgId, *, audited: bool, sealing: bool) -> tuple[float, int]:
    until = time.monotonic() + SECONDS
    sealer = asyncio.create_task(_seal(uow, org_id, until)) if sealing else None
    written = sum(await asyncio.gather(*(_write(uow, org_id, until, audited) for _ in range(WRITERS))))
    return written / SECONDS, await sealer if sealer else 0


async def _write(uow: PostgresUnitOfWork, org_id: OrgId, until: float, audited: bool) -> int:  # one caller
    actor = Actor(
        org_id=org_id, kind=ActorKind.BEARER, role=Role.OWNER, user_id=UserId(uuid4()), name="o@a.example"
    )
    written = 0
    while time.monotonic() < until:
        thing = uuid4()
        async with uow.begin(org_id) as unit:
            await unit.usage.record("booking_created", 1, thing)
            if audited:
                after = {"status": "PENDING", "version": 1, "team_id": str(thing)}
                await unit.audit.record(actor, "booking_create", "booking", thing, after=after)
        written += 1
    return written


async def _seal(uow: PostgresUnitOfWork, org_id: OrgId, until: float) -> int:
    handler = SealAuditHandler(uow, Rfc8785CanonicalJson())
    sealed = 0
    while time.monotonic() < until:
        await asyncio.sleep(1)
        sealed += await handler.handle(org_id)
    return sealed


if __name__ == "__main__":
    main()
