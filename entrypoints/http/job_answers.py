"""A worker's job as it is answered: what the visit needs, and of the client no more than that."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from application.fieldwork.read_jobs import MyJobs, SeenJob
from application.ports.booking_views import CrewMember
from domain.booking.booking import BookingStatus
from domain.booking.time_entry import EntryState
from domain.booking.work import WorkState
from entrypoints.http.lead_bodies import ActionAnswer
from entrypoints.http.schedule_bodies import CrewAnswer
from entrypoints.http.texts import Address, Notes, ShortNotes
from entrypoints.http.time_bodies import EntryAnswer, entry_answer

MINUTE = timedelta(minutes=1)
ALLOWED: dict[EntryState | None, tuple[str, ...]] = {
    None: ("start",),
    EntryState.RUNNING: ("pause", "finish"),
    EntryState.PAUSED: ("resume", "finish"),
    EntryState.FINISHED: (),
}


class JobAddOn(msgspec.Struct, kw_only=True):
    code: str
    name: str
    qty: int
    minutes: int


class JobPhotoCounts(msgspec.Struct, kw_only=True):
    """`needs_retake`: of how many another is asked for."""

    before: int
    after: int
    needs_retake: int


class JobAnswer(msgspec.Struct, kw_only=True):
    order_id: UUID
    status: BookingStatus
    starts_at: datetime
    ends_at: datetime
    timezone: str
    duration_minutes: int
    planned_minutes: int
    service_type: str | None
    client_name: str | None
    client_phone: str | None
    address: Address | None
    access_notes: ShortNotes | None
    parking: ShortNotes | None
    pets: ShortNotes | None
    allergies: ShortNotes | None
    notes: Notes | None
    add_ons: list[JobAddOn]
    crew: list[CrewAnswer]
    my_time: EntryAnswer | None
    work_state: WorkState
    consent_photos: bool
    photos: JobPhotoCounts
    actions: list[ActionAnswer]


class JobsAnswer(msgspec.Struct, kw_only=True):
    timezone: str
    items: list[JobAnswer]


def jobs_answer(jobs: MyJobs) -> JobsAnswer:
    return JobsAnswer(timezone=jobs.timezone, items=[job_answer(seen, jobs.timezone) for seen in jobs.items])


def job_answer(seen: SeenJob, timezone: str) -> JobAnswer:
    job = seen.job
    return JobAnswer(
        order_id=job.booking_id,
        status=BookingStatus(job.status),
        starts_at=job.starts_at,
        ends_at=job.ends_at,
        timezone=timezone,
        duration_minutes=(job.ends_at - job.starts_at) // MINUTE,
        planned_minutes=job.planned_minutes,
        service_type=job.service_type,
        client_name=short_name(job.client_name),
        client_phone=job.client_phone if seen.is_near else None,
        address=job.address,
        access_notes=job.access_notes if seen.is_near else None,
        parking=job.parking,
        pets=job.pets,
        allergies=job.allergies,
        notes=job.notes,
        add_ons=[JobAddOn(code=a.code, name=a.name, qty=a.qty, minutes=a.minutes) for a in job.add_ons],
        crew=[_crew(member) for member in job.crew],
        my_time=entry_answer(seen.my_time) if seen.my_time else None,
        work_state=job.work_state,
        consent_photos=job.consent_photos,
        photos=JobPhotoCounts(
            before=job.photos.before, after=job.photos.after, needs_retake=job.photos.needs_retake
        ),
        actions=_actions(seen),
    )


def short_name(name: str | None) -> str | None:
    """First name, and the initial of the last: Jane D."""
    words = (name or "").split()
    if not words:
        return None
    return words[0] if len(words) == 1 else f"{words[0]} {words[-1][0].upper()}."


def _crew(member: CrewMember) -> CrewAnswer:
    return CrewAnswer(worker_id=member.worker_id, name=member.name)


def _actions(seen: SeenJob) -> list[ActionAnswer]:
    """Clocks go while the visit stands."""
    if seen.job.status != BookingStatus.CONFIRMED:
        return []
    state = seen.my_time.entry.state if seen.my_time else None
    href = f"/v1/worker/jobs/{seen.job.booking_id}"
    return [ActionAnswer(verb, "POST", f"{href}/{verb}") for verb in ALLOWED[state]]
