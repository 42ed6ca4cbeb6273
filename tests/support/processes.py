"""Processes as Linux shows them."""

from pathlib import Path

_STATE, _GROUP = 0, 2
"""Behind the name in brackets: fields 3 and 5 of `/proc/<pid>/stat`."""


def is_running(process: int) -> bool:
    """Not when it has ended and nobody has waited for it yet."""
    try:
        return _fields(Path(f"/proc/{process}"))[_STATE] != "Z"
    except OSError:
        return False


def group_of(leader: int | None) -> list[int]:
    found = list[int]()
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if _fields(place)[_GROUP] == str(leader):
                found.append(int(place.name))
        except OSError:  # it has just ended
            continue
    return sorted(found)


def _fields(place: Path) -> list[str]:
    return (place / "stat").read_text(errors="replace").rpartition(")")[2].split()
