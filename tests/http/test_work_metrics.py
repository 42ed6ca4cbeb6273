"""What is counted of the work (delivery page, §7): attempts, waits, replays and bookings, once committed."""

from pathlib import Path
from typing import Any

import pytest
from dishka import Provider, Scope

from application.delivery.rules import Channels
from application.ports.measures import Figure
from application.ports.unit_of_work import UnitOfWork
from domain.delivery.attempt import AttemptOutcome
from entrypoints.http.measuring import Measures
from tests.cli.test_settings import SOUND
from tests.contracts.test_dead_letters import fail
from tests.http.identity_app import Company, a_company, cheap_passwords
from tests.http.test_metrics import figures
from tests.support.clock import FixedClock
from tests.support.database import TestDatabase
from tests.support.delivery import World, enqueue, refuse
from tests.support.http import App, open_app, settings_for

TOMORROW = "2026-03-03T10:00:00Z"


@pytest.fixture
def world() -> World:
    return World(deeds={"hopeless": refuse("payload_invalid"), "later": refuse("timeout")})


@pytest.fixture
async def app(postgres: TestDatabase, tmp_path: Path, clock: FixedClock, world: World) -> Any:
    settings = settings_for(tmp_path, postgres, METRICS_TOKEN=SOUND["METRICS_TOKEN"])
    channels = Provider(scope=Scope.APP)
    channels.provide(lambda: Channels({"email": world, "webhook": world}), provides=Channels)
    async with open_app(settings, clock, cheap_passwords(), channels) as opened:
        yield opened


@pytest.fixture
async def company(app: App) -> Company:
    return await a_company(app)


async def test_all_figures_are_there_before_anything_was_done(app: App) -> None:
    found = await figures(app)
    for kind in ("email", "export", "webhook"):
        for outcome in AttemptOutcome:
            assert found["outbox_attempts_total"][kind, outcome.value] == 0
        assert found["outbox_delivery_seconds_count"][kind,] == 0
    for half in ("outbox", "export"):
        assert found["dlq_replay_total"][half, "replayed"] == found["dlq_replay_total"][half, "refused"] == 0
    assert {("create",), ("confirm",), ("cancel",), ("expire",)} <= found["bookings_total"].keys()
    assert found["process_open_fds"][()] > 0
    assert found["database_pool_in_use"][()] >= 0
    assert len(found["sweepline_build_info"]) == 1


async def test_attempts_and_replays_are_counted_as_they_end(
    app: App, company: Company, clock: FixedClock
) -> None:
    uow: UnitOfWork = await app.container.get(UnitOfWork)
    org_id, headers = company.created.org_id, await company.bearer()
    await enqueue(uow, org_id, "fine", "hopeless", "later", kind="webhook")
    await fail(uow, clock, org_id, "gone", code="erased")
    (dead,) = await fail(uow, clock, org_id, "again")
    body = {"event_ids": [str(dead)]}
    await app.client.post("/v1/admin/outbox/dead-letter", json={"last_error": "erased"}, headers=headers)
    await app.client.post("/v1/admin/outbox/dead-letter", json={**body, "dry_run": True}, headers=headers)
    await app.client.post("/v1/admin/outbox/dead-letter", json=body, headers=headers)
    found = await figures(app)
    attempts = found["outbox_attempts_total"]
    assert (attempts["webhook", "delivered"], attempts["webhook", "failed"]) == (1, 2)
    assert attempts["email", "delivered"] >= 1
    assert found["outbox_delivery_seconds_count"]["webhook",] == 1
    replays = found["dlq_replay_total"]
    assert (replays["outbox", "replayed"], replays["outbox", "refused"]) == (1, 1)


async def test_what_is_done_to_bookings_is_counted(app: App, company: Company) -> None:
    headers = await company.bearer()
    body = {"starts_at": TOMORROW, "duration_minutes": 120}
    made = await app.client.post("/v1/admin/bookings", json=body, headers=headers)
    assert made.status_code == 201, made.text
    refused = await app.client.post("/v1/admin/bookings", json=body, headers=headers)
    assert refused.status_code == 409
    path = f"/v1/admin/bookings/{made.json()['booking_id']}"
    for _ in range(2):
        await app.client.post(f"{path}/cancel", json={"reason_code": "weather"}, headers=headers)
    found = (await figures(app))["bookings_total"]
    assert (found["create",], found["cancel",], found["confirm",]) == (1, 1, 0)


def test_a_wait_is_counted_in_seconds() -> None:
    from application.ports.measures import Counted

    measures = Measures()
    measures.note([Counted(Figure.OUTBOX_DELIVERY_SECONDS, ("email",), 42)])
    text = measures.exposition().decode()
    assert 'outbox_delivery_seconds_sum{kind="email"} 42.0' in text
    assert 'outbox_delivery_seconds_bucket{kind="email",le="30.0"} 0.0' in text
    assert 'outbox_delivery_seconds_bucket{kind="email",le="60.0"} 1.0' in text
