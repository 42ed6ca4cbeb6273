"""How the installation's jobs are doing."""

from datetime import datetime

from dishka import FromDishka
from litestar import Controller
from msgspec import Struct

from application.delivery.read_job_status import JobStatusView, JobView, ReadJobStatusHandler
from domain.identity.actor import Actor, Need
from entrypoints.http.routes import get


class JobBody(Struct):
    name: str
    last_heartbeat: datetime | None
    last_success_at: datetime | None
    last_error: str | None
    last_error_at: datetime | None
    consecutive_failures: int
    state: str
    in_default_set: bool
    interval_seconds: int
    timeout_seconds: int
    last_started_at: datetime | None
    last_duration_ms: int | None
    next_run_at: datetime | None
    runners: int

    @classmethod
    def of(cls, job: JobView) -> "JobBody":
        pulse = job.pulse
        return cls(
            name=job.spec.name,
            last_heartbeat=pulse.last_heartbeat,
            last_success_at=pulse.last_success_at,
            last_error=pulse.last_error,
            last_error_at=pulse.last_error_at,
            consecutive_failures=pulse.consecutive_failures,
            state=job.state,
            in_default_set=job.spec.in_default_set,
            interval_seconds=job.interval_seconds,
            timeout_seconds=job.spec.timeout_seconds,
            last_started_at=pulse.last_started_at,
            last_duration_ms=pulse.last_duration_ms,
            next_run_at=pulse.next_run_at,
            runners=job.runners,
        )


class JobStatusBody(Struct):
    items: list[JobBody]
    status: str
    heartbeat_required: bool
    heartbeat_ttl_seconds: int
    next_cursor: str | None = None

    @classmethod
    def of(cls, view: JobStatusView) -> "JobStatusBody":
        return cls(
            items=[JobBody.of(job) for job in view.jobs],
            status=view.status,
            heartbeat_required=view.rule.required,
            heartbeat_ttl_seconds=view.rule.ttl_seconds,
        )


class JobsController(Controller):
    path = "/v1/admin/jobs"
    tags = ["operations"]

    @get("/status", need=Need.VIEW, admin_route=True, summary="How the installation's jobs are doing")
    async def status(
        self, actor: FromDishka[Actor], handler: FromDishka[ReadJobStatusHandler]
    ) -> JobStatusBody:
        return JobStatusBody.of(await handler.handle(actor))
