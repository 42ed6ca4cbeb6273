"""Workers look at their jobs."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from application.fieldwork.my_jobs import me, my_job
from application.fieldwork.time_sheet import TimedEntry, TimeKeeping, timed
from application.ports.jobs import Job, JobFilter
from application.ports.time_entries import NamedEntry
from application.ports.unit_of_work import Unit, UnitOfWork
from domain.identity.actor import Actor, Need
from domain.scheduling.local_time import day_of, first_instant
from domain.scheduling.worker import Worker
from domain.shared.errors import FieldFault, Invalid
from domain.shared.ids import BookingId

DAY = timedelta(days=1)
DAYS_BACK, DAYS_AHEAD = timedelta(days=1), timedelta(days=14)
MOST_JOBS = 1000
"""More than a fortnight holds of visits of a quarter of an hour with no way between them, but for
cancelled ones."""
OPENS_BEFORE, SHUTS_AFTER = timedelta(hours=48), timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListMyJobs:
    """Local days; from today."""

    day: date | None = None
    days: int = 1


@dataclass(frozen=True, slots=True)
class ShowMyJob:
    order_id: BookingId


@dataclass(frozen=True, slots=True)
class SeenJob:
    """`is_near`: at the time at which telephone and access notes may be seen."""

    job: Job
    my_time: TimedEntry | None
    is_near: bool


@dataclass(frozen=True, slots=True)
class MyJobs:
    timezone: str
    items: tuple[SeenJob, ...]


@dataclass(frozen=True, slots=True)
class ListMyJobsHandler:
    uow: UnitOfWork
    keeping: TimeKeeping

    async def handle(self, actor: Actor, query: ListMyJobs) -> MyJobs:
        actor.require(Need.WORKER)
        now = self.keeping.clock.now()
        async with self.uow.begin(actor.org_id) as unit:
            worker = await me(unit, actor)
            zone = await _zone(unit, actor)
            first, end = _days(query, day_of(now, zone))
            wanted = JobFilter(
                worker_id=worker.id,
                team_id=worker.team_id,
                touching_from=first_instant(first, zone),
                touching_before=first_instant(end, zone),
            )
            jobs = await unit.jobs.list_of(wanted, MOST_JOBS)
        return MyJobs(zone.key, tuple(_seen(job, worker, self.keeping, now) for job in jobs))


@dataclass(frozen=True, slots=True)
class ShowMyJobHandler:
    uow: UnitOfWork
    keeping: TimeKeeping

    async def handle(self, actor: Actor, query: ShowMyJob) -> MyJobs:
        """One item."""
        actor.require(Need.WORKER)
        async with self.uow.begin(actor.org_id) as unit:
            mine = await my_job(unit, actor, query.order_id)
            job = await unit.jobs.get(query.order_id, mine.worker.id)
            zone = await _zone(unit, actor)
        seen = _seen(job, mine.worker, self.keeping, self.keeping.clock.now())
        return MyJobs(zone.key, (seen,))


async def _zone(unit: Unit, actor: Actor) -> ZoneInfo:
    return ZoneInfo(actor.org_timezone) if actor.org_timezone else (await unit.org.get()).zone


def _days(query: ListMyJobs, today: date) -> tuple[date, date]:
    """The first, and the one after the last."""
    first = query.day or today
    earliest, latest = today - DAYS_BACK, today + DAYS_AHEAD
    if not earliest <= first <= latest:
        raise Invalid.field("day", f"must be from {earliest} to {latest}")
    end = first + query.days * DAY
    if end > latest + DAY:
        message = f"leads beyond {latest}"
        raise Invalid(f"days: {message}.", errors=[FieldFault("days", message)])
    return first, end


def _seen(job: Job, worker: Worker, keeping: TimeKeeping, now: datetime) -> SeenJob:
    mine = [NamedEntry(job.my_time, worker.name, job.planned_minutes)] if job.my_time else []
    is_near = job.starts_at - OPENS_BEFORE <= now <= job.ends_at + SHUTS_AFTER
    return SeenJob(job, next(iter(timed(mine, keeping.rule, now)), None), is_near)
