"""The real process: its first line, its address, its end."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from entrypoints.cli.serve import linking_here
from entrypoints.settings import load_settings
from tests.cli.test_settings import SOUND
from tests.http.test_metrics import NAMES
from tests.support.database import TestDatabase
from tests.support.http import LiveServer, clean_environment, json_of, open_server, run_cli

METRICS_TOKEN = "figures-for-the-operator"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """On an embedded database of its own."""
    with open_server(tmp_path_factory.mktemp("home"), "--no-jobs") as server:
        yield server


def test_the_first_line_says_which_environment(live: LiveServer) -> None:
    first, second, *_ = live.log.read_text().splitlines()
    assert first.startswith("Sweepline in dev: APP_ENV is unset")
    assert live.url in second


def test_it_is_ready_on_a_migrated_database(live: LiveServer) -> None:
    ready = httpx.get(f"{live.url}/readyz").json()
    assert ready["status"] == "ok"
    assert ready["database"]["migrations_current"] is True
    assert ready["database"]["tenant_isolation"] is True
    assert json_of(run_cli("migrate", "--check", "--json", home=live.home))["at_head"] is True


def test_a_taken_port_is_one_line_and_status_1(live: LiveServer) -> None:
    port = live.url.rpartition(":")[2]
    finished = run_cli("serve", "--port", port, home=live.home)
    assert finished.returncode == 1
    assert finished.stderr.count("\n") == 1
    assert f"Port {port} on 127.0.0.1 is in use" in finished.stderr
    assert finished.stdout == ""


def test_a_second_server_shares_the_database(live: LiveServer) -> None:
    with open_server(live.home, "--no-jobs") as second:
        assert httpx.get(f"{second.url}/readyz").json()["status"] == "ok"
        assert second.stop() == 0
    assert httpx.get(f"{live.url}/readyz").json()["status"] == "ok"


def test_a_10_mb_body_gets_its_413(live: LiveServer) -> None:
    for content in (b"x" * 10_000_000, iter([b"x" * 100_000] * 100)):
        answer = httpx.post(f"{live.url}/healthz", content=content)
        assert answer.status_code in {405, 413}
        assert answer.headers["content-type"] == "application/problem+json"


def test_log_lines_are_json_and_hold_no_query(live: LiveServer) -> None:
    httpx.get(f"{live.url}/nowhere?token=canary", headers={"x-request-id": "canary-line-1"})
    until = time.monotonic() + 10
    while "canary-line-1" not in live.log.read_text() and time.monotonic() < until:
        time.sleep(0.05)  # the line is written when the answer has left
    written = live.log.read_text().splitlines()  # by every server of this home, each with its opening words
    said = [line for line in written if not line.startswith("{")]
    assert all(line.startswith(("Sweepline in dev", "Listening on ")) for line in said)
    lines = [json.loads(line) for line in written if line.startswith("{")]
    mine = [line for line in lines if line.get("request_id") == "canary-line-1"]
    assert len(mine) == 1
    assert list(mine[0])[:4] == ["timestamp", "level", "logger", "message"]
    assert (mine[0]["message"], mine[0]["path"], mine[0]["status_code"]) == ("request", "unmatched", 404)
    assert "token=canary" not in live.log.read_text()


def test_links_of_mails_lead_to_this_server_in_dev_unless_told_otherwise() -> None:
    here = "http://127.0.0.1:8123"
    assert linking_here(load_settings({}), here).general.public_base_url == here
    told = load_settings({"PUBLIC_BASE_URL": "https://clean.example"})
    assert linking_here(told, here).general.public_base_url == "https://clean.example"
    production = load_settings(SOUND)
    assert linking_here(production, here) is production


def test_sigterm_lets_a_request_finish_and_exits_0(tmp_path: Path, postgres: TestDatabase) -> None:
    environ = {"APP_ENV": "dev", "DATABASE_URL": postgres.app_url, "SHUTDOWN_DELAY_SECONDS": "1"}
    with open_server(tmp_path, "--no-jobs", environ=environ) as server:
        server.process.terminate()
        time.sleep(0.3)
        draining = httpx.get(f"{server.url}/readyz")
        assert (draining.status_code, draining.json()["type"]) == (503, "not_ready")
        assert "draining" in draining.json()["detail"]
        assert server.process.wait(timeout=15) == 0


def test_workers_share_the_socket_and_end_together(tmp_path: Path, postgres: TestDatabase) -> None:
    environ = {"APP_ENV": "dev", "DATABASE_URL": postgres.app_url, "METRICS_TOKEN": METRICS_TOKEN}
    with open_server(tmp_path, "--no-jobs", "--workers", "2", environ=environ) as server:
        assert all(httpx.get(f"{server.url}/healthz").status_code == 200 for _ in range(10))
        figures = httpx.get(
            f"{server.url}/metrics", headers={"authorization": f"Bearer {METRICS_TOKEN}"}
        ).text
        told = 'http_request_latency_seconds_count{method="GET",path="/healthz",status_class="2xx"}'
        (counted,) = [float(line.split()[-1]) for line in figures.splitlines() if line.startswith(told)]
        assert counted >= 10  # whichever of the two answered
        told_of = [line.split()[2] for line in figures.splitlines() if line.startswith("# TYPE ")]
        assert len(set(told_of)) == len(told_of)  # a name told of twice is no exposition
        found = {family.name: family for family in text_string_to_metric_families(figures)}
        assert {name: found[name].type for name in NAMES} == {
            name: kind for name, (kind, *_) in NAMES.items()
        }
        (built,) = found["sweepline_build_info"].samples
        assert built.labels.keys() == {"version"}  # of no process
        assert server.stop() == 0


@pytest.mark.parametrize("bind", ["0.0.0.0", "127.0.0.1"])
def test_unsafe_production_exits_78_before_it_listens(tmp_path: Path, bind: str) -> None:
    environ = {"APP_ENV": "prod", "TESTING": "true"}
    finished = run_cli("serve", "--host", bind, home=tmp_path, environ=environ)
    assert finished.returncode == 78
    for variable in ("DATABASE_URL", "AUTH_SECRET_KEY", "METRICS_TOKEN", "TESTING"):
        assert variable in finished.stderr
    assert finished.stdout == ""


def test_an_address_that_others_reach_is_production(tmp_path: Path) -> None:
    assert run_cli("serve", "--host", "0.0.0.0", home=tmp_path).returncode == 78


def test_config_check_reports_all_faults_as_json(tmp_path: Path) -> None:
    environ = {"APP_ENV": "prod", "DATABASE_POOL_SIZE": "0"}
    finished = run_cli("config", "check", "--json", home=tmp_path, environ=environ)
    assert finished.returncode == 78
    assert {"DATABASE_POOL_SIZE", "DATABASE_URL"} <= {
        f["variable"] for f in json.loads(finished.stdout)["faults"]
    }
    assert run_cli("config", "check", home=tmp_path).returncode == 0


def test_production_refuses_a_role_that_bypasses(tmp_path: Path, postgres: TestDatabase) -> None:
    environ = {**SOUND, "DATABASE_URL": postgres.superuser_url}
    with socket.create_server(("127.0.0.1", 0)) as taken:  # who listened first would say that it is in use
        port = str(taken.getsockname()[1])
        finished = run_cli("serve", "--port", port, "--no-jobs", home=tmp_path, environ=environ)
    assert (finished.returncode, finished.stdout) == (78, "")
    assert "row-level security" in finished.stderr or "superuser" in finished.stderr


def test_wrong_usage_is_2(tmp_path: Path) -> None:
    assert run_cli("serve", "--port", "many", home=tmp_path).returncode == 2
    assert run_cli("no-such-command", home=tmp_path).returncode == 2


def test_help_imports_no_framework() -> None:
    script = (
        "import sys, entrypoints.cli.main as m\n"
        "try: m.main(['--help'])\n"
        "except SystemExit: pass\n"
        "assert not {'litestar', 'sqlalchemy', 'asyncio'} & set(sys.modules), sorted(sys.modules)"
    )
    finished = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env=clean_environment(Path("/nonexistent")),
        check=False,
    )
    assert finished.returncode == 0, finished.stderr


def test_an_unknown_host_is_one_line(tmp_path: Path) -> None:
    finished = run_cli("serve", "--host", "no.such.host.invalid", home=tmp_path, environ={"APP_ENV": "dev"})
    assert finished.returncode == 1
    assert "no.such.host.invalid" in finished.stderr


def test_a_free_port_can_be_asked_for() -> None:
    from entrypoints.cli.listening import listen, url_of

    listener = listen("127.0.0.1", 0)
    with listener, socket.create_connection(listener.getsockname()):
        assert url_of(listener).startswith("http://127.0.0.1:")
