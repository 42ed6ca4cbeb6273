"""`just bench`: a real server, one worker, beside its bare twin, in one run.

For a constant answer, a day's list, the board, slot search, suggestions, conflicts and booking creation, in
a company with 100,000 bookings: requests per second, p50 and p99 at 1 and at 32 connections; and how much
of the twin's rate that is. Then the day's list while others sign in at full load, and how long the event
loop was held; a photo in and out again beside a bare copy; what an audit row costs a write; what one runner
delivers out of a million due messages, and what they leave behind; what tables and indexes take before,
during and after a million, and after `sweepline reindex`; how long others wait beside poison; how many mails
leave; and what the calendar's statements take in the database, alone and beside companies with ten times as
many bookings.
"""

import asyncio
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import fmean, median

import msgspec

from tests.benchmarks.auditing import main as show_audited_writes
from tests.benchmarks.backlog import main as show_backlog
from tests.benchmarks.calendars import main as show_calendars
from tests.benchmarks.load import Figures, Plan
from tests.benchmarks.logins import WATCHED, show_logins, watched_environment
from tests.benchmarks.mails import main as show_mails
from tests.benchmarks.outbox import main as show_outbox
from tests.benchmarks.photos import show_photos
from tests.benchmarks.poison import main as show_poison
from tests.benchmarks.recording import record_routes
from tests.benchmarks.scene import Scene, set_scene
from tests.benchmarks.sizes import main as show_sizes
from tests.support.live import UNLIMITED, LiveServer, free_port, serving

CONNECTIONS = (1, 32)
SECONDS, TURNS = 5.0, 5
GOAL = 0.60
TITLES = ("requests/s", "p50 ms", "p99 ms", "twin's/s", "p50 ms", "share")


def main() -> int:
    home = Path(tempfile.mkdtemp(prefix="bench-"))
    quiet = {**UNLIMITED, "LOG_LEVEL": "WARNING"}
    environment = quiet | watched_environment(home)
    with serving(home, "--demo", "--no-jobs", environment=environment, program=WATCHED) as server:
        scene = set_scene(server, home / "sweepline")
        record = asyncio.run(record_routes(home / "sweepline", scene))
        (home / "recorded").write_bytes(pickle.dumps(record))
        with twin_serving(home / "recorded") as twin_port:
            reached = compare(server, twin_port, scene)
        show_logins(server, scene, home / "loop")
        show_photos(server, scene, home / "photos")
    show_audited_writes()
    show_outbox()
    show_backlog()
    show_sizes()
    show_poison()
    show_mails()
    show_calendars()
    print(f"\nday list at {reached:.0%} of its twin; the goal is {GOAL:.0%}")
    return int(reached < GOAL)


def compare(server: LiveServer, twin_port: int, scene: Scene) -> float:
    """Prints a row for each route and number of connections; answers the day list's least share."""
    print(f"{scene.describe()}\n")
    print(f"{'':<16}{'conns':>5}" + "".join(f"{title:>11}" for title in TITLES))
    shares = []
    for name, path in scene.reads.items():
        for connections in CONNECTIONS:
            bare_path = "/constant" if name == "constant" else f"/recorded/{name.replace(chr(32), chr(95))}"
            ours, bare = in_turns(
                Plan(server.port, connections, SECONDS / TURNS, [scene.get(path)]),
                Plan(twin_port, connections, SECONDS / TURNS, [plain_get(bare_path)]),
            )
            share = ours.requests_per_second / bare.requests_per_second
            print_row(name, connections, ours, bare)
            if name == "day list":
                shares.append(share)
    for connections in CONNECTIONS:
        plan = Plan(server.port, connections, SECONDS, scene.creations(), repeat=False)
        print_row("create booking", connections, measure(plan))
    return min(shares)


def in_turns(*plans: Plan) -> list[Figures]:
    """One after the other and again: what the machine does meanwhile strikes all. After warming up."""
    for plan in plans:
        _run(plan)
    turns = [[measure(plan) for plan in plans] for _ in range(TURNS)]
    return [typical(figures) for figures in zip(*turns, strict=True)]


def typical(turns: Sequence[Figures]) -> Figures:
    return Figures(
        requests_per_second=fmean(turn.requests_per_second for turn in turns),
        p50_ms=median(turn.p50_ms for turn in turns),
        p99_ms=median(turn.p99_ms for turn in turns),
        statuses=turns[0].statuses,
    )


def measure(plan: Plan) -> Figures:
    """Every answer must be a success."""
    found = _run(plan)
    if any(not 200 <= status < 300 for status in found.statuses):
        raise SystemExit(f"Not every answer was a success: {found.statuses}")
    return found


def _run(plan: Plan) -> Figures:
    generator = [sys.executable, "-m", "tests.benchmarks.load"]
    done = subprocess.run(
        generator, input=msgspec.json.encode(plan), capture_output=True, check=True, timeout=60
    )
    return msgspec.json.decode(done.stdout, type=Figures)


def print_row(name: str, connections: int, ours: Figures, bare: Figures | None = None) -> None:
    row = f"{name:<16}{connections:>5}{ours.requests_per_second:>11.0f}"
    row += f"{ours.p50_ms:>11.2f}{ours.p99_ms:>11.2f}"
    if bare is not None:
        share = ours.requests_per_second / bare.requests_per_second
        row += f"{bare.requests_per_second:>11.0f}{bare.p50_ms:>11.2f}{share:>11.0%}"
    print(row, flush=True)


def plain_get(path: str) -> str:
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"


@contextmanager
def twin_serving(recorded: Path) -> Iterator[int]:
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "tests.benchmarks.twin", str(recorded), str(port)])
    try:
        wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait_for(port: int) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            _run(Plan(port, 1, 0.1, [plain_get("/constant")]))
        except subprocess.CalledProcessError:
            time.sleep(0.2)
        else:
            return
    raise SystemExit("The twin did not start.")


if __name__ == "__main__":
    sys.exit(main())
