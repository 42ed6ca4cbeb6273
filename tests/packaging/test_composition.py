"""What compose.yaml promises, read from the file: no engine is needed to see that a promise was dropped."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from entrypoints.cli.env_file import CHOICES, SECRETS, env_text, write
from entrypoints.settings.warnings import known_variables

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "compose.yaml").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("migrate", "api", "jobs")


def test_only_the_api_is_published_and_on_loopback() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert list(published) == ["api"]
    assert all(port.startswith("127.0.0.1:") for port in published["api"])


@pytest.mark.parametrize("name", OURS)
def test_our_containers_cannot_write_to_their_root_nor_gain_privileges(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["environment"]["APP_ENV"] == "prod"


def test_only_the_migration_knows_the_owner() -> None:
    knowing = [name for name in OURS if "DATABASE_OWNER_URL" in SERVICES[name]["environment"]]
    assert knowing == ["migrate"]
    assert all("//sweepline_app:" in SERVICES[name]["environment"]["DATABASE_URL"] for name in OURS)


def test_nothing_serves_before_the_database_is_at_head() -> None:
    assert SERVICES["migrate"]["depends_on"]["db"]["condition"] == "service_healthy"
    for name in ("api", "jobs"):
        assert SERVICES[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"


def test_data_and_uploads_are_on_volumes_and_no_source_is_mounted() -> None:
    mounts = [mount for service in SERVICES.values() for mount in service.get("volumes", [])]
    assert {mount.split(":")[0] for mount in mounts} == set(COMPOSE["volumes"]) == {"db-data", "uploads"}


def test_no_secret_is_written_in_the_file_and_every_secret_is_in_the_env_file() -> None:
    required = set(re.findall(r"\$\{([A-Z0-9_]+):\?", TEXT))
    assert required <= {*SECRETS, *CHOICES}
    assert set(SECRETS) <= required


def test_the_env_file_is_private_fresh_each_time_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    assert write(path)
    assert path.stat().st_mode & 0o777 == 0o600
    before = path.read_text()
    assert not write(path)
    assert path.read_text() == before != env_text()
    values = dict(line.split("=", 1) for line in before.splitlines() if not line.startswith("#"))
    secret = [values[name] for name in SECRETS]
    assert len(set(secret)) == len(secret)
    assert all(len(value) == 48 for value in secret)


def test_the_example_has_the_names_of_the_env_file() -> None:
    example = (ROOT / "docs/compose/example.env").read_text(encoding="utf-8")
    names = set(re.findall(r"^([A-Z0-9_]+)=", example, re.MULTILINE))
    assert names == {*SECRETS, *CHOICES}


SET_BY_THE_IMAGE = {"ORDER_UPLOAD_ROOT"}
NOT_FOR_A_SERVER = {"SWEEPLINE_HOME", "TESTING", "DATABASE_OWNER_URL"}


@pytest.mark.parametrize("name", OURS)
def test_what_is_set_in_the_env_file_reaches_the_program(name: str) -> None:
    """`ADMIN_READ_ONLY=true` there stopped nothing, and mail by SendGrid had no key."""
    page = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    idle = set(re.findall(r"^\| `(\w+)`", page.partition("## Read, and not enforced yet")[2], re.MULTILINE))
    wanted = known_variables() - SET_BY_THE_IMAGE - NOT_FOR_A_SERVER - idle
    given: dict[str, str | None] = SERVICES[name]["environment"]
    assert not wanted - given.keys()
    for variable in wanted - {"APP_ENV", "DATABASE_URL", "JOB_HEARTBEAT_REQUIRED"}:
        value = given[variable]
        assert value is None or value.startswith(f"${{{variable}:"), variable
