"""Under which names the bytes of a photo lie, in every store alike (field page, §9, "Keys")."""

import re
from dataclasses import dataclass

from domain.shared.ids import BookingId, OrgId, PhotoId

EXTENSIONS = (".jpg", ".png", ".webp")
"""Of what is written: they follow the bytes."""
MOST_LENGTH = 400  # four UUIDs and two words take less than half of it
_PART = re.compile(r"[A-Za-z0-9._-]+")


def is_sound(key: str) -> bool:
    """Whether it can name an object at all: parts of a plain alphabet, none of which leads elsewhere."""
    parts = key.split("/")
    return len(key) <= MOST_LENGTH and all(
        _PART.fullmatch(part) and part != "." and ".." not in part for part in parts
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoKeys:
    """Where one photo's objects lie. `extension` follows the bytes (".jpg"); empty for none.

    Aliases are names of earlier releases: they are read and deleted, never written."""

    org_id: OrgId
    booking_id: BookingId
    photo_id: PhotoId
    extension: str = ""

    @property
    def original(self) -> str:
        return f"orders/{self.org_id}/{self.booking_id}/{self._original_name}"

    @property
    def thumbnail(self) -> str:
        return f"orders/{self.org_id}/{self.booking_id}/{self._thumbnail_name}"

    @property
    def originals(self) -> tuple[str, ...]:
        """Where to look for the original: the canonical key, then the aliases in their order."""
        return (self.original, *self._aliases(self._original_name))

    @property
    def thumbnails(self) -> tuple[str, ...]:
        return (self.thumbnail, *self._aliases(self._thumbnail_name))

    @property
    def every(self) -> tuple[str, ...]:
        """All that must be gone when the photo is: one tombstone each."""
        return (*self.originals, *self.thumbnails)

    @property
    def _original_name(self) -> str:
        return f"{self.photo_id}{self.extension}"

    @property
    def _thumbnail_name(self) -> str:
        return f"{self.photo_id}_thumb.webp"

    def _aliases(self, name: str) -> tuple[str, ...]:
        org, booking = self.org_id, self.booking_id
        return (
            f"{org}/{booking}/{name}",
            f"org/{org}/bookings/{booking}/{name}",
            f"orders/{booking}/{name}",
            f"bookings/{booking}/{name}",
        )
