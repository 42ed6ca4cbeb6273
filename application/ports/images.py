from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanImage:
    """Encoded anew: nothing of what stood around the pixels is left. The files go with the context."""

    content_type: str
    extension: str  # ".jpg"
    width: int
    height: int
    size_bytes: int
    sha256: bytes
    original: Path
    thumbnail: Path | None


class Images(Protocol):
    def cleaned(self, source: Path, *, thumbnail: bool) -> AbstractAsyncContextManager[CleanImage]:
        """The first frame, upright. What it is, its first bytes say; how large, is known before a pixel is
        decoded. Raises TypeNotAllowed, ImageTooLarge, ImageUnreadable."""
