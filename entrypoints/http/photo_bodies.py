"""Photos as they are sent and answered. Where their bytes lie is in no answer."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from application.photos.review_photo import ReviewPhoto
from application.ports.photos import PhotoQueuePage, QueuedPhoto
from domain.booking.booking import Booking
from domain.identity.actor import Actor, Need
from domain.photos.photo import Phase, Photo, ReviewStatus, Uploader, UploaderKind
from domain.scheduling.local_time import day_of
from domain.shared.ids import BookingId, PhotoId
from domain.shared.versions import Expected
from entrypoints.http.lead_bodies import ActionAnswer
from entrypoints.http.texts import ShortNotes
from entrypoints.http.values import MULTILINE

ConsentNote = Annotated[str, Meta(max_length=255), MULTILINE]
OverrideReason = Annotated[str, Meta(min_length=1, max_length=500), MULTILINE]


class ConsentBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    consent_photos: bool
    note: ConsentNote | None = None


class ConsentAnswer(msgspec.Struct, kw_only=True):
    order_id: UUID
    consent_photos: bool
    set_by: str | None
    set_at: datetime | None


class ReviewBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A retake needs a word on what to do better."""

    review_status: Literal["approved", "needs_retake"]
    review_comment: ShortNotes | None = None

    def command(self, order_id: UUID, photo_id: UUID, expected_version: Expected) -> ReviewPhoto:
        return ReviewPhoto(
            order_id=BookingId(order_id),
            photo_id=PhotoId(photo_id),
            verdict=ReviewStatus(self.review_status),
            comment=self.review_comment or None,
            expected_version=expected_version,
        )


class PhotoForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The parts of an upload beside its `file`."""

    phase: Phase
    replaces: UUID | None = None
    override_consent_reason: OverrideReason | None = None


class UploaderAnswer(msgspec.Struct, kw_only=True):
    kind: UploaderKind
    id: UUID | None
    name: str


class PhotoAnswer(msgspec.Struct, kw_only=True):
    photo_id: UUID
    order_id: UUID
    phase: Phase
    filename: str
    content_type: str
    size_bytes: int
    width: int
    height: int
    sha256: str
    uploaded_by: UploaderAnswer
    uploaded_at: datetime
    review_status: ReviewStatus
    needs_retake: bool
    review_comment: ShortNotes | None
    reviewed_by: UUID | None
    reviewed_at: datetime | None
    replaces: UUID | None
    replaced_by: UUID | None
    version: int
    actions: list[ActionAnswer]


class PhotoUrlAnswer(msgspec.Struct, kw_only=True):
    url: str
    expires_at: datetime
    expires_in: int
    variant: Literal["original", "thumbnail"]


class QueuedPhotoAnswer(msgspec.Struct, kw_only=True):
    photo_id: UUID
    order_id: UUID
    booking_ref: str
    worker_name: str
    phase: Phase
    review_status: Literal["pending", "needs_retake"]
    needs_retake: bool
    review_comment: ShortNotes | None
    uploaded_at: datetime
    filename: str
    content_type: str
    size_bytes: int
    actions: list[ActionAnswer]


class PhotoQueueAnswer(msgspec.Struct, kw_only=True):
    items: list[QueuedPhotoAnswer]
    total: int
    limit: int
    offset: int
    pending_count: int
    needs_retake_count: int


def consent_answer(booking: Booking) -> ConsentAnswer:
    record = booking.consent
    return ConsentAnswer(
        order_id=booking.id,
        consent_photos=booking.consent_photos,
        set_by=record.set_by if record else None,
        set_at=record.set_at if record else None,
    )


def photo_answer(photo: Photo, actor: Actor, reader: Uploader | None = None) -> PhotoAnswer:
    """`reader` tells which worker reads, where one does."""
    picture, uploader = photo.picture, photo.uploader
    return PhotoAnswer(
        photo_id=photo.id,
        order_id=photo.booking_id,
        phase=photo.phase,
        filename=photo.filename,
        content_type=picture.content_type,
        size_bytes=picture.size_bytes,
        width=picture.width,
        height=picture.height,
        sha256=picture.sha256.hex(),
        uploaded_by=UploaderAnswer(kind=uploader.kind, id=uploader.id, name=uploader.name),
        uploaded_at=photo.uploaded_at,
        review_status=photo.review_status,
        needs_retake=photo.needs_retake,
        review_comment=photo.review_comment,
        reviewed_by=photo.reviewed_by,
        reviewed_at=photo.reviewed_at,
        replaces=photo.replaces,
        replaced_by=photo.replaced_by,
        version=photo.version,
        actions=list(_actions(photo, actor, reader)),
    )


def _actions(photo: Photo, actor: Actor, reader: Uploader | None) -> Iterator[ActionAnswer]:
    if actor.may(Need.DISPATCH):
        href = f"/v1/orders/{photo.booking_id}/photos/{photo.id}"
        if photo.replaced_by is None:
            yield from _verdicts(href, photo.review_status.value)
        yield ActionAnswer("view", "GET", f"{href}/signed-url")
        if actor.may(Need.ADMIN):
            yield ActionAnswer("delete", "DELETE", href)
    elif reader is not None and reader.id is not None:
        href = f"/v1/worker/jobs/{photo.booking_id}/photos/{photo.id}"
        yield ActionAnswer("view", "GET", f"{href}/signed-url")
        if photo.is_open_to(reader.id):
            yield ActionAnswer("delete", "DELETE", href)


def _verdicts(href: str, status: str) -> Iterator[ActionAnswer]:
    """Approving what is approved would change nothing; a retake may be asked for in other words."""
    if status != ReviewStatus.APPROVED:
        yield ActionAnswer("approve", "POST", f"{href}/review")
    yield ActionAnswer("needs_retake", "POST", f"{href}/review")


def photo_queue_answer(page: PhotoQueuePage, *, status: str, limit: int, offset: int) -> PhotoQueueAnswer:
    pending, retakes = page.pending_count, page.needs_retake_count
    return PhotoQueueAnswer(
        items=[_queued(item) for item in page.items],
        total={"pending": pending, "needs_retake": retakes, "all": pending + retakes}[status],
        limit=limit,
        offset=offset,
        pending_count=pending,
        needs_retake_count=retakes,
    )


def _queued(item: QueuedPhoto) -> QueuedPhotoAnswer:
    href = f"/v1/orders/{item.booking_id}/photos/{item.photo_id}"
    day = day_of(item.starts_at, ZoneInfo(item.timezone)).isoformat()
    status = ReviewStatus(item.review_status)
    return QueuedPhotoAnswer(
        photo_id=item.photo_id,
        order_id=item.booking_id,
        booking_ref=f"{day} {item.lead_name}" if item.lead_name else day,
        worker_name=item.uploader_name,
        phase=Phase(item.phase),
        review_status=status.value,  # type: ignore[arg-type]  # neither approved nor anything else is queued
        needs_retake=status is ReviewStatus.NEEDS_RETAKE,
        review_comment=item.review_comment,
        uploaded_at=item.uploaded_at,
        filename=item.filename,
        content_type=item.content_type,
        size_bytes=item.size_bytes,
        actions=[*_verdicts(href, status), ActionAnswer("view", "GET", f"{href}/signed-url")],
    )


CONSENT_EXAMPLE: dict[str, Any] = {"consent_photos": True, "note": "Said so on the phone"}
REVIEW_EXAMPLE: dict[str, Any] = {"review_status": "needs_retake", "review_comment": "The oven is not in it"}
UPLOAD_EXAMPLE: dict[str, Any] = {"phase": "AFTER", "file": "the bytes of a JPEG, PNG or WebP"}
