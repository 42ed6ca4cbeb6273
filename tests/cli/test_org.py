"""`sweepline org …`: the operator's hand on organisations."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.database import TestDatabase
from tests.support.http import json_of, run_cli
from tests.support.identity import IDS

PASSWORD = "correct horse battery staple"


@pytest.fixture
def environ(postgres: TestDatabase) -> dict[str, str]:
    return {
        "APP_ENV": "dev",
        "DATABASE_URL": postgres.app_url,
        "DATABASE_OWNER_URL": postgres.owner_url,
        "PASSWORD_HASH_ARGON2_MEMORY_COST": "19456",
    }


def names() -> tuple[str, str]:
    tail = IDS.new().hex[-12:]
    return f"acme-{tail}", f"olive-{tail}@acme.example"


def create(home: Path, environ: dict[str, str], slug: str, email: str, *more: str, **given: Any) -> Any:
    arguments = ("--name", "Acme Cleaning", "--slug", slug, "--owner-email", email, *more)
    return run_cli("org", "create", *arguments, home=home, environ=environ, **given)


def test_an_organisation_is_made_with_its_owner(tmp_path: Path, environ: dict[str, str]) -> None:
    slug, email = names()
    made = json_of(create(tmp_path, environ, slug, email, "--json"))
    assert set(made) == {"org_id", "user_id", "temp_password"}
    assert len(made["temp_password"]) == 20
    second = json_of(create(tmp_path, environ, f"{slug}-2", email.upper(), "--json"))
    assert set(second) == {"org_id", "user_id"}
    assert second["user_id"] == made["user_id"]
    taken = create(tmp_path, environ, slug, names()[1])
    assert (taken.returncode, taken.stdout) == (1, "")
    assert taken.stderr.splitlines() == [f"sweepline: The slug {slug} is taken (slug is taken)."]


def test_a_password_comes_from_standard_input(tmp_path: Path, environ: dict[str, str]) -> None:
    (slug, email), stdin = names(), "--owner-password-stdin"
    made = create(tmp_path, environ, slug, email, stdin, "--timezone", "Europe/Berlin", given=f"{PASSWORD}\n")
    assert made.returncode == 0, made.stderr
    assert PASSWORD not in made.stdout
    for given, part in (("short\n", "at least 15"), ("", "no password")):
        refused = create(tmp_path, environ, *names(), stdin, given=given)
        assert refused.returncode == 1
        assert part in refused.stderr
        assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("more", "part"),
    [
        (("--timezone", "Mars/Olympus", "--currency", "XXL"), "timezone"),
        (("--owner-email", "nobody"), "owner_email"),
    ],
)
def test_nonsense_is_one_line_and_status_1(
    tmp_path: Path, environ: dict[str, str], more: tuple[str, ...], part: str
) -> None:
    refused = create(tmp_path, environ, *names(), *more)
    assert refused.returncode == 1
    assert part in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


def test_a_missing_option_is_a_usage_fault(tmp_path: Path, environ: dict[str, str]) -> None:
    assert run_cli("org", "create", "--slug", "x", home=tmp_path, environ=environ).returncode == 2


def test_organisations_are_listed_suspended_and_resumed(tmp_path: Path, environ: dict[str, str]) -> None:
    slug, email = names()
    made = json_of(create(tmp_path, environ, slug, email, "--json"))

    def status() -> str:
        listed = json_of(run_cli("org", "list", "--json", home=tmp_path, environ=environ))["items"]
        assert [item["slug"] for item in listed] == sorted(item["slug"] for item in listed)
        found: str = next(item["status"] for item in listed if item["org_id"] == made["org_id"])
        return found

    assert status() == "active"
    for action, wanted, changed in (("suspend", "suspended", True), ("suspend", "suspended", False)):
        answer = json_of(run_cli("org", action, "--slug", slug, "--json", home=tmp_path, environ=environ))
        assert answer == {"slug": slug, "status": wanted, "changed": changed}
    assert status() == "suspended"
    resumed = run_cli("org", "resume", "--slug", slug, home=tmp_path, environ=environ)
    assert resumed.stdout == f"{slug} is active.\n"
    unknown = run_cli("org", "resume", "--slug", "no-such-org", home=tmp_path, environ=environ)
    assert unknown.returncode == 1


def test_on_a_fresh_home_the_embedded_database_is_made_first(tmp_path: Path) -> None:
    finished = create(tmp_path / "home", {}, *names(), "--json")
    assert finished.returncode == 0, finished.stderr
    assert json.loads(finished.stdout)["temp_password"]
