"""Figures for Prometheus: whose they are, what they are called, and that they hold nothing of a company."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from adapters.postgres.delivery_queues import PostgresDeliveryQueues
from adapters.postgres.engine import DatabaseOptions, make_engine
from adapters.postgres.unit_of_work import PostgresUnitOfWork
from application.delivery.job_table import JOBS
from application.ports.delivery_queues import Queue
from domain.shared.circuit import Circuit
from entrypoints.http import installation_metrics
from entrypoints.http.installation_metrics import InstallationMetrics
from entrypoints.http.measuring import Measures
from tests.cli.test_settings import SOUND
from tests.http.identity_app import Company, a_company, bearer, cheap_passwords
from tests.support.clock import FixedClock
from tests.support.database import TestDatabase
from tests.support.http import App, open_app, settings_for

TOKEN = {"authorization": f"Bearer {SOUND['METRICS_TOKEN']}"}
THE_PAGE = """
http_request_latency_seconds histogram method path status_class
http_5xx counter method path
http_requests_in_flight gauge
rate_limited counter scope
database_up gauge
database_pool_in_use gauge
database_pool_size gauge
process_resident_memory_bytes gauge
sweepline_build_info gauge version
job_last_heartbeat_timestamp gauge job
job_last_success_timestamp gauge job
job_errors counter job reason
job_runner_up gauge job
job_consecutive_failures gauge job
job_last_duration_seconds gauge job
outbox_queue_messages gauge kind status
outbox_oldest_due_seconds gauge kind
outbox_in_flight gauge kind
outbox_attempts counter kind outcome
outbox_delivery_seconds histogram kind
dlq_messages gauge kind
dlq_replay counter kind status
email_notifications counter template status
email_adapter_outcomes counter status
email_bounces counter kind
circuit_state gauge circuit
circuit_opened counter circuit
storage_delete_queue_messages gauge status
bookings counter action
"""
"""Delivery page, §7: name (of a counter without `_total`), type, labels."""
NAMES = {line.split()[0]: line.split()[1:] for line in THE_PAGE.strip().splitlines()}
BUCKETS = ".005 .01 .025 .05 .075 .1 .25 .5 .75 1 2.5 5 7.5 10"


@pytest.fixture
async def app(postgres: TestDatabase, tmp_path: Path, clock: FixedClock) -> AsyncIterator[App]:
    settings = settings_for(tmp_path, postgres, METRICS_TOKEN=SOUND["METRICS_TOKEN"])
    async with open_app(settings, clock, cheap_passwords()) as opened:
        yield opened


@pytest.fixture
async def company(app: App) -> Company:
    return await a_company(app)


async def figures(app: App) -> dict[str, dict[tuple[str, ...], float]]:
    """By sample's name and the values of its labels."""
    answer = await app.client.get("/v1/metrics", headers=TOKEN)
    assert answer.status_code == 200
    assert (
        answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    )  # each once: Prometheus asks
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
    return found


async def test_every_name_is_there_under_its_type(app: App) -> None:
    answer = await app.client.get("/metrics", headers=TOKEN)
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    assert {name: families[name].type for name in NAMES} == {name: kind for name, (kind, *_) in NAMES.items()}
    for name, (_, *labels) in NAMES.items():
        for sample in families[name].samples:
            assert sample.labels.keys() - {"le"} == set(labels), sample


async def test_what_promtool_wants_of_the_text(app: App) -> None:
    """Each name is told of once, its help and type before its samples; no sample is there twice."""
    text = (await app.client.get("/metrics", headers=TOKEN)).text
    assert text.endswith("\n")
    lines = text.splitlines()
    told = [line.split()[2] for line in lines if line.startswith("# TYPE ")]
    assert told == [line.split()[2] for line in lines if line.startswith("# HELP ")]
    samples = [line.rsplit(" ", 1)[0] for line in lines if not line.startswith("#")]
    assert len(set(told)) == len(told)
    assert len(set(samples)) == len(samples)
    current = ""
    for line in lines:
        current = line.split()[2] if line.startswith("# TYPE ") else current
        assert line.startswith(("# ", current)), line


async def test_latencies_fall_into_the_page_s_buckets(app: App) -> None:
    await app.client.get("/healthz")
    text = (await app.client.get("/metrics", headers=TOKEN)).text
    edges = re.findall(r'http_request_latency_seconds_bucket\{le="([0-9.]+)",.*path="/healthz"', text)
    assert [float(edge) for edge in edges] == [float(edge) for edge in BUCKETS.split()]


@pytest.mark.parametrize("scheme", ["bearer", "BEARER"])
async def test_the_scheme_s_case_is_nobody_s_business(app: App, scheme: str) -> None:
    """RFC 9110, 11.1."""
    token = {"authorization": f"{scheme} {SOUND['METRICS_TOKEN']}"}
    assert (await app.client.get("/metrics", headers=token)).status_code == 200


async def test_requests_are_counted_by_template_and_class(app: App, company: Company) -> None:
    headers = bearer((await company.log_in()).json())
    await app.client.get("/v1/admin/bookings/00000000-0000-7000-8000-000000000001", headers=headers)
    await app.client.get("/nothing/here/of?name=Jane")
    found = await figures(app)
    latency = found["http_request_latency_seconds_count"]
    assert latency["GET", "/v1/admin/bookings/{booking_id}", "4xx"] == 1
    assert latency["GET", "unmatched", "4xx"] == 1
    assert latency["POST", "/v1/auth/login", "2xx"] == 1
    assert found["http_requests_in_flight"][()] == 1  # this one
    assert found["database_pool_size"][()] == app.settings.database.pool_size


async def test_the_pool_is_told_of_without_being_asked(postgres: TestDatabase) -> None:
    """Of several processes one is asked, and it can only repeat what the others wrote down."""
    measures, engine = Measures(), make_engine(DatabaseOptions(postgres.app_url, pool_size=3))
    measures.watch(engine)

    def told() -> tuple[float | None, float | None]:
        read = measures.registry.get_sample_value
        return read("database_pool_in_use"), read("database_pool_size")

    assert told() == (0, 3)
    async with engine.connect():
        async with engine.connect():
            assert told() == (2, 3)
        assert told() == (1, 3)
    assert told() == (0, 3)
    await engine.dispose()


async def test_a_refusal_by_a_limit_is_counted_by_its_scope(
    postgres: TestDatabase, tmp_path: Path, clock: FixedClock
) -> None:
    settings = settings_for(
        tmp_path, postgres, METRICS_TOKEN=SOUND["METRICS_TOKEN"], RATE_LIMIT_PER_MINUTE="1"
    )
    async with open_app(settings, clock) as app:
        for _ in range(3):
            await app.client.get("/problems")
        assert (await figures(app))["rate_limited_total"] == {("address",): 2}


async def test_jobs_and_queues_are_told_before_anything_ran(app: App) -> None:
    found = await figures(app)
    assert found["database_up"][()] == 1
    assert found["job_runner_up"].keys() == {("jobs-runner",)}
    for job in (*JOBS, "jobs-runner"):
        assert (job,) in found["job_consecutive_failures"]
        assert (job, "timeout") in found["job_errors_total"]
    assert {("email", "pending"), ("export", "dead")} <= found["outbox_queue_messages"].keys()
    assert {("stripe",), ("email",), ("s3",)} == found["circuit_state"].keys()
    assert {("outbox",), ("export",)} == found["dlq_messages"].keys()


@pytest.mark.parametrize(("open_for", "shown"), [(timedelta(seconds=30), 1), (timedelta(), 0.5), (None, 0)])
async def test_a_circuit_is_shown_as_it_stands(
    app: App,
    postgres_uow: PostgresUnitOfWork,
    clock: FixedClock,
    open_for: timedelta | None,
    shown: float,
) -> None:
    async with postgres_uow.begin_global() as unit:
        circuit = await unit.circuits.lock("s3")
        open_until = None if open_for is None else clock.now() + open_for
        await unit.circuits.save(replace(circuit, open_until=open_until, opened_total=7))
    found = await figures(app)
    assert (found["circuit_state"]["s3",], found["circuit_opened_total"]["s3",]) == (shown, 7)
    async with postgres_uow.begin_global() as unit:  # the tests share one database
        await unit.circuits.save(Circuit(name="s3"))


async def test_without_a_database_the_process_still_tells_of_itself(
    tmp_path: Path, clock: FixedClock
) -> None:
    nowhere = {
        "DATABASE_URL": f"postgresql://app@/db?host={tmp_path}",
        "METRICS_TOKEN": SOUND["METRICS_TOKEN"],
    }
    async with open_app(settings_for(tmp_path, None, **nowhere), clock) as app:
        found = await figures(app)
    assert found["database_up"][()] == 0
    assert found["http_requests_in_flight"][()] == 1
    assert "outbox_queue_messages" not in found


async def test_a_count_that_takes_its_time_is_told_by_the_next_scrape(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a great backlog each count was given up at the end of its second, and no queue was seen at all."""
    count = PostgresDeliveryQueues.count

    async def slowly(queues: PostgresDeliveryQueues, now: datetime) -> Sequence[Queue]:
        await asyncio.sleep(0.3)
        return await count(queues, now)

    monkeypatch.setattr(PostgresDeliveryQueues, "count", slowly)
    monkeypatch.setattr(installation_metrics, "BUDGET_SECONDS", 0.05)
    monkeypatch.setattr(installation_metrics, "FRESH_SECONDS", 0)
    assert "outbox_queue_messages" not in await figures(app)
    installation = await app.container.get(InstallationMetrics)
    assert installation._counting is not None
    await installation._counting
    told = await figures(app)
    assert told["database_up"][()] == 1
    assert "outbox_queue_messages" in told


async def test_a_database_that_is_not_migrated_hides_nothing_of_the_process(
    postgres: TestDatabase, clock: FixedClock, tmp_path: Path
) -> None:
    with postgres.clone("unmigrated") as broken:
        broken.execute("drop function delivery_queues")
        settings = settings_for(tmp_path, broken, METRICS_TOKEN=SOUND["METRICS_TOKEN"])
        async with open_app(settings, clock) as app:
            found = await figures(app)
    assert found["database_up"][()] == 0
    assert found["http_requests_in_flight"][()] == 1


async def test_no_label_names_a_company_or_anybody(app: App, company: Company) -> None:
    await company.log_in()
    text = (await app.client.get("/v1/metrics", headers=TOKEN)).text
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", text)
    assert "@" not in text


async def test_they_are_the_operator_s(app: App, company: Company) -> None:
    """In dev an administrator of a company may look, too."""
    refused = await app.client.get("/v1/metrics")
    assert (refused.status_code, refused.json()["type"]) == (401, "unauthenticated")
    wrong = await app.client.get("/v1/metrics", headers={"authorization": "Bearer wrong"})
    assert wrong.status_code == 401
    owner = bearer((await company.log_in()).json())
    assert (await app.client.get("/v1/metrics", headers=owner)).status_code == 200


async def test_in_production_not_even_an_owner_may_look(
    postgres: TestDatabase, tmp_path: Path, clock: FixedClock
) -> None:
    settings = settings_for(tmp_path, None, **{**SOUND, "DATABASE_URL": postgres.app_url})
    async with open_app(settings, clock, cheap_passwords()) as app:
        owner = bearer((await (await a_company(app)).log_in()).json())
        refused = await app.client.get("/v1/metrics", headers=owner)
        assert (refused.status_code, refused.json()["type"]) == (403, "forbidden")
        assert (await app.client.get("/v1/metrics", headers=TOKEN)).status_code == 200


async def test_switched_off_there_is_nothing(
    postgres: TestDatabase, tmp_path: Path, clock: FixedClock
) -> None:
    settings = settings_for(tmp_path, postgres, METRICS_TOKEN=SOUND["METRICS_TOKEN"], METRICS_ENABLED="false")
    async with open_app(settings, clock) as app:
        for path in ("/metrics", "/v1/metrics"):
            gone = await app.client.get(path, headers=TOKEN)
            assert (gone.status_code, gone.json()["type"]) == (404, "not_found")
