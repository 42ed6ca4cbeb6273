"""Who the server runs as: ourselves, or another account when we are root, which PostgreSQL refuses."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

CANDIDATES = ("nobody", "daemon")


@dataclass(frozen=True, slots=True)
class Account:
    uid: int
    gid: int
    borrowed: bool  # not our own: what it touches must be given to it

    @classmethod
    def for_server(cls) -> "Account":
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid(), borrowed=False)
        for name in CANDIDATES:
            try:
                entry = pwd.getpwnam(name)
            except KeyError:
                continue
            return cls(entry.pw_uid, entry.pw_gid, borrowed=True)
        raise LookupError(f"Run as an ordinary user: none of the accounts {', '.join(CANDIDATES)} exists.")

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        """Run to the end, in a session of its own: Ctrl-C in our terminal does not reach what it starts."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PG") and k != "TZ"}
        return subprocess.run(  # noqa: S603  # programs of our own cache, no shell
            [str(part) for part in command],
            check=False,
            capture_output=True,
            text=True,
            cwd="/",
            env=environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            user=self.uid if self.borrowed else None,
            group=self.gid if self.borrowed else None,
            extra_groups=[] if self.borrowed else None,
        )

    def own(self, directory: Path) -> None:
        """Make it, private to this account; refuse one that somebody else put there first."""
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = directory.lstat()
        if self.borrowed and found.st_uid == os.geteuid():
            os.chown(directory, self.uid, self.gid, follow_symlinks=False)
        elif found.st_uid != self.uid:
            raise PermissionError(f"{directory} belongs to another user: remove it or choose another home.")
        if directory.is_symlink():
            raise PermissionError(f"{directory} is a link: remove it.")
        directory.chmod(0o700)

    def reaches(self, directory: Path) -> bool:
        """Whether this account may pass through every directory on the way, this one included."""
        if not self.borrowed:
            return True
        return all(self._may_enter(step.stat()) for step in (directory, *directory.parents))

    def _may_enter(self, found: os.stat_result) -> bool:
        if found.st_uid == self.uid:
            return bool(found.st_mode & 0o100)
        return bool(found.st_mode & (0o010 if found.st_gid == self.gid else 0o001))
