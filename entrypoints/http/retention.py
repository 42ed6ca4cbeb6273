"""What is past its time, cleared at once."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from dishka import FromDishka
from litestar import Controller

from application.compliance.clean_up import JOB, ClassReport, CleanUp, CleanUpNowHandler, CleanUpReport
from application.tenancy.active_orgs import ListActiveOrgs
from domain.compliance.retention import RetentionClass
from domain.identity.actor import Actor, Need
from entrypoints.http.dead_letter_bodies import without_selection
from entrypoints.http.once import answer_once
from entrypoints.http.rounds import Round, Rounds
from entrypoints.http.routes import SCHEDULED, post
from entrypoints.http.scheduler import Caller

Status = Literal["done", "partial", "already_running"]


class CleanUpBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """`classes`: these alone. A dry run writes nothing and tells what a real one would do."""

    dry_run: bool | None = None
    classes: Annotated[list[RetentionClass], msgspec.Meta(min_length=1, max_length=50)] | None = None


class RequestCounts(msgspec.Struct):
    """Of requests to be forgotten; none can be made yet."""

    pending: int = 0
    waiting: int = 0
    held: int = 0
    processing: int = 0
    completed: int = 0


class ClassAnswer(msgspec.Struct, kw_only=True):
    """`cutoff` is null, and nothing due, where `days` is 0: kept for good."""

    kept: RetentionClass = msgspec.field(name="class")
    days: int
    cutoff: datetime | None
    due: int
    done: int
    held: int
    remaining: int


class CleanUpAnswer(msgspec.Struct, kw_only=True):
    status: Status
    dry_run: bool
    requests: RequestCounts
    erased_leads: int
    erased_clients: int
    photos_deleted: int
    bookings_detached: int
    invoice_tokens_removed: int
    invoices_unlinked: int
    classes: list[ClassAnswer]
    orgs: int | msgspec.UnsetType = msgspec.UNSET  # told to the scheduler alone


class RetentionController(Controller):
    path = "/v1/admin/retention"
    tags = ["privacy"]

    @post(
        "/cleanup",
        need=Need.ADMIN,
        admin_route=True,
        summary="Clear what is past its retention",
        example={"dry_run": True},
        traits=(SCHEDULED,),
        status_code=202,
    )
    async def clean_up(
        self,
        data: CleanUpBody,
        caller: FromDishka[Caller],
        handler: FromDishka[CleanUpNowHandler],
        rounds: FromDishka[Rounds],
        orgs: FromDishka[ListActiveOrgs],
    ) -> CleanUpAnswer:
        if caller.actor is not None:
            command = CleanUp(classes=data.classes, dry_run=bool(data.dry_run))
            return await answer_once(caller.actor, handler, command, answer)
        without_selection(data)

        async def visit(actor: Actor, seconds: float) -> CleanUpReport:
            return await handler.handle(actor, CleanUp(budget_seconds=seconds))

        return all_answered(await rounds.go(caller, JOB, orgs, visit))


def answer(report: CleanUpReport) -> CleanUpAnswer:
    """What is counted apart from the classes is of later classes."""
    status: Status = "done" if report.is_done else "partial"
    return CleanUpAnswer(
        status="already_running" if report.is_running_elsewhere else status,
        dry_run=report.dry_run,
        requests=RequestCounts(),
        erased_leads=0,
        erased_clients=0,
        photos_deleted=0,
        bookings_detached=0,
        invoice_tokens_removed=0,
        invoices_unlinked=0,
        classes=[_class(each) for each in report.classes],
    )


def _class(report: ClassReport) -> ClassAnswer:
    return ClassAnswer(
        kept=report.kept,
        days=report.days,
        cutoff=report.cutoff,
        due=report.due,
        done=report.done,
        held=report.held,
        remaining=report.remaining,
    )


def all_answered(done: Round[CleanUpReport]) -> CleanUpAnswer:
    """The sums over all. Where another runner is at it, that one does it."""
    reports = done.reports
    told = answer(
        CleanUpReport(
            classes=tuple(each for kept in RetentionClass for each in _together(reports, kept)),
            is_running_elsewhere=bool(reports) and all(each.is_running_elsewhere for each in reports),
        )
    )
    told.orgs = done.orgs
    if told.status == "done" and not done.is_done:
        told.status = "partial"
    return told


def _together(reports: Sequence[CleanUpReport], kept: RetentionClass) -> Iterator[ClassReport]:
    found = [each for report in reports for each in report.classes if each.kept is kept]
    if found:
        yield ClassReport(
            kept=kept,
            days=found[0].days,
            cutoff=found[0].cutoff,
            due=sum(each.due for each in found),
            done=sum(each.done for each in found),
            held=sum(each.held for each in found),
        )
