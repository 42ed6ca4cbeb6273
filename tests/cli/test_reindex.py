"""Giving the room of a backlog back, from the command line; and being told that it would pay."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from entrypoints.cli.main import cli
from tests.support.database import TestDatabase
from tests.support.http import clean_environment

Sweepline = Callable[..., Result]

# Nine tenths of each page are empty, and nothing remembers that it was wanted so.
SWOLLEN = """
    insert into job_heartbeats (name) select 'job-' || n from generate_series(1, 50000) n;
    create index job_heartbeats_swollen on job_heartbeats (name) with (fillfactor = 10);
    alter index job_heartbeats_swollen reset (fillfactor);
    analyze job_heartbeats;
"""


@pytest.fixture
def swollen(postgres: TestDatabase) -> Iterator[TestDatabase]:
    with postgres.clone("swollen") as database:
        database.execute(SWOLLEN)
        yield database


def sweepline(home: Path, database: TestDatabase, *arguments: str, **environment: str) -> Result:
    """In this process: the command imports little, an interpreter of its own would be most of the test."""
    urls = {"DATABASE_URL": database.app_url, "DATABASE_OWNER_URL": database.owner_url}
    environ = clean_environment(home) | {"APP_ENV": "dev"} | urls | environment
    return CliRunner().invoke(cli, arguments, env=environ)


def test_room_is_told_of_and_given_back(tmp_path: Path, swollen: TestDatabase) -> None:
    assert "`sweepline reindex` would give back about" in sweepline(tmp_path, swollen, "doctor").output
    asked = sweepline(tmp_path, swollen, "reindex", "--check", "--json")
    assert asked.exit_code == 1
    report = json.loads(asked.stdout)
    (index,) = report["indexes"]
    assert (index["index"], index["table"], index["bytes_now"]) == (
        "job_heartbeats_swollen",
        "job_heartbeats",
        None,
    )
    assert (report["freed_bytes"], report["leftovers"]) == (0, [])
    done = sweepline(tmp_path, swollen, "reindex")
    assert done.exit_code == 0
    assert "job_heartbeats_swollen" in done.output
    assert "Given back:" in done.output
    assert sweepline(tmp_path, swollen, "reindex", "--check").output == (
        "No index is much larger than what it holds.\n"
    )
    assert "reindex" not in sweepline(tmp_path, swollen, "doctor").output


@pytest.mark.parametrize("command", [("reindex", "--check"), ("migrate",), ("migrate", "--check")])
def test_a_database_that_is_not_there_is_told_in_one_line(
    tmp_path: Path, postgres: TestDatabase, command: tuple[str, ...]
) -> None:
    elsewhere = postgres.owner_url.replace(postgres.name, "nowhere")
    refused = sweepline(tmp_path, postgres, *command, DATABASE_OWNER_URL=elsewhere)
    assert refused.exit_code == 1
    assert refused.stderr == (
        'sweepline: The database cannot be reached, or refused: database "nowhere" does not exist\n'
    )


def test_without_the_owners_address_it_is_refused_in_one_line(tmp_path: Path, postgres: TestDatabase) -> None:
    refused = sweepline(tmp_path, postgres, "reindex", DATABASE_OWNER_URL="")
    assert refused.exit_code == 1
    assert refused.stdout == ""
    assert refused.stderr == (
        "sweepline: The tables belong to sweepline_owner, and sweepline_app may not rebuild their indexes:"
        " set DATABASE_OWNER_URL.\n"
    )
