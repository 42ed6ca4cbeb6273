"""The README keeps its word: its commands are run as they stand, against a live server with the demo."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.support.demo import SLUG, demo_caller, printed_password, sign_in
from tests.support.live import LiveServer, command

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
RIVAL_PASSWORD = "a sparrow hums beneath"


def test_it_shows_the_two_commands_word_for_word() -> None:
    assert "\npip install uv && uv run sweepline serve --demo\n" in README
    assert "\npip install uv && uv run just test\n" in README


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_the_first_booking_works_as_written_and_a_second_company_sees_none_of_it(
    demo_server: LiveServer,
) -> None:
    script = "set -euo pipefail\n" + "\n".join(
        re.findall(r"^```bash\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    )
    done = subprocess.run(
        ["bash", "-c", script],
        env={
            "PATH": os.environ["PATH"],
            "SWEEPLINE_URL": demo_server.url,
            "SWEEPLINE_HOME": str(demo_server.home / "sweepline"),
            "DISPATCHER_PASSWORD": printed_password(demo_server.output, "dispatcher"),
            "WORKER_PASSWORD": printed_password(demo_server.output, "worker"),
        },
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "anything in the way: False" in done.stdout
    assert "\nCONFIRMED\n" in done.stdout
    assert ".eml\njobs today: " in done.stdout
    assert "\nrunning\nDONE\n[('Amara Okafor', 'FINISHED')" in done.stdout
    assert "\nTrue\n[('Amara Okafor', 'AFTER')]\napproved\nimage/png, " in done.stdout
    found = re.search(r"^booking ([0-9a-f-]{36}): PENDING", done.stdout, re.MULTILINE)
    assert found, done.stdout
    _is_there_for_its_company_alone(demo_server, found.group(1))


def _is_there_for_its_company_alone(demo_server: LiveServer, booking_id: str) -> None:
    arguments = ["org", "create", "--name", "Rival", "--slug", "rival", "--owner-email", "boss@rival.example"]
    made = command(demo_server.home, [*arguments, "--owner-password-stdin"], stdin=RIVAL_PASSWORD)
    assert made.returncode == 0, made.stderr
    assert json.loads(made.stdout)["org_id"]
    rival = sign_in(demo_server, "boss@rival.example", RIVAL_PASSWORD, "rival")
    dispatcher = demo_caller(demo_server, "dispatcher")
    assert dispatcher.get(f"/v1/admin/bookings/{booking_id}")[0] == 200
    assert rival.get(f"/v1/admin/bookings/{booking_id}")[0] == 404
    for path in ("/v1/admin/bookings", "/v1/admin/leads", "/v1/admin/workers"):
        assert dispatcher.get(path)[1]["items"], f"{SLUG} has none: the comparison would show nothing"
        assert rival.get(path) == (200, {"items": [], "next_cursor": None})
