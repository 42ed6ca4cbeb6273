"""Listens along while the whole suite runs: what the application logs, prints as a command's refusal, tells
in problem documents, and keeps in its audit log and its columns for errors.

Heard are the shapes of what tests write as addresses, numbers and passwords, and every secret that was made
or set meanwhile, by its very value: secret settings, random credentials, passwords hashed or tried.
"""

import re
from pathlib import Path

NEVER = re.compile(
    r"eyJ[\w-]{20,}"  # a token
    r"|[\w.+-]+@[\w-]+\.example"  # an address, as all tests write them
    r"|\+1 ?555[ \d]{6,}"
    r"|correct horse battery staple|four other words entirely"  # passwords of tests
    r"|sk_(?:live|test)_\w|whsec_\w"
)
WORD = re.compile(r"[\w-]{11,}")
SHORTEST = 11  # characters; a recovery code has eleven
MOST_PHRASES = 300  # secrets that are no single word are looked for one by one
MEANT = re.compile(
    r"^\s+(?:owner|admin|dispatcher|finance|viewer|worker)\s+\S+@\S+\s+\S+\s*$"  # the demo's logins
    r'|^\s*"?temp_password"?:.*$|^\{.*"(?:temp_password|logins)":.*\}$',
    re.MULTILINE,
)
"""What a command prints because it was asked for it."""


class Overhearing:
    """Keeps nothing of what it hears but the lines with a find."""

    def __init__(self) -> None:
        self.heard = 0
        self.found: list[str] = []
        self.words: set[str] = set()
        self.phrases: set[str] = set()
        self.logs: dict[Path, int] = {}  # of other processes, and how far they were read

    def learn(self, secret: str) -> None:
        if len(secret) < SHORTEST:
            return
        if WORD.fullmatch(secret):
            self.words.add(secret)
        elif len(self.phrases) < MOST_PHRASES:
            self.phrases.add(secret)

    def hear(self, text: str, where: str) -> None:
        self.heard += 1
        if NEVER.search(text) or not self.words.isdisjoint(WORD.findall(text)) or self._sung(text):
            self.found.append(f"{where}: {text}")

    def _sung(self, text: str) -> bool:
        return any(phrase in text for phrase in self.phrases)

    def hear_output(self, text: str, where: str) -> None:
        """Of another process: whatever it says, but for what it was asked to print."""
        for line in MEANT.sub("", text).splitlines():
            self.hear(line, where)

    def follow(self, log: Path) -> None:
        self.logs.setdefault(log, 0)

    def catch_up(self) -> None:
        """With what other processes have written meanwhile, in whole lines."""
        for log, read in self.logs.items():
            if log.exists() and log.stat().st_size > read:
                with log.open("rb") as stream:
                    stream.seek(read)
                    lines = stream.read().rpartition(b"\n")[0]
                self.logs[log] = read + len(lines)
                self.hear_output(lines.decode(errors="replace"), log.name)

    def take(self) -> list[str]:
        self.catch_up()
        found, self.found = self.found, []
        return found

    def write(self, line: str) -> int:
        """As the stream of a handler."""
        self.hear(line, "log")
        return len(line)

    def flush(self) -> None: ...


LISTENER = Overhearing()
"""The one of this process."""
