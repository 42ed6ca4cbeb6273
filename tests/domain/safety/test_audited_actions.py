"""The allowlists of the audit log, and that no action escapes them."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from domain.safety.audited_actions import ACTIONS, AuditedAction

ROOT = Path(__file__).parents[3]


def test_only_what_is_listed_is_kept() -> None:
    action = AuditedAction("", ("status",), personal=("email",))
    told = action.kept({"status": "live", "email": "jane@example.com", "password": "secret"})
    assert told == {"status": "live", "email": "<personal>"}
    assert action.kept({"email": None}) == {"email": None}
    assert action.kept(None) is None


def actions_in(source: str) -> Iterator[str]:
    """Each literal action of `….audit.record(actor, "action", …)` and of what passes it on."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        place = {"record_change": 2}.get(called, 1 if called.endswith("audit.record") else None)
        if place is not None and isinstance(node.args[place], ast.Constant):
            yield str(node.args[place].value)  # type: ignore[attr-defined]  # a constant, just seen


def test_every_action_of_the_product_is_listed() -> None:
    found = {
        action
        for room in ("application", "entrypoints")
        for path in sorted((ROOT / room).rglob("*.py"))
        for action in actions_in(path.read_text(encoding="utf-8"))
    }
    assert len(found) > 20
    assert found <= set(ACTIONS), "list it in domain/safety/audited_actions.py, with what it may keep"


def test_every_action_is_explained() -> None:
    page = (ROOT / "docs/audit.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z_]+)` \| (.+?) \| (.*?) \|$", page, re.MULTILINE)
    told = [(name, means, keeps) for name, means, keeps in rows]
    assert told == [
        (name, action.means, " ".join((*action.keeps, *action.personal)) or "–")
        for name, action in ACTIONS.items()
    ]
