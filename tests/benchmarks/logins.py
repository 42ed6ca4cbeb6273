"""Others' requests while people sign in as fast as the server lets them: argon2 must not cost those."""

import json
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec

from tests.benchmarks.load import Figures, Plan
from tests.benchmarks.scene import Scene, set_scene
from tests.benchmarks.watched import RESULT_VARIABLE
from tests.support.demo import SLUG, printed_password
from tests.support.live import UNLIMITED, LiveServer, serving

AT_ONCE = 8  # as many logins as one person may have under way before they count as guesses
SECONDS = 10.0
WATCHED = (sys.executable, "-m", "tests.benchmarks.watched")
P99_GOAL_MS, HELD_GOAL_MS = 50, 20


def show_logins(server: LiveServer, scene: Scene, loop_watch: Path) -> None:
    """Prints what others wait with and without the logins beside them."""
    read = Plan(server.port, 1, SECONDS, [scene.get(scene.reads["day list"])])
    _run(Plan(server.port, 1, 1.0, read.requests))
    alone = _run(read)
    logins = _begin(Plan(server.port, AT_ONCE, SECONDS + 1, [login_request(server)]))
    time.sleep(0.5)
    server.process.send_signal(signal.SIGUSR1)
    beside = _run(read)
    server.process.send_signal(signal.SIGUSR1)
    signed_in = _end(logins)
    watched = _result(loop_watch)
    print(f"\n{signed_in.requests_per_second:.1f} logins/s from {AT_ONCE} connections, {signed_in.statuses}")
    for name, figures in (("alone", alone), ("beside logins", beside)):
        print(f"day list {name:<14} p50 {figures.p50_ms:6.2f} ms   p99 {figures.p99_ms:6.2f} ms")
    print(
        f"event loop held for at most {watched['held_ms']:.1f} ms (goal {HELD_GOAL_MS}), "
        f"turns at most {watched['apart_ms']:.1f} ms apart; goal of the p99 {P99_GOAL_MS} ms"
    )


def login_request(server: LiveServer) -> str:
    password = printed_password(server.output, "viewer")
    body = json.dumps({"email": f"viewer@{SLUG}.example", "password": password, "org_slug": SLUG})
    return (
        "POST /v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    )


def _begin(plan: Plan) -> subprocess.Popen[bytes]:
    generator = [sys.executable, "-m", "tests.benchmarks.load"]
    process = subprocess.Popen(generator, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin
    process.stdin.write(msgspec.json.encode(plan))
    process.stdin.close()
    return process


def _end(process: subprocess.Popen[bytes]) -> Figures:
    assert process.stdout
    found = msgspec.json.decode(process.stdout.read(), type=Figures)
    process.wait(timeout=60)
    return found


def _run(plan: Plan) -> Figures:
    return _end(_begin(plan))


def _result(path: Path) -> Any:
    until = time.monotonic() + 10
    while not path.exists():
        if time.monotonic() > until:
            raise SystemExit("The server's loop was not watched.")
        time.sleep(0.05)
    return json.loads(path.read_text())


def main() -> None:
    """This part of the benchmark alone."""
    home = Path(tempfile.mkdtemp(prefix="bench-"))
    environment = watched_environment(home) | {**UNLIMITED, "LOG_LEVEL": "WARNING"}
    with serving(home, "--demo", "--no-jobs", environment=environment, program=WATCHED) as server:
        show_logins(server, set_scene(server, home / "sweepline"), home / "loop")


def watched_environment(home: Path) -> dict[str, str]:
    return {"PYTHONPATH": str(Path(__file__).parents[2]), RESULT_VARIABLE: str(home / "loop")}


if __name__ == "__main__":
    main()
