from dataclasses import dataclass

from application.ports.clock import Clock
from application.ports.object_storage import FileLinks, ServedFile, ServedFiles
from domain.shared.errors import NotFound
from domain.storage.object_keys import is_sound


@dataclass(frozen=True, slots=True)
class ServeFile:
    key: str
    expires: int  # seconds since 1970
    signature: str


@dataclass(frozen=True, slots=True)
class ServeFileHandler:
    """The link alone lets somebody in: it names one file and says until when."""

    files: ServedFiles
    links: FileLinks
    clock: Clock

    async def handle(self, command: ServeFile) -> tuple[str, ServedFile]:
        """Content type and bytes. Raises NotFound, FileLinkInvalid."""
        if not is_sound(command.key):
            raise NotFound
        content_type = self.links.check(
            command.key, expires=command.expires, signature=command.signature, now=self.clock.now()
        )
        found = await self.files.open(command.key)
        if found is None:
            raise NotFound
        return content_type, found
