"""The mail that is due by the clock, looked for at once."""

from collections.abc import Sequence
from typing import Literal

from dishka import FromDishka
from litestar import Controller
from msgspec import UNSET, Struct, UnsetType

from application.booking.orgs_with_work import OrgsWithNearVisits
from application.booking.remind_clients import JOB, RemindClients, ReminderReport, ScanForMailHandler
from domain.identity.actor import Actor, Need
from entrypoints.http.once import answer_once
from entrypoints.http.rounds import Rounds
from entrypoints.http.routes import SCHEDULED, post
from entrypoints.http.scheduler import Caller


class JobCounts(Struct):
    queued: int
    skipped: int


class EmailScanAnswer(Struct, kw_only=True):
    status: Literal["done", "partial", "already_running"]
    queued: int
    skipped: int
    by_job: dict[str, JobCounts]
    orgs: int | UnsetType = UNSET  # told to the scheduler alone


class EmailScanController(Controller):
    path = "/v1/admin"
    tags = ["operations"]

    @post(
        "/email-scan",
        need=Need.DISPATCH,
        admin_route=True,
        summary="Queue the reminders that are due",
        traits=(SCHEDULED,),
        status_code=202,
    )
    async def scan(
        self,
        caller: FromDishka[Caller],
        handler: FromDishka[ScanForMailHandler],
        rounds: FromDishka[Rounds],
        orgs: FromDishka[OrgsWithNearVisits],
    ) -> EmailScanAnswer:
        if caller.actor is not None:
            return await answer_once(caller.actor, handler, RemindClients(), scanned)

        async def visit(actor: Actor, seconds: float) -> ReminderReport:
            return await handler.handle(actor, RemindClients(budget_seconds=seconds))

        done = await rounds.go(caller, JOB, orgs, visit)
        return scanned(together(done.reports, is_done=done.is_done), done.orgs)


def together(reports: Sequence[ReminderReport], *, is_done: bool) -> ReminderReport:
    """Of several organisations. Where another runner is at it, that one does it."""
    return ReminderReport(
        queued=sum(report.queued for report in reports),
        skipped=sum(report.skipped for report in reports),
        is_done=is_done and all(report.is_done for report in reports),
        is_running_elsewhere=bool(reports) and all(report.is_running_elsewhere for report in reports),
    )


def scanned(report: ReminderReport, orgs: int | UnsetType = UNSET) -> EmailScanAnswer:
    status: Literal["done", "partial", "already_running"] = "done" if report.is_done else "partial"
    return EmailScanAnswer(
        status="already_running" if report.is_running_elsewhere else status,
        queued=report.queued,
        skipped=report.skipped,
        by_job={JOB: JobCounts(report.queued, report.skipped)},
        orgs=orgs,
    )
