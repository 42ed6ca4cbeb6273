"""kill -9 right after a 202: what was accepted is delivered by whoever comes next."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from adapters.postgres.embedded import EmbeddedPostgres
from tests.support.demo import SLUG, demo_caller
from tests.support.live import UNLIMITED, serving

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(300)]
MAIL = "from outbox_events where event_type = 'request_received' and dedupe_key like 'lead:{lead_id}:%'"
DIE = "update outbox_events set status = 'dead', next_attempt_at = null, dead_at = now(), last_error = 'lost'"


@contextmanager
def database_of(home: Path) -> Iterator[EmbeddedPostgres]:
    postgres = EmbeddedPostgres(home / "sweepline")
    postgres.start()
    try:
        yield postgres
    finally:
        postgres.release()


def test_what_got_a_202_is_delivered_though_the_server_was_killed_at_once(tmp_path: Path) -> None:
    lead = {
        "name": "Jane",
        "phone": "+1 555 0134567",
        "email": "jane@example.com",
        "home": {"beds": 1, "baths": 1},
    }
    with (
        serving(tmp_path, "--demo", "--no-jobs", environment=UNLIMITED) as server,
        database_of(tmp_path) as db,
    ):
        status, _, made = server.ask("POST", f"/v1/public/{SLUG}/leads", lead)
        assert status == 201, made
        mail = MAIL.format(lead_id=made["lead_id"])
        event_id = db.execute(f"select event_id {mail}", database="sweepline").strip()  # ours
        db.execute(f"{DIE} where event_id = '{event_id}'", database="sweepline")
        admin = demo_caller(server, "owner")
        headers = {**admin.headers, "Idempotency-Key": "after-the-202"}
        status, _, answer = server.ask("POST", f"/v1/admin/outbox/{event_id}/replay", None, headers)
        server.process.send_signal(signal.SIGKILL)
        assert (status, answer["status"]) == (202, "pending")
        server.process.wait()
    with serving(tmp_path, environment=UNLIMITED), database_of(tmp_path) as db:
        until = time.monotonic() + 60
        state = ""
        while state != "sent|delivered" and time.monotonic() < until:
            time.sleep(0.5)
            asked = f"select status, outcome from outbox_events where event_id = '{event_id}'"  # noqa: S608  # ours
            state = db.execute(asked, database="sweepline").strip()
        assert state == "sent|delivered"
    assert (tmp_path / "sweepline" / "mail" / f"{event_id}.eml").exists()
