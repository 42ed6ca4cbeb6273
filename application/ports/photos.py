from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from domain.photos.photo import Phase, Photo, Reservation
from domain.shared.errors import Conflict
from domain.shared.ids import BookingId, OrgId, PhotoId


class TwinStored(Conflict):
    """The same bytes were stored for the same order and phase meanwhile: ours is lost, that photo counts."""

    def __init__(self) -> None:
        super().__init__("The same photo was stored meanwhile.")


@dataclass(frozen=True, slots=True)
class PhotoPosition:
    """Where a page ended, in the order of upload, then id."""

    uploaded_at: datetime
    photo_id: PhotoId


class Photos(Protocol):
    """The organisation's photos. An upload under way is none yet: only what names reservations sees it."""

    async def get(self, booking_id: BookingId, photo_id: PhotoId) -> Photo:
        """Raises PhotoNotFound, also for another order's or another organisation's."""

    async def find(self, photo_id: PhotoId) -> Photo | None: ...

    async def lock(self, booking_id: BookingId, photo_id: PhotoId) -> Photo:
        """As get; and no other unit writes this photo until ours ends."""

    async def find_same(self, booking_id: BookingId, phase: Phase, sent_sha256: bytes) -> Photo | None:
        """The photo that these bytes became."""

    async def list_page(
        self, booking_id: BookingId, after: PhotoPosition | None, limit: int
    ) -> Sequence[Photo]:
        """By upload, then id."""

    async def reserve(self, reservation: Reservation) -> None: ...

    async def store(self, photo: Photo) -> None:
        """Its reservation becomes this photo. Raises TwinStored; PhotoNotFound if nothing is reserved."""

    async def save(self, photo: Photo) -> None:
        """What may change of a photo: review, and who stands in whose place."""

    async def delete(self, photo_id: PhotoId) -> None:
        """Photo or reservation. No other photo may name it any more."""

    async def claim_stale(self, begun_before: datetime, limit: int) -> Sequence[Reservation]:
        """The oldest uploads that never ended, locked; but those that another unit has locked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedPhoto:
    """`lead_name` is None for a visit without a lead."""

    photo_id: PhotoId
    booking_id: BookingId
    starts_at: datetime
    timezone: str
    lead_name: str | None
    uploader_name: str
    phase: str
    review_status: str
    review_comment: str | None
    uploaded_at: datetime
    filename: str
    content_type: str
    size_bytes: int


type QueueHalf = Literal["pending", "needs_retake"]


@dataclass(frozen=True, slots=True)
class PhotoQueuePage:
    """The counts are of all that wait, whichever half was asked for."""

    items: Sequence[QueuedPhoto]
    pending_count: int
    needs_retake_count: int


class PhotoQueue(Protocol):
    """What waits for a look or a retake: neither what is approved nor what was replaced."""

    async def page(self, halves: frozenset[QueueHalf], *, limit: int, offset: int) -> PhotoQueuePage:
        """Longest waiting first, then by id. One statement, so that items and counts agree."""


class SpentLinks(Protocol):
    """Which links that open once were opened."""

    async def claim(self, jti: str, expires_at: datetime, now: datetime) -> bool:
        """False if it was claimed before. Forgets those that have run out by themselves."""


class StaleUploads(Protocol):
    async def list_orgs(self, begun_before: datetime) -> Sequence[OrgId]:
        """Those with an upload that never ended."""
