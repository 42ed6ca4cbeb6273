import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from application.delivery.job_table import JOBS
from entrypoints.cli.main import cli
from entrypoints.settings import SettingsRefused
from tests.cli.test_settings import SOUND
from tests.support.database import TestDatabase
from tests.support.live import command


def jobs(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["jobs", *arguments])


def test_every_job_is_listed() -> None:
    listed = jobs("list")
    assert listed.exit_code == 0
    assert [line.split()[0] for line in listed.output.splitlines()] == list(JOBS)
    document = json.loads(jobs("list", "--json").output)
    assert document["items"][0] == {
        "job": "outbox-delivery",
        "in_default_set": True,
        "interval_seconds": 5,
        "timeout_seconds": 55,
        "result_keys": ["claimed", "sent", "retry", "dead", "skipped"],
    }


def test_an_unknown_job_is_a_usage_error_that_lists_all() -> None:
    refused = jobs("run", "--once", "--job", "outbox_delivery", "--job", "no_such_job")
    assert refused.exit_code == 2
    assert "no_such_job" in refused.output
    assert all(name in refused.output for name in JOBS)


@pytest.mark.parametrize("interval", ["0", "-1", "soon", "99999999999999"])
def test_an_interval_is_at_least_a_second_and_ends_in_this_age(interval: str) -> None:
    assert jobs("run", "--interval", interval).exit_code == 2


def ran(database: TestDatabase, home: Path, *arguments: str) -> dict[str, Any]:
    environment = {"DATABASE_URL": database.app_url, "APP_ENV": "dev"}
    done = command(home, ["jobs", "run", "--once", "--json", *arguments], environment)
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return {job.pop("job"): job for job in document["jobs"]}


def test_one_run_of_each_answers_in_one_document(postgres: TestDatabase, tmp_path: Path) -> None:
    with postgres.clone("jobs") as database:
        outcomes = ran(database, tmp_path)
        named = ran(database, tmp_path, "--job", "booking_expiry", "--job", "booking-expiry")
    assert list(outcomes) == [name for name, spec in JOBS.items() if spec.in_default_set]
    for name, outcome in outcomes.items():
        assert outcome.pop("duration_ms") >= 0
        assert outcome == {
            "status": "ok",
            "orgs": 0,
            "orgs_failed": 0,
            **dict.fromkeys(JOBS[name].result_keys, 0),
        }
    assert list(named) == ["booking-expiry"]


def test_production_runs_no_jobs_as_a_role_that_bypasses(
    postgres: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would see every company's rows at once."""
    for name, value in {**SOUND, "DATABASE_URL": postgres.superuser_url}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsRefused, match="must not run the application"):
        cli.main(["jobs", "run", "--once"], standalone_mode=False)


def test_a_failed_run_is_told_by_the_exit_status(tmp_path: Path) -> None:
    nowhere = {"DATABASE_URL": f"postgresql://app@/nothing?host={tmp_path}", "APP_ENV": "dev"}
    done = command(tmp_path, ["jobs", "run", "--once", "--json", "--job", "outbox-delivery"], nowhere)
    assert done.returncode == 1
    (job,) = json.loads(done.stdout)["jobs"]
    assert (job["job"], job["status"]) == ("outbox-delivery", "failed")


SLOW_TO_LOAD = """
import sys, time
if "entrypoints.courier" in sys.orig_argv:
    time.sleep(3.5)
"""


@pytest.mark.slow
def test_one_run_delivers_also_where_couriers_take_long_to_begin(
    postgres: TestDatabase, tmp_path: Path
) -> None:
    """Each run begins them anew: what one hands back after three seconds the next one would hand back too."""
    (tmp_path / "sitecustomize.py").write_text(SLOW_TO_LOAD, encoding="utf-8")
    owner = "boss@crowded.example.com"
    company = ("org", "create", "--name", "Crowded", "--slug", "crowded", "--owner-email", owner)
    with postgres.clone("crowded") as database:
        environment = {
            "DATABASE_URL": database.app_url,
            "APP_ENV": "dev",
            "PYTHONPATH": str(tmp_path),
        }
        for arguments in (company, ("user", "reset-password", "--email", owner)):
            assert command(tmp_path, arguments, environment).returncode == 0
        done = command(tmp_path, ["jobs", "run", "--once", "--json", "--job", "outbox-delivery"], environment)
    (job,) = json.loads(done.stdout)["jobs"]
    assert (job["claimed"], job["sent"]) == (1, 1)
