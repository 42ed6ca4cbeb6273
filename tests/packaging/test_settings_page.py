"""docs/settings.md has every variable once, with the default and the bounds that hold."""

import re
from collections.abc import Iterator
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

import pytest

from entrypoints.settings.load import Settings
from entrypoints.settings.parsing import Unreadable, Variable, variable_of
from entrypoints.settings.warnings import known_variables

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `([A-Z0-9_]+)` \| (.*?) \| (.*?) \|", re.MULTILINE)
ROWS = {name: (default, takes) for name, default, takes in ROW.findall(PAGE)}
LOOKED_AT = {"STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"}  # by `sweepline doctor`


def test_the_page_has_each_variable_once() -> None:
    assert sorted(name for name, *_ in ROW.findall(PAGE)) == sorted(known_variables())


def test_defaults_and_bounds_are_those_of_the_code() -> None:
    for variable, field in declared():
        default, takes = ROWS[variable.name]
        assert default == shown(field.default), variable.name
        whole = re.fullmatch(r"(?:(\d+)–|≥ )(\d+)", takes)
        if whole is None:
            continue
        least, most = (int(whole[1]), int(whole[2])) if whole[1] else (int(whole[2]), None)
        variable.parse(str(least))
        with pytest.raises(Unreadable):
            variable.parse(str(least - 1))
        if most is not None:
            variable.parse(str(most))
            with pytest.raises(Unreadable):
                variable.parse(str(most + 1))


def test_choices_are_those_of_the_code() -> None:
    for variable, _ in declared():
        for choice in re.findall(r"`([\w/]+)`", ROWS[variable.name][1]):
            assert str(variable.parse(choice)) == choice, variable.name


def test_what_is_said_not_to_be_enforced_is_asked_for_nowhere() -> None:
    """Whoever builds one of these takes it out of that part of the page."""
    idle = {name for name, *_ in ROW.findall(PAGE.partition("## Read, and not enforced yet")[2])}
    assert len(idle) > len(LOOKED_AT)
    sources = [
        path.read_text(encoding="utf-8")
        for path in (ROOT / "entrypoints").rglob("*.py")
        if path.parent.name != "settings"
    ]
    names = [field.name for variable, field in declared() if variable.name in idle - LOOKED_AT]
    assert not [name for name in names if any(re.search(rf"\.{name}\b", source) for source in sources)]


def declared() -> Iterator[tuple[Variable, Field[Any]]]:
    for group in fields(Settings):
        if group.name != "given":
            for field in fields(group.type):  # type: ignore[arg-type]  # every group is a dataclass
                yield variable_of(field), field


def shown(default: Any) -> str:
    if default is None or default == ():
        return "–"
    if isinstance(default, bool):
        return str(default).lower()
    return ",".join(default) if isinstance(default, tuple) else str(default)
