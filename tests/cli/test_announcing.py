import json

import pytest

from entrypoints.cli.announcing import announce
from entrypoints.settings import load_settings
from tests.cli.test_settings import SOUND
from tests.support.log_lines import captured_lines


def test_production_speaks_in_lines_of_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    production = load_settings(SOUND)
    with captured_lines():  # for it puts the process's log back
        announce(
            production, "Listening on http://127.0.0.1:8123 (documentation at http://127.0.0.1:8123/docs)"
        )
        announce(production, "EXPORT_WEBHOOK_ALLOW_HTTP is on.", warning=True)
    told = capsys.readouterr()
    lines = [json.loads(line) for line in told.out.splitlines()]
    assert [line["level"] for line in lines] == ["info", "warning"]
    assert lines[0]["message"].startswith("Listening on http://127.0.0.1:8123 ")
    assert told.err == ""


def test_dev_speaks_to_people(capsys: pytest.CaptureFixture[str]) -> None:
    here = load_settings({})
    announce(here, "Sweepline in dev.")
    announce(here, "Mind the step.", warning=True)
    told = capsys.readouterr()
    assert (told.out, told.err) == ("Sweepline in dev.\n", "Warning: Mind the step.\n")
