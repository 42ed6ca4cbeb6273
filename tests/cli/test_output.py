"""`--json`: one document, wherever on the line it stands and however the command ends."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from entrypoints.cli.main import cli, main


@pytest.mark.parametrize(
    "line",
    [
        ["jobs", "list", "--json"],
        ["jobs", "--json", "list"],
        ["--json", "jobs", "list"],
        ["--json", "jobs", "--json", "list", "--json"],
    ],
)
def test_a_document_is_asked_for_anywhere_on_the_line(line: list[str]) -> None:
    told = CliRunner().invoke(cli, line)
    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout)["items"]


def test_text_is_for_whoever_asks_for_none() -> None:
    told = CliRunner().invoke(cli, ["jobs", "list"])
    assert told.stdout.startswith("outbox-delivery ")


def nowhere(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setenv("APP_ENV", "dev")
    monkeypatch.setenv("SWEEPLINE_HOME", str(home))
    monkeypatch.setenv("DATABASE_URL", f"postgresql://app:canary@/nothing?host={home}")


@pytest.mark.parametrize("line", [["org", "list", "--json"], ["--json", "migrate", "--check"]])
def test_a_command_that_fails_says_so_in_its_document_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, line: list[str]
) -> None:
    nowhere(monkeypatch, tmp_path)
    told = CliRunner().invoke(cli, line)
    assert told.exit_code == 1
    document = json.loads(told.stdout)
    assert document["status"] == "failed"
    assert document["message"] in told.stderr
    assert "canary" not in told.output


def test_without_it_standard_output_stays_empty(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    nowhere(monkeypatch, tmp_path)
    told = CliRunner().invoke(cli, ["org", "list"])
    assert (told.exit_code, told.stdout) == (1, "")
    assert told.stderr.startswith("sweepline: ")


def test_a_refused_configuration_is_a_document_wherever_it_was_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ADMIN_READ_ONLY", "perhaps")
    with pytest.raises(SystemExit) as ended:
        main(["--json", "org", "create", "--name", "N", "--slug", "s", "--owner-email", "a@b.example"])
    assert ended.value.code == 78
    assert "ADMIN_READ_ONLY" in {fault["variable"] for fault in json.loads(capsys.readouterr().out)["faults"]}
