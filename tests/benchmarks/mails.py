"""How many mails one runner process sends: into a mail server that takes all at once, and into files.

`python -m tests.benchmarks.mails [mails]`.
"""

import asyncio
import json
import subprocess
import sys
import time
from datetime import UTC, datetime

from adapters.cryptography.sealing import AesGcmFieldCipher
from adapters.postgres.engine import DatabaseOptions, make_engine
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from adapters.system.clock import SystemClock
from adapters.system.identifiers import SystemIdentifiers
from application.delivery.samples import sample_values
from tests.benchmarks.backlog import a_works
from tests.support.live import free_port
from tests.support.orgs import found_org
from tests.support.runners import Works

MAILS, WARM, SECONDS = 20_000, 200, 8
TEMPLATE = "booking_confirmed"
PLACED = """
    insert into outbox_events (org_id, event_id, kind, event_type, dedupe_key, resource_type, resource_id,
                               payload, next_attempt_at, created_at)
    select '{org}', gen_random_uuid(), 'email', '{template}', 'mail:' || n, 'booking', gen_random_uuid(),
           '{values}'::jsonb || jsonb_build_object('to', 'jane' || n || '@example.com'),
           now() - interval '1 hour', now()
      from generate_series(1, {mails}) n;
    insert into email_events (org_id, event_id, email_type, booking_id, recipient, recipient_norm, created_at)
    select org_id, event_id, event_type, resource_id, payload ->> 'to', payload ->> 'to', created_at
      from outbox_events;
    vacuum analyze
"""
SENT = "select count(*) from outbox_events where status = 'sent'"


def main(mails: int = MAILS) -> None:
    print(f"\nmails/s of one runner out of {mails}:")
    port = free_port()
    smtp = {
        "EMAIL_MODE": "smtp",
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(port),
        "SMTP_USE_TLS": "false",
    }
    server = subprocess.Popen([sys.executable, "-m", "tests.benchmarks.null_smtp", str(port)])
    try:
        print(f"{'by SMTP':>12}: {_rate(mails, smtp):.0f}")
    finally:
        server.terminate()
        server.wait()
    print(f"{'into files':>12}: {_rate(mails, {'EMAIL_MODE': 'file'}):.0f}")


def _rate(mails: int, settings: dict[str, str]) -> float:
    with a_works("http://127.0.0.1:9/", EMAIL_FROM="office@example.com", **settings) as works:
        org = asyncio.run(_an_org(works))
        values = json.dumps(dict(sample_values(TEMPLATE)))
        for statement in PLACED.format(org=org, template=TEMPLATE, values=values, mails=mails).split(";"):
            works.ask(statement)
        runner = works.start()
        _wait_for(works, WARM)
        before, began = _sent(works), time.perf_counter()
        time.sleep(SECONDS)
        rate = (_sent(works) - before) / (time.perf_counter() - began)
        runner.stop(60)
    return rate


def _sent(works: Works) -> int:
    return int(works.ask(SENT)[0])


def _wait_for(works: Works, count: int) -> None:
    until = time.monotonic() + 60
    while _sent(works) < count:
        if time.monotonic() > until:
            raise SystemExit(f"Only {_sent(works)} mails left.\n{works.logs}")
        time.sleep(0.2)


async def _an_org(works: Works) -> str:
    engine = make_engine(DatabaseOptions(works.database.app_url))
    uow = PostgresUnitOfWork(engine, SystemClock(), SystemIdentifiers(), AesGcmFieldCipher([b"f" * 32]))
    org_id = await found_org(uow, datetime.now(UTC))
    await engine.dispose()
    return str(org_id)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
