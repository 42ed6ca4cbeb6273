from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from domain.compliance.retention import RetentionClass
from domain.delivery.email_event import EmailStatus
from domain.delivery.outbox_event import EventStatus, OutboxEvent
from domain.identity.link import Link, LinkPurpose

if TYPE_CHECKING:
    from adapters.memory.tables import OrgTables

type Found = tuple[datetime, UUID]  # when it was measured, and whose it is


@dataclass(frozen=True, slots=True)
class MemoryRetention:
    tables: "OrgTables"

    async def count_due(self, kept: RetentionClass, cutoff: datetime) -> int:
        return len(self._due(kept, cutoff))

    async def clear(self, kept: RetentionClass, cutoff: datetime, limit: int) -> int:
        chosen = self._due(kept, cutoff)[:limit]
        _, clear = CLASSES[kept]
        for _, row_id in chosen:
            clear(self.tables, row_id)
        return len(chosen)

    def _due(self, kept: RetentionClass, cutoff: datetime) -> list[Found]:
        find, _ = CLASSES[kept]
        return sorted(found for found in find(self.tables) if found[0] <= cutoff)


def _settled(status: EventStatus) -> Callable[["OrgTables"], Iterable[Found]]:
    def find(tables: "OrgTables") -> Iterable[Found]:
        return (
            (_settled_at(row), row.id)
            for row in tables.outbox.values()
            if row.status is status and row.has_payload
        )

    return find


def _settled_at(row: OutboxEvent) -> datetime:
    return row.dead_at or row.sent_at or row.last_replayed_at or row.created_at


def _empty_message(tables: "OrgTables", event_id: Any) -> None:
    tables.outbox[event_id] = replace(tables.outbox[event_id], payload={}, secret_sealed=None)


def _old_mails(tables: "OrgTables") -> Iterable[Found]:
    return (
        (mail.created_at, mail.event_id)
        for mail in tables.emails.values()
        if mail.recipient and mail.status is not EmailStatus.QUEUED
    )


def _forget_mail(tables: "OrgTables", event_id: Any) -> None:
    tables.emails[event_id] = replace(tables.emails[event_id], recipient="", subject="")


def _old_exports(tables: "OrgTables") -> Iterable[Found]:
    for export in tables.exports.values():
        message = tables.outbox.get(export.outbox_event_id) if export.outbox_event_id else None
        if export.payload is not None or (message and message.is_settled and message.has_payload):
            yield export.created_at, export.id


def _empty_export(tables: "OrgTables", event_id: Any) -> None:
    export = tables.exports[event_id]
    tables.exports[event_id] = replace(export, payload=None)
    if export.outbox_event_id is not None and tables.outbox[export.outbox_event_id].is_settled:
        _empty_message(tables, export.outbox_event_id)


def _old_links(tables: "OrgTables") -> Iterable[Found]:
    return ((ended, link.id) for link in tables.mailed_links.values() if (ended := _ended_at(link)))


def _ended_at(link: Link) -> datetime | None:
    expired = None if link.purpose is LinkPurpose.INVITATION else link.expires_at
    return min((at for at in (link.used_at, link.voided_at, expired) if at is not None), default=None)


def _remove_link(tables: "OrgTables", link_id: Any) -> None:
    del tables.mailed_links[link_id]


CLASSES: Mapping[
    RetentionClass,
    tuple[Callable[["OrgTables"], Iterable[Found]], Callable[["OrgTables", Any], None]],
] = {
    RetentionClass.OUTBOX: (_settled(EventStatus.SENT), _empty_message),
    RetentionClass.OUTBOX_DEAD: (_settled(EventStatus.DEAD), _empty_message),
    RetentionClass.EMAIL_LOG: (_old_mails, _forget_mail),
    RetentionClass.EXPORTS: (_old_exports, _empty_export),
    RetentionClass.SESSIONS: (_old_links, _remove_link),
}
