"""Which bookings are a worker's jobs: the one rule behind all that workers can read and write."""

from domain.booking.booking import Booking, BookingStatus
from domain.shared.ids import TeamId, WorkerId

STANDING = frozenset({BookingStatus.CONFIRMED, BookingStatus.DONE})


def is_job_of(booking: Booking, worker_id: WorkerId, team_id: TeamId) -> bool:
    """Whether it is one of this worker, who belongs to that team: in the crew of a visit that was once
    confirmed or called off, or of the team of one that stands and has no crew."""
    if worker_id in booking.crew:
        return booking.status in STANDING or booking.status is BookingStatus.CANCELLED
    return booking.status in STANDING and not booking.crew and booking.slot.team_id == team_id
