"""A photo of a visit: what was uploaded, by whom, and what the office says of it."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from domain.photos.refusals import PhotoLocked, PhotoReplaced
from domain.shared.errors import Invalid
from domain.shared.ids import BookingId, PhotoId


class Phase(StrEnum):
    BEFORE = "BEFORE"
    AFTER = "AFTER"


class ReviewStatus(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    NEEDS_RETAKE = "needs_retake"


VERDICTS = frozenset({ReviewStatus.APPROVED, ReviewStatus.NEEDS_RETAKE})
"""Each can follow from any status; nothing leads back to pending but a new upload."""


class UploaderKind(StrEnum):
    STAFF = "staff"
    WORKER = "worker"


@dataclass(frozen=True, slots=True)
class Uploader:
    """`id` is a user's for staff (none for legacy callers), a worker's for workers. The name is the one of
    the day of the upload."""

    kind: UploaderKind
    id: UUID | None
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What is stored: size and SHA-256 are of the stored original. `sent_sha256` is of the bytes as they
    were sent, by which a repetition is known again. Stored keys are what the store calls the objects."""

    content_type: str
    extension: str  # ".jpg"
    size_bytes: int
    width: int
    height: int
    sha256: bytes
    sent_sha256: bytes
    stored_key: str
    stored_thumbnail_key: str | None  # None: the store derives the thumbnail from the original


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """An upload under way. It counts towards the plan's storage with the most that it may become."""

    id: PhotoId
    booking_id: BookingId
    uploader: Uploader
    reserved_bytes: int
    begun_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """Each verb returns the photo after it, one version on; one that changes nothing the very same object."""

    id: PhotoId
    booking_id: BookingId
    phase: Phase
    filename: str
    picture: Picture
    uploader: Uploader
    uploaded_at: datetime
    review_status: ReviewStatus = ReviewStatus.PENDING
    review_comment: str | None = None
    reviewed_by: UUID | None = None
    reviewed_at: datetime | None = None
    replaces: PhotoId | None = None
    replaced_by: PhotoId | None = None
    version: int = 1

    @property
    def needs_retake(self) -> bool:
        return self.review_status is ReviewStatus.NEEDS_RETAKE

    @property
    def is_approved(self) -> bool:
        return self.review_status is ReviewStatus.APPROVED

    def review(
        self, now: datetime, verdict: ReviewStatus, *, comment: str | None, reviewer: UUID | None
    ) -> Self:
        """Raises Invalid for a retake without a word on what to do better; PhotoReplaced, as who looks at the
        old one should look at the new one."""
        if verdict not in VERDICTS:
            raise ValueError("A review approves, or asks for a retake.")
        if verdict is ReviewStatus.NEEDS_RETAKE and not comment:
            raise Invalid.field("review_comment", "is required where a retake is asked for")
        if self.replaced_by is not None:
            raise PhotoReplaced
        if verdict is self.review_status and comment == self.review_comment:
            return self
        return replace(
            self,
            review_status=verdict,
            review_comment=comment,
            reviewed_by=reviewer,
            reviewed_at=now,
            version=self.version + 1,
        )

    def replaced_with(self, newer: PhotoId) -> Self:
        """Leaves the queue. Raises PhotoReplaced if another stands in its place already."""
        if self.replaced_by is not None:
            raise PhotoReplaced("Another photo stands in its place already.")
        return replace(self, replaced_by=newer, version=self.version + 1)

    def followed_by(self, newer: PhotoId | None) -> Self:
        """The one that replaced it is gone. With none in its place, what was said of it counts again."""
        return replace(self, replaced_by=newer, version=self.version + 1)

    def following(self, older: PhotoId | None) -> Self:
        """The one that it replaced is gone."""
        return replace(self, replaces=older, version=self.version + 1)

    def is_taken_by(self, worker_id: UUID) -> bool:
        return self.uploader.kind is UploaderKind.WORKER and self.uploader.id == worker_id

    def is_open_to(self, worker_id: UUID) -> bool:
        """Whether that worker may take it back: their own, and nobody has approved it."""
        return self.is_taken_by(worker_id) and not self.is_approved

    def must_be_open_to(self, worker_id: UUID) -> None:
        """Raises PhotoLocked."""
        if not self.is_taken_by(worker_id):
            raise PhotoLocked("Somebody else took this photo.")
        if self.is_approved:
            raise PhotoLocked

    def may_be_seen_by_client(self, *, consent: bool) -> bool:
        """Asked when a link is made, and again when it is used."""
        return consent and self.is_approved
