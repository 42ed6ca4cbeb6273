"""Secrets that dev needs, made once and kept under the home, readable by its owner alone."""

import json
import os
import secrets
import tempfile
from pathlib import Path

NAMES = ("AUTH_SECRET_KEY", "CLIENT_PORTAL_SECRET", "WORKER_PORTAL_SECRET")
FILE = "secrets.json"


def kept_secrets(home: Path) -> dict[str, str]:
    """The home's secrets; the first caller makes them, whoever races with it gets the same."""
    path = home / FILE
    if not path.exists():
        _make(home, path)
    kept: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return {name: kept[name] for name in NAMES}


def _make(home: Path, path: Path) -> None:
    home.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=home, prefix=f".{FILE}-")  # mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump({name: secrets.token_urlsafe(48) for name in NAMES}, file)
        Path(path).hardlink_to(draft)
    except FileExistsError:
        return  # another process was first
    finally:
        Path(draft).unlink()
