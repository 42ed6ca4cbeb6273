"""Days on which something else fails: the server says so, loses nothing, and recovers by itself."""

import json
import signal
import socket
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from adapters.postgres.embedded import EmbeddedPostgres
from tests.support.demo import SLUG
from tests.support.live import UNLIMITED, LiveServer, command, serving, start, wait_until_ready

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(400)]
MEBIBYTE = 1024 * 1024
RECOVERY_SECONDS = 10


def test_a_body_of_ten_megabytes_is_refused_and_the_server_goes_on(demo_server: LiveServer) -> None:
    body = json.dumps({"name": "x" * (10 * MEBIBYTE)}).encode()
    status, headers, problem = demo_server.ask("POST", f"/v1/public/{SLUG}/leads", body)
    assert status == 413
    assert headers["content-type"].startswith("application/problem+json")
    assert problem["type"] == "payload_too_large"
    assert demo_server.get("/readyz")[0] == 200


def test_a_body_without_end_is_refused_while_it_streams(demo_server: LiveServer) -> None:
    """Its length is not announced: only counting finds it out."""
    connection = HTTPConnection("127.0.0.1", demo_server.port, timeout=30)
    sent = 0

    def chunks() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(64):
            sent += MEBIBYTE
            yield b" " * MEBIBYTE

    try:
        headers = {"Content-Type": "application/json", "Transfer-Encoding": "chunked"}
        connection.request("POST", f"/v1/public/{SLUG}/leads", chunks(), headers, encode_chunked=True)
        status = connection.getresponse().status
    except (BrokenPipeError, ConnectionResetError):
        status = 413  # it hung up on us: just as good
    finally:
        connection.close()
    assert status == 413
    assert demo_server.get("/readyz")[0] == 200


@pytest.mark.parametrize(
    "raw",
    [
        b"garbage\r\n\r\n",
        b"BREW /healthz HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST /v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST /v1/auth/login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_what_is_no_request_gets_a_problem_too(demo_server: LiveServer, raw: bytes) -> None:
    with socket.create_connection(("127.0.0.1", demo_server.port), timeout=10) as connection:
        connection.sendall(raw)
        head, _, body = b"".join(iter(lambda: connection.recv(65536), b"")).partition(b"\r\n\r\n")
    lines = head.decode().splitlines()
    assert lines[0].split()[1] == "400"
    assert "content-type: application/problem+json" in lines
    problem = json.loads(body)
    assert problem["type"] == "malformed_request"
    assert f"x-request-id: {problem['request_id']}" in lines


def test_a_restart_of_the_database_under_traffic_is_a_503_and_passes_within_seconds(
    demo_server: LiveServer,
) -> None:
    """No restart of ours, nothing but answers that say when to come back."""
    postgres = EmbeddedPostgres(demo_server.home / "sweepline")
    assert postgres.attach()
    answers: list[tuple[int, dict[str, str]]] = []
    stop = threading.Event()

    def visit() -> None:
        while not stop.is_set():
            status, headers, _ = demo_server.get(f"/v1/public/{SLUG}/catalog")
            answers.append((status, dict(headers)))

    visitors = [threading.Thread(target=visit) for _ in range(4)]
    try:
        for visitor in visitors:
            visitor.start()
        time.sleep(1)
        postgres.restart()
        until = time.monotonic() + RECOVERY_SECONDS
        while demo_server.get("/readyz")[0] != 200:
            assert time.monotonic() < until, demo_server.output[-2000:]
            time.sleep(0.1)
        time.sleep(1)
    finally:
        stop.set()
        for visitor in visitors:
            visitor.join()
        postgres.release()
    assert {status for status, _ in answers} <= {200, 503}
    assert all(headers.get("retry-after", "").isdigit() for status, headers in answers if status == 503)
    assert [status for status, _ in answers[-20:]] == [200] * 20


def test_a_second_serve_on_the_same_home_shares_the_database_and_leaves_it_running(
    demo_server: LiveServer,
) -> None:
    with serving(demo_server.home, "--no-jobs", environment=UNLIMITED) as second:
        assert (
            second.get(f"/v1/public/{SLUG}/catalog")[2]["name"]
            == demo_server.get(f"/v1/public/{SLUG}/catalog")[2]["name"]
        )
    assert demo_server.get("/readyz")[0] == 200
    assert demo_server.get(f"/v1/public/{SLUG}/catalog")[0] == 200


def test_a_taken_port_is_told_in_one_line(demo_server: LiveServer) -> None:
    refused = command(demo_server.home, ["serve", "--port", str(demo_server.port)])
    assert refused.returncode == 1
    lines = [line for line in (refused.stdout + refused.stderr).splitlines() if line]
    assert len(lines) == 1
    assert str(demo_server.port) in lines[0]


def test_the_demo_is_filled_once_and_its_logins_are_shown_once(demo_server: LiveServer) -> None:
    again = command(demo_server.home, ["demo", "--json"])
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout) == {"org_slug": SLUG, "filled": False, "logins": []}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_told_to_stop_ends_with_0_and_takes_its_database_along(
    tmp_path: Path, number: signal.Signals
) -> None:
    """Told twice, as by a terminal and the program that started it: the twin may come while it tidies up."""
    live = start(tmp_path, "--no-jobs")
    wait_until_ready(live)
    postgres = EmbeddedPostgres(tmp_path / "sweepline")
    assert postgres.attach()
    postgres.release()
    live.process.send_signal(number)
    time.sleep(0.3)
    assert live.stop(number) == 0
    assert not EmbeddedPostgres(tmp_path / "sweepline").attach()
