"""Exports that could not leave or wait to be fetched: accounts for finance, the rest for admins."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from application.ports.export_events import ExportFilter, ExportPosition, ExportView
from application.ports.unit_of_work import UnitOfWork
from domain.delivery.dead_export import ExportPayloadUnavailable
from domain.delivery.export_event import ExportMode
from domain.identity.actor import Actor, Need
from domain.shared.ids import EventId


@dataclass(frozen=True, slots=True)
class ListExports:
    wanted: ExportFilter
    after: ExportPosition | None
    limit: int


@dataclass(frozen=True, slots=True)
class ExportPage:
    """`next` None: there is no more."""

    views: Sequence[ExportView]
    next: ExportPosition | None


@dataclass(frozen=True, slots=True)
class ListExportsHandler:
    uow: UnitOfWork

    async def handle(self, actor: Actor, command: ListExports) -> ExportPage:
        """Newest first. Raises Forbidden for a mode that is not the caller's to see."""
        wanted = command.wanted
        require_mode(actor, wanted.mode or ExportMode.ACCOUNTING_CSV)
        if not actor.may(Need.ADMIN):
            wanted = replace(wanted, mode=ExportMode.ACCOUNTING_CSV)
        async with self.uow.begin(actor.org_id) as unit:
            found = await unit.exports.list_page(wanted, command.after, command.limit + 1)
        views = found[: command.limit]
        more = len(found) > len(views)
        return ExportPage(views, ExportPosition(views[-1].created_at, views[-1].event_id) if more else None)


@dataclass(frozen=True, slots=True)
class ReadExportContent:
    event_id: EventId


@dataclass(frozen=True, slots=True)
class ExportContent:
    view: ExportView
    said: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ReadExportContentHandler:
    """Whole; who read it stays on record."""

    uow: UnitOfWork

    async def handle(self, actor: Actor, command: ReadExportContent) -> ExportContent:
        """Raises NotFound, Forbidden, ExportPayloadUnavailable."""
        actor.require(Need.FINANCE)
        async with self.uow.begin(actor.org_id) as unit:
            view = await unit.exports.view(command.event_id)
            require_mode(actor, view.mode)
            said = await unit.exports.content(command.event_id)
            if said is None:
                raise ExportPayloadUnavailable
            after = {"mode": view.mode.value}
            await unit.audit.record(actor, "export_content_read", "export_event", view.event_id, after=after)
        return ExportContent(view, said)


def require_mode(actor: Actor, mode: ExportMode) -> None:
    """Raises Forbidden."""
    actor.require(Need.FINANCE if mode is ExportMode.ACCOUNTING_CSV else Need.ADMIN)
