"""Every dependency has its reason in docs/dependencies.md, and every reason its dependency."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_each_dependency_has_one_line_and_each_line_a_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [*project["project"]["dependencies"]]
    for group in project["dependency-groups"].values():
        wanted += group
    declared = sorted(re.split(r"[\[<>=; ]", line, maxsplit=1)[0] for line in wanted)
    page = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([a-z0-9-]+) \| .{4,}", page, re.MULTILINE)
    assert sorted(row for row in rows if row != "package") == declared
