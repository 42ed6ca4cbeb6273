"""The mail that is due by the clock, looked for at once."""

from typing import Literal

from dishka import FromDishka
from litestar import Controller
from msgspec import Struct

from application.booking.remind_clients import JOB, RemindClients, ReminderReport, ScanForMailHandler
from domain.identity.actor import Actor, Need
from entrypoints.http.once import answer_once
from entrypoints.http.routes import post


class JobCounts(Struct):
    queued: int
    skipped: int


class EmailScanAnswer(Struct, kw_only=True):
    status: Literal["done", "partial", "already_running"]
    queued: int
    skipped: int
    by_job: dict[str, JobCounts]


class EmailScanController(Controller):
    path = "/v1/admin"
    tags = ["operations"]

    @post(
        "/email-scan",
        need=Need.DISPATCH,
        admin_route=True,
        summary="Queue the reminders that are due",
        status_code=202,
    )
    async def scan(
        self, actor: FromDishka[Actor], handler: FromDishka[ScanForMailHandler]
    ) -> EmailScanAnswer:
        return await answer_once(actor, handler, RemindClients(), scanned)


def scanned(report: ReminderReport) -> EmailScanAnswer:
    status: Literal["done", "partial", "already_running"] = "done" if report.is_done else "partial"
    return EmailScanAnswer(
        status="already_running" if report.is_running_elsewhere else status,
        queued=report.queued,
        skipped=report.skipped,
        by_job={JOB: JobCounts(report.queued, report.skipped)},
    )
