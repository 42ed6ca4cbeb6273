from collections.abc import Mapping
from dataclasses import dataclass

from application.ports.booking_views import CrewMember
from application.ports.jobs import Job, JobFilter, JobPhotos
from domain.booking.booking import Booking
from domain.booking.jobs import is_job_of
from domain.booking.refusals import BookingNotFound
from domain.booking.time_entry import TimeEntry
from domain.leads.lead import Lead
from domain.photos.photo import Phase, Photo, ReviewStatus
from domain.scheduling.worker import Worker
from domain.shared.ids import BookingId, LeadId, PhotoId, TimeEntryId, WorkerId


@dataclass(frozen=True, slots=True)
class MemoryJobs:
    bookings: Mapping[BookingId, Booking]
    leads: Mapping[LeadId, Lead]
    workers: Mapping[WorkerId, Worker]
    time_entries: Mapping[TimeEntryId, TimeEntry]
    photos: Mapping[PhotoId, Photo]

    async def get(self, booking_id: BookingId, worker_id: WorkerId) -> Job:
        if (booking := self.bookings.get(booking_id)) is None:
            raise BookingNotFound
        return self._job(booking, worker_id)

    async def list_of(self, wanted: JobFilter, limit: int) -> list[Job]:
        found = [
            booking
            for booking in self.bookings.values()
            if booking.slot.starts_at < wanted.touching_before
            and wanted.touching_from < booking.slot.ends_at
            and is_job_of(booking, wanted.worker_id, wanted.team_id)
        ]
        found.sort(key=lambda booking: (booking.slot.starts_at, booking.id))
        return [self._job(booking, wanted.worker_id) for booking in found[:limit]]

    def _job(self, booking: Booking, worker_id: WorkerId) -> Job:
        lead = self.leads[booking.lead_id] if booking.lead_id else None
        said = lead.details if lead else None
        mine = (
            entry
            for entry in self.time_entries.values()
            if entry.booking_id == booking.id and entry.worker_id == worker_id
        )
        return Job(
            booking_id=booking.id,
            status=booking.status.value,
            starts_at=booking.slot.starts_at,
            ends_at=booking.slot.ends_at,
            planned_minutes=booking.planned_minutes,
            service_type=booking.details.service_type,
            client_name=said.name if said else None,
            client_phone=said.phone if said else None,
            address=booking.details.address,
            access_notes=booking.details.access_notes,
            parking=said.parking if said else None,
            pets=said.pets if said else None,
            allergies=said.allergies if said else None,
            notes=booking.details.notes,
            add_ons=booking.add_ons,
            crew=tuple(CrewMember(one, self.workers[one].name) for one in booking.crew),
            work_state=booking.work_state,
            consent_photos=booking.consent_photos,
            photos=self._photos(booking.id),
            my_time=next(mine, None),
        )

    def _photos(self, booking_id: BookingId) -> JobPhotos:
        theirs = [photo for photo in self.photos.values() if photo.booking_id == booking_id]
        return JobPhotos(
            before=sum(photo.phase is Phase.BEFORE for photo in theirs),
            after=sum(photo.phase is Phase.AFTER for photo in theirs),
            needs_retake=sum(
                photo.review_status is ReviewStatus.NEEDS_RETAKE and photo.replaced_by is None
                for photo in theirs
            ),
        )
