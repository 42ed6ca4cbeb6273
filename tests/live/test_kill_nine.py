"""kill -9 amid 200 bookings: what was answered is there, and nothing is there by half."""

import itertools
import os
import signal
import threading
from datetime import UTC, datetime, timedelta
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest

from adapters.postgres.embedded import EmbeddedPostgres
from tests.support.demo import SLUG
from tests.support.live import UNLIMITED, LiveServer, serving

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(300)]
BOOKINGS, KILL_AFTER, CALLERS = 200, 60, 8
BUFFER_MINUTES = 60  # at least the demo's
HALVES = """
    select b.booking_id from bookings b
     where b.lead_id in (select lead_id from leads where notes = 'kill -9')
       and ((select count(*) from outbox_events e where e.resource_id = b.booking_id
              and e.event_type in ('booking_pending', 'booking_confirmed')) <> 1
         or (select count(*) from admin_audit_logs a where a.resource_id = b.booking_id
              and a.action = 'booking_create') <> 1
         or (select count(*) from usage_events u where u.resource_id = b.booking_id
              and u.metric = 'booking_created') <> 1)
    union all
    select e.resource_id from outbox_events e
     where e.resource_type = 'booking'
       and not exists (select from bookings b where b.booking_id = e.resource_id)
"""
OURS = "select booking_id from bookings where lead_id in (select lead_id from leads where notes = 'kill -9')"


def make_lead(server: LiveServer, number: int) -> dict[str, Any]:
    body = {
        "name": f"Client {number}",
        "phone": f"+1 555 {number:07}",
        "email": f"client-{number}@example.com",
        "notes": "kill -9",
        "home": {"beds": 1, "baths": 1},
    }
    status, _, lead = server.ask("POST", f"/v1/public/{SLUG}/leads", body)
    assert status == 201, lead
    return {"lead_id": lead["lead_id"], "lead_token": lead["lead_token"], "estimate": lead["estimate"]}


def free_starts(server: LiveServer, minutes: int) -> list[str]:
    """For two months, and so far apart that none is in the way of another."""
    today, starts = datetime.now(UTC).date(), list[str]()
    for days in (1, 30):
        first, last = today + timedelta(days=days), today + timedelta(days=days + 28)
        query = f"duration_minutes={minutes}&from={first}&to={last}"
        status, _, answer = server.get(f"/v1/public/{SLUG}/slots?{query}")
        assert status == 200, answer
        for slot in (slot for day in answer["days"] for slot in day["slots"]):
            if not starts or _after(slot["starts_at"], starts[-1], minutes + BUFFER_MINUTES):
                starts.append(slot["starts_at"])
    return starts


def _after(later: str, earlier: str, minutes: int) -> bool:
    return datetime.fromisoformat(later) - datetime.fromisoformat(earlier) >= timedelta(minutes=minutes)


class Crowd:
    """Callers who book one after another until the server is gone."""

    def __init__(self, server: LiveServer, leads: list[dict[str, Any]], starts: list[str]) -> None:
        self.server = server
        self.wanted = iter([(lead, starts[n % len(starts)]) for n, lead in enumerate(leads)])
        self.lock = threading.Lock()
        self.booked: set[str] = set()
        self.answers: list[int] = []
        self.enough = threading.Event()

    def book(self) -> None:
        while (wanted := self._next()) is not None:
            lead, starts_at = wanted
            body = {
                "lead_id": lead["lead_id"],
                "lead_token": lead["lead_token"],
                "starts_at": starts_at,
            }
            try:
                status, _, booking = self.server.ask("POST", f"/v1/public/{SLUG}/bookings", body)
            except (OSError, HTTPException):
                return
            with self.lock:
                self.answers.append(status)
                if status == 201:
                    self.booked.add(booking["booking_id"])
                if len(self.booked) >= KILL_AFTER:
                    self.enough.set()

    def _next(self) -> tuple[dict[str, Any], str] | None:
        with self.lock:
            return next(self.wanted, None)


def run_side_by_side(*works: Any) -> list[threading.Thread]:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    return threads


def make_leads(server: LiveServer) -> list[dict[str, Any]]:
    leads: list[dict[str, Any]] = []
    numbers = itertools.batched(range(BOOKINGS), BOOKINGS // CALLERS)
    works = [lambda some=some: leads.extend(make_lead(server, n) for n in some) for some in numbers]
    for thread in run_side_by_side(*works):
        thread.join()
    assert len(leads) == BOOKINGS
    return leads


def database_process(home: Path) -> int:
    postgres = EmbeddedPostgres(home / "sweepline")
    assert postgres.attach()
    try:
        return int((postgres.data / "postmaster.pid").read_text().splitlines()[0])
    finally:
        postgres.release()


def kill_amid_bookings(server: LiveServer) -> Crowd:
    leads = make_leads(server)
    starts = free_starts(server, leads[0]["estimate"]["duration_minutes"])
    assert len(starts) > KILL_AFTER
    database = database_process(server.home)
    crowd = Crowd(server, leads, starts)
    callers = run_side_by_side(*[crowd.book] * CALLERS)
    assert crowd.enough.wait(120), crowd.answers
    server.process.kill()
    server.process.wait()
    os.kill(database, signal.SIGKILL)
    for caller in callers:
        caller.join()
    assert len(crowd.answers) < BOOKINGS, "all were answered before the kill: the test proves nothing"
    return crowd


def test_what_was_answered_is_there_and_nothing_is_there_by_half(tmp_path: Path) -> None:
    home = tmp_path
    with serving(home, "--demo", environment=UNLIMITED) as server:
        crowd = kill_amid_bookings(server)
    with serving(home, environment=UNLIMITED):
        postgres = EmbeddedPostgres(home / "sweepline")
        postgres.start()
        try:
            there = set(postgres.execute(OURS, database="sweepline").split())
            assert crowd.booked <= there
            assert postgres.execute(HALVES, database="sweepline").split() == []
            assert len(there - crowd.booked) <= CALLERS  # committed, but the answer was cut off
        finally:
            postgres.release()
    assert set(crowd.answers) <= {201, 409}
