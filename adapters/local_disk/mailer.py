"""Mail for developers: each one is a file that any mail program opens."""

import os
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from anyio import to_thread

from adapters.mime.message import as_bytes
from application.ports.mailer import Mail

_OWNER_ONLY = 0o600


@dataclass(frozen=True, slots=True)
class FileMailer:
    """Writes `<event_id>.eml` into the folder. The file has its name only once it is whole and on disk;
    a second delivery of the same message replaces it."""

    folder: Path

    async def send(self, mail: Mail) -> str | None:
        await to_thread.run_sync(self._write, self.folder / f"{mail.event_id}.eml", as_bytes(mail))
        return None

    def _write(self, path: Path, content: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_name(f".{path.name}.{uuid4().hex}")
        try:
            descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            half.replace(path)
        finally:
            half.unlink(missing_ok=True)
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
