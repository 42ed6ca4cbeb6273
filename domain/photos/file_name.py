"""The name that a file had where it came from: shown, and used for nothing else."""

import re
import unicodedata

MOST_LENGTH = 120
FALLBACK = "photo"
SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,5}$")
SPELLINGS = {".jpg": {".jpg", ".jpeg", ".jpe", ".jfif"}}
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Controls, marks that turn the direction of writing, halves of surrogates, line separators."""


def shown_name(sent: str, extension: str) -> str:
    """The last part of a path, without what cannot be seen, ending as the bytes want it; ≤ 120 characters."""
    visible = "".join(" " if c.isspace() else c for c in sent if unicodedata.category(c) not in _UNSEEN)
    last = re.split(r"[/\\]", visible)[-1]
    name = " ".join(last.split()).rstrip(". ")
    found = SUFFIX.search(name)
    ending = found[0] if found else ""
    if ending.lower() in SPELLINGS.get(extension, {extension}):
        stem = name.removesuffix(ending)
    else:
        stem, ending = name.removesuffix(ending), extension
    stem = stem.strip(". ") or FALLBACK
    return stem[: MOST_LENGTH - len(ending)].rstrip() + ending
