from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from adapters.memory.orgs import MemoryOrgProfiles
from application.ports.photos import (
    PhotoPosition,
    PhotoQueuePage,
    QueuedPhoto,
    QueueHalf,
    TwinStored,
)
from domain.booking.booking import Booking
from domain.leads.lead import Lead
from domain.photos.photo import Phase, Photo, Reservation
from domain.photos.refusals import PhotoNotFound
from domain.shared.ids import BookingId, LeadId, OrgId, PhotoId


@dataclass(frozen=True, slots=True)
class MemoryPhotos:
    rows: dict[PhotoId, Photo]
    uploads: dict[PhotoId, Reservation]

    async def get(self, booking_id: BookingId, photo_id: PhotoId) -> Photo:
        photo = self.rows.get(photo_id)
        if photo is None or photo.booking_id != booking_id:
            raise PhotoNotFound
        return photo

    async def find(self, photo_id: PhotoId) -> Photo | None:
        return self.rows.get(photo_id)

    async def lock(self, booking_id: BookingId, photo_id: PhotoId) -> Photo:
        return await self.get(booking_id, photo_id)

    async def find_same(self, booking_id: BookingId, phase: Phase, sent_sha256: bytes) -> Photo | None:
        wanted = (booking_id, phase, sent_sha256)
        return next((photo for photo in self.rows.values() if _sameness(photo) == wanted), None)

    async def list_page(
        self, booking_id: BookingId, after: PhotoPosition | None, limit: int
    ) -> Sequence[Photo]:
        found = [photo for photo in self.rows.values() if photo.booking_id == booking_id]
        if after is not None:
            found = [photo for photo in found if _place(photo) > (after.uploaded_at, after.photo_id)]
        return sorted(found, key=_place)[:limit]

    async def reserve(self, reservation: Reservation) -> None:
        self.uploads[reservation.id] = reservation

    async def store(self, photo: Photo) -> None:
        if photo.id not in self.uploads:
            raise PhotoNotFound
        if any(_sameness(other) == _sameness(photo) for other in self.rows.values()):
            raise TwinStored
        del self.uploads[photo.id]
        self.rows[photo.id] = photo

    async def save(self, photo: Photo) -> None:
        if photo.id in self.rows:
            self.rows[photo.id] = photo

    async def delete(self, photo_id: PhotoId) -> None:
        self.rows.pop(photo_id, None)
        self.uploads.pop(photo_id, None)

    async def claim_stale(self, begun_before: datetime, limit: int) -> Sequence[Reservation]:
        found = [upload for upload in self.uploads.values() if upload.begun_at < begun_before]
        return sorted(found, key=lambda upload: upload.begun_at)[:limit]


@dataclass(frozen=True, slots=True)
class MemoryPhotoQueue:
    photos: Mapping[PhotoId, Photo]
    bookings: Mapping[BookingId, Booking]
    leads: Mapping[LeadId, Lead]
    profiles: MemoryOrgProfiles

    async def page(self, halves: frozenset[QueueHalf], *, limit: int, offset: int) -> PhotoQueuePage:
        waiting = [p for p in self.photos.values() if p.replaced_by is None and not p.is_approved]
        chosen = sorted((photo for photo in waiting if photo.review_status in halves), key=_place)
        retakes = sum(photo.needs_retake for photo in waiting)
        timezone = (await self.profiles.get()).timezone
        items = [self._queued(photo, timezone) for photo in chosen[offset : offset + limit]]
        return PhotoQueuePage(items, len(waiting) - retakes, retakes)

    def _queued(self, photo: Photo, timezone: str) -> QueuedPhoto:
        booking = self.bookings[photo.booking_id]
        return QueuedPhoto(
            photo_id=photo.id,
            booking_id=photo.booking_id,
            starts_at=booking.slot.starts_at,
            timezone=timezone,
            lead_name=self.leads[booking.lead_id].name if booking.lead_id else None,
            uploader_name=photo.uploader.name,
            phase=photo.phase.value,
            review_status=photo.review_status.value,
            review_comment=photo.review_comment,
            uploaded_at=photo.uploaded_at,
            filename=photo.filename,
            content_type=photo.picture.content_type,
            size_bytes=photo.picture.size_bytes,
        )


@dataclass(frozen=True, slots=True)
class MemorySpentLinks:
    ends: dict[str, datetime]

    async def claim(self, jti: str, expires_at: datetime, now: datetime) -> bool:
        for spent in [spent for spent, end in self.ends.items() if end < now]:
            del self.ends[spent]
        if jti in self.ends:
            return False
        self.ends[jti] = expires_at
        return True


@dataclass(frozen=True, slots=True)
class MemoryStaleUploads:
    orgs: Mapping[OrgId, Mapping[PhotoId, Reservation]]

    async def list_orgs(self, begun_before: datetime) -> Sequence[OrgId]:
        return sorted(
            org_id
            for org_id, uploads in self.orgs.items()
            if any(upload.begun_at < begun_before for upload in uploads.values())
        )


def _place(photo: Photo) -> tuple[datetime, PhotoId]:
    return photo.uploaded_at, photo.id


def _sameness(photo: Photo) -> tuple[BookingId, Phase, bytes]:
    return photo.booking_id, photo.phase, photo.picture.sent_sha256
