"""`sweepline org …`: the operator's hand on organisations."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from entrypoints.cli.main import cli
from tests.support.database import TestDatabase
from tests.support.http import json_of, run_cli
from tests.support.identity import IDS

PASSWORD = "correct horse battery staple"


type Run = Callable[..., Result]


@pytest.fixture
def run(postgres: TestDatabase, tmp_path: Path) -> Run:
    """`sweepline …` in this process: starting another each time would take most of the test's time."""
    environ = {
        "APP_ENV": "dev",
        "SWEEPLINE_HOME": str(tmp_path),
        "DATABASE_URL": postgres.app_url,
        "DATABASE_OWNER_URL": postgres.owner_url,
    }

    def run(*arguments: str, given: str | None = None) -> Result:
        return CliRunner().invoke(cli, arguments, input=given, env=environ)

    return run


def names() -> tuple[str, str]:
    tail = IDS.new().hex[-12:]
    return f"acme-{tail}", f"olive-{tail}@acme.example"


def wanted(slug: str, email: str, *more: str) -> tuple[str, ...]:
    return ("org", "create", "--name", "Acme Cleaning", "--slug", slug, "--owner-email", email, *more)


def document(finished: Result) -> Any:
    assert finished.exit_code == 0, finished.stderr
    return json.loads(finished.stdout)


def test_an_organisation_is_made_with_its_owner(run: Run) -> None:
    slug, email = names()
    made = document(run(*wanted(slug, email, "--json")))
    assert set(made) == {"org_id", "user_id", "temp_password"}
    assert len(made["temp_password"]) == 20
    second = document(run(*wanted(f"{slug}-2", email.upper(), "--json")))
    assert set(second) == {"org_id", "user_id"}
    assert second["user_id"] == made["user_id"]
    taken = run(*wanted(slug, names()[1]))
    assert (taken.exit_code, taken.stdout) == (1, "")
    assert taken.stderr.splitlines() == [f"sweepline: The slug {slug} is taken (slug is taken)."]


def test_a_password_comes_from_standard_input(run: Run) -> None:
    stdin = "--owner-password-stdin"
    made = run(*wanted(*names(), stdin, "--timezone", "Europe/Berlin"), given=f"{PASSWORD}\n")
    assert set(document(made)) == {"org_id", "user_id"}
    for given, part in (("short\n", "at least 15"), ("", "no password"), ("\n", "no password")):
        refused = run(*wanted(*names(), stdin), given=given)
        assert refused.exit_code == 1
        assert part in refused.stderr


@pytest.mark.parametrize(
    ("more", "part"),
    [
        (("--timezone", "Mars/Olympus"), "timezone"),
        (("--currency", "XXL"), "currency"),
        (("--slug", "www"), "slug"),
        (("--owner-email", "nobody"), "owner_email"),
        (("--name", "Acme\u2028Bcc: eve@example.com"), "name"),
    ],
)
def test_nonsense_is_one_line_and_status_1(run: Run, more: tuple[str, ...], part: str) -> None:
    refused = run(*wanted(*names(), *more))
    assert refused.exit_code == 1
    assert part in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


def test_a_missing_option_is_a_usage_fault(run: Run) -> None:
    assert run("org", "create", "--slug", "x").exit_code == 2


def test_organisations_are_listed_suspended_and_resumed(run: Run) -> None:
    slug, email = names()
    made = document(run(*wanted(slug, email)))

    def status() -> str:
        listed = document(run("org", "list", "--json"))["items"]
        assert [item["slug"] for item in listed] == sorted(item["slug"] for item in listed)
        found: str = next(item["status"] for item in listed if item["org_id"] == made["org_id"])
        return found

    assert status() == "active"
    for action, after, changed in (("suspend", "suspended", True), ("suspend", "suspended", False)):
        answer = document(run("org", action, "--slug", slug, "--json"))
        assert answer == {"slug": slug, "status": after, "changed": changed}
    assert status() == "suspended"
    assert run("org", "resume", "--slug", slug).stdout == f"{slug} is active.\n"
    assert run("org", "resume", "--slug", "no-such-org").exit_code == 1


@pytest.mark.slow
def test_on_a_fresh_home_the_embedded_database_is_made_first(tmp_path: Path) -> None:
    finished = run_cli(*wanted(*names()), home=tmp_path / "home")
    assert json_of(finished)["temp_password"]


def test_a_person_who_is_locked_out_gets_a_temporary_password(run: Run) -> None:
    slug, email = names()
    made = document(run(*wanted(slug, email, "--owner-password-stdin"), given=f"{PASSWORD}\n"))
    done = document(run("user", "reset-password", "--email", email, "--reason", "Called in", "--json"))
    assert (done["user_id"], len(done["temp_password"])) == (made["user_id"], 20)
    unknown = run("user", "reset-password", "--email", names()[1])
    assert (unknown.exit_code, unknown.stdout) == (1, "")
    assert run("user", "reset-password", "--email", email, "--reason", "").exit_code == 2
    without = run("user", "disable-mfa", "--email", email, "--reason", "Phone lost")
    assert (without.exit_code, without.stdout) == (1, "")
    assert run("user", "disable-mfa", "--email", email).exit_code == 2
