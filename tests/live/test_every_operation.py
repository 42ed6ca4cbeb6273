"""Every operation of the OpenAPI document, asked with data that fits it and data that does not.

As a stranger, as a dispatcher, as a viewer, and as an owner what only owners may: whatever is sent,
the answer is one that the document promises, and never a 5xx. All of schemathesis' checks, with a bounded
number of examples.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.demo import Caller, demo_caller
from tests.support.live import UNLIMITED, LiveServer, serving

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
MOST_EXAMPLES = {"stranger": 4, "dispatcher": 15, "viewer": 6, "owner": 15}  # of who is refused mostly: fewer
ENDING_THE_SESSION = ("/v1/auth/logout", "/v1/auth/logout-all", "/v1/auth/change-password")
"""Asked by the stranger alone: after a success, everything else would only be asked without a session."""

FOR_ADMINS = (
    "^/v1/(iam|auth/2fa|admin/(org|audit|break-glass|config|feature-flags|price-book|booking-settings))"
)


OK = 200
ADMINS_LISTS = {
    "user_id": "/v1/iam/users",
    "session_id": "/v1/admin/break-glass",
    "audit_id": "/v1/admin/audit",
}
CONFIGURATION = """
# What a schema cannot say (these two not together, that day after this one) is refused with a documented 422.
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "3xx", "400", "401", "403", "404", "409", "412", "422", "429"]

[parameters]
"path.org_slug" = "maple-pine"
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    generous = {
        **UNLIMITED,
        "AUTH_ACCESS_TOKEN_TTL_MINUTES": "120",
        "LEGACY_BASIC_AUTH_ENABLED": "false",  # its wrong tries would soon be throttled
    }
    with serving(tmp_path_factory.mktemp("fuzz"), "--demo", environment=generous) as live:
        yield live


@pytest.mark.parametrize("role", MOST_EXAMPLES)
def test_no_answer_is_undocumented_and_none_is_a_5xx(server: LiveServer, role: str, tmp_path: Path) -> None:
    arguments = [
        "--checks",
        "all",
        "--max-examples",
        str(MOST_EXAMPLES[role]),
        "--workers",
        "2",
        "--seed",
        "1",
    ]
    configuration = CONFIGURATION
    if role != "stranger":
        caller = demo_caller(server, role)
        arguments += ["--header", f"Authorization: Bearer {caller.token}"]
        configuration += "".join(
            f'"path.{name}" = "{value}"\n' for name, value in things_there(caller).items()
        )
        for path in ENDING_THE_SESSION:
            arguments += ["--exclude-path", path]
    if role == "owner":
        arguments += ["--include-path-regex", FOR_ADMINS]
    (tmp_path / "schemathesis.toml").write_text(configuration, encoding="utf-8")
    done = subprocess.run(
        [str(SCHEMATHESIS), "run", f"{server.url}/openapi.json", *arguments, "--no-color"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=580,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]


def things_there(caller: Caller) -> dict[str, str]:
    """Ids that the demo has, so that what is asked gets further than to "there is no such thing"."""
    lists = {
        "booking_id": "/v1/admin/bookings",
        "lead_id": "/v1/admin/leads",
        "team_id": "/v1/admin/teams",
        "worker_id": "/v1/admin/workers",
        "add_on_id": "/v1/admin/addons",
    }
    if caller.get("/v1/iam/users")[0] == OK:
        started = {"reason": "Every operation is asked", "ttl_minutes": 240}
        assert caller.post("/v1/admin/break-glass/start", started)[0] == OK
        lists |= ADMINS_LISTS
    return {name: caller.get(path)[1]["items"][0][name] for name, path in lists.items()}
