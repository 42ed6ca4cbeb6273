"""What listens along hears: else a silent suite would show nothing."""

import logging
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import click
import pytest
from click.testing import CliRunner

from adapters.argon2.passwords import Argon2Passwords, Cost
from adapters.system.identifiers import SystemIdentifiers
from domain.leads.lead_token import lead_token
from domain.shared.errors import FieldFault, Invalid
from entrypoints.http.problems import from_domain
from entrypoints.logs import configure_logging
from entrypoints.settings.groups import GeneralSettings
from entrypoints.settings.parsing import Secret
from tests.support.database import TestDatabase
from tests.support.listening_places import hear_database
from tests.support.log_lines import captured_lines
from tests.support.overhearing import LISTENER

logger = logging.getLogger("sweepline.test")


def logged(text: str) -> None:
    """In a field that the log's own filter leaves as it is."""
    logger.info("heard", extra={"fields": {"event_id": text}})


def told(text: str) -> None:
    from_domain(Invalid("no", errors=[FieldFault(text, "is unknown")])).document("/", "r")


def refused(text: str) -> None:
    click.echo(f"sweepline: {text}", err=True)


@pytest.mark.parametrize("tell", [logged, told, refused])
async def test_every_kind_of_secret_is_heard_wherever_it_is_told(tell: Callable[[str], None]) -> None:
    setting = f"setting-{uuid4().hex}"
    Secret(setting)
    token = lead_token(SystemIdentifiers().secret(32))
    password = f"a password, {uuid4().hex}"
    await Argon2Passwords(Cost(time=1, memory_kib=8)).hash(password)
    for secret in (setting, token, password, "olive@acme.example", "+15550107731"):
        tell(f"here: {secret}")
        (found,) = LISTENER.take()
        assert secret in found
    tell("nothing to be found")
    assert LISTENER.take() == []


def test_a_command_that_sets_up_its_own_log_is_heard_too() -> None:
    @click.command()
    def command() -> None:
        configure_logging(GeneralSettings())
        logged("olive@acme.example")

    root = logging.getLogger()
    handlers = list(root.handlers)
    CliRunner().invoke(command)
    root.handlers[:] = handlers
    assert len(LISTENER.take()) == 1


def test_lines_that_a_test_takes_for_itself_are_heard_too() -> None:
    with captured_lines():
        logged("olive@acme.example")
    assert len(LISTENER.take()) == 1


def test_of_another_process_all_is_heard_but_what_it_was_asked_to_print() -> None:
    asked = "  owner       owner@demo.example  abcdefgh2345\ntemp_password: 234567abcdefgh\n"
    LISTENER.hear_output(asked, "output")
    assert LISTENER.take() == []
    LISTENER.hear_output(f"{asked}Traceback: no such owner@demo.example", "output")
    assert len(LISTENER.take()) == 1


def test_the_output_and_the_log_of_our_program_are_heard(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import os; print(os.environ['SMTP_PASSWORD'])", "entrypoints.cli.main"]
    environment = {"SMTP_PASSWORD": "a-canary-of-a-process"}
    subprocess.run(command, env=environment, capture_output=True, check=True)
    assert len(LISTENER.take()) == 1
    with (tmp_path / "log").open("w") as log:
        subprocess.run(command, env=environment, stdout=log, check=True)
    assert len(LISTENER.take()) == 1
    assert LISTENER.take() == []
    subprocess.run([*command[:3], "another program"], env=environment, capture_output=True, check=True)
    assert LISTENER.take() == []


async def test_what_a_database_keeps_is_heard(postgres: TestDatabase) -> None:
    hear_database(lambda statement: postgres.execute(f"select 'olive@acme.example' union all {statement}"))
    assert len(LISTENER.take()) == 1
