"""The Dockerfile's promises that a linter does not know."""

import re
from pathlib import Path

TEXT = (Path(__file__).parents[2] / "Dockerfile").read_text(encoding="utf-8")
FINAL = TEXT[TEXT.rindex("\nFROM ") :]


def test_the_last_user_is_not_root_and_named_by_number() -> None:
    assert re.findall(r"^USER (.+)$", FINAL, re.MULTILINE) == ["10001:10001"]


def test_health_is_asked_of_healthz_without_curl() -> None:
    check = next(line for line in FINAL.splitlines() if line.startswith("HEALTHCHECK"))
    assert "'/healthz'" in check
    assert "curl" not in TEXT
    assert "wget" not in TEXT


def test_one_entry_point_and_no_build_tool_in_the_final_stage() -> None:
    assert 'ENTRYPOINT ["sweepline"]' in FINAL
    assert "pip install" not in FINAL
    assert "VOLUME /var/lib/sweepline/uploads" in FINAL
