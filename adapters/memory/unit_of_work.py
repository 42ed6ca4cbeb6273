"""Transactions over plain dictionaries: the reference that PostgreSQL is compared with.

Writers of one organisation queue on its lock, so every history is serial. Tables are copied when a unit
begins and put in place when it ends well; entities are frozen, so a shallow copy is a snapshot.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from copy import copy
from dataclasses import dataclass, field, fields
from typing import Any
from uuid import UUID

import anyio

from adapters.memory.add_ons import MemoryAddOns
from adapters.memory.audit import MemoryAuditLog
from adapters.memory.emails import MemoryEmailEvents
from adapters.memory.heartbeats import MemoryHeartbeats
from adapters.memory.job_locks import MemoryJobLocks
from adapters.memory.leads import MemoryLeads
from adapters.memory.orgs import MemoryOrgDirectory, MemoryOrgProfiles
from adapters.memory.outbox import MemoryDueMessages, MemoryOutbox, MemoryOutboxQueue
from adapters.memory.price_books import MemoryPriceBooks
from adapters.memory.usage import MemoryUsageEvents
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from domain.booking.booking import Booking
from domain.delivery.attempt import Attempt
from domain.delivery.email_event import EmailEvent
from domain.delivery.heartbeat import Heartbeat
from domain.delivery.outbox_event import OutboxEvent
from domain.leads.lead import Lead
from domain.pricing.add_on import AddOn
from domain.pricing.price_book import PriceBook
from domain.shared.ids import AddOnId, BookingId, EventId, LeadId, OrgId
from domain.tenancy.org import Org, OrgProfile


@dataclass(slots=True)
class OrgTables:
    """One organisation's rows, one collection a table. Every field is copied when a unit begins."""

    audit: list[dict[str, Any]] = field(default_factory=list)
    outbox: dict[EventId, OutboxEvent] = field(default_factory=dict)
    outbox_attempts: dict[tuple[EventId, int], Attempt] = field(default_factory=dict)
    emails: dict[EventId, EmailEvent] = field(default_factory=dict)
    org: list[OrgProfile] = field(default_factory=list)
    usage: list[tuple[str, int, UUID]] = field(default_factory=list)
    bookings: dict[BookingId, Booking] = field(default_factory=dict)
    price_books: dict[int, PriceBook] = field(default_factory=dict)
    add_ons: dict[AddOnId, AddOn] = field(default_factory=dict)
    leads: dict[LeadId, Lead] = field(default_factory=dict)


@dataclass(slots=True)
class GlobalTables:
    """Rows that belong to no organisation."""

    heartbeats: dict[str, Heartbeat] = field(default_factory=dict)
    orgs: dict[OrgId, Org] = field(default_factory=dict)


def snapshot[T](tables: T) -> T:
    return type(tables)(**{f.name: copy(getattr(tables, f.name)) for f in fields(tables)})  # type: ignore[arg-type]  # a dataclass


@dataclass(frozen=True, slots=True)
class MemoryUnit:
    org_id: OrgId
    tables: OrgTables
    clock: Clock
    ids: Identifiers

    @property
    def audit(self) -> MemoryAuditLog:
        return MemoryAuditLog(self.tables.audit, self.clock, self.ids)

    @property
    def org(self) -> MemoryOrgProfiles:
        return MemoryOrgProfiles(self.tables.org)

    @property
    def outbox(self) -> MemoryOutbox:
        return MemoryOutbox(self.tables.outbox, self.tables.emails, self.clock, self.ids)

    @property
    def outbox_queue(self) -> MemoryOutboxQueue:
        return MemoryOutboxQueue(self.tables.outbox, self.tables.outbox_attempts)

    @property
    def emails(self) -> MemoryEmailEvents:
        return MemoryEmailEvents(self.tables.emails)

    @property
    def job_locks(self) -> MemoryJobLocks:
        return MemoryJobLocks()

    @property
    def usage(self) -> MemoryUsageEvents:
        return MemoryUsageEvents(self.tables.usage)

    @property
    def price_books(self) -> MemoryPriceBooks:
        return MemoryPriceBooks(self.tables.price_books)

    @property
    def add_ons(self) -> MemoryAddOns:
        return MemoryAddOns(self.tables.add_ons)

    @property
    def leads(self) -> MemoryLeads:
        return MemoryLeads(self.tables.leads, self.tables.bookings)


@dataclass(frozen=True, slots=True)
class MemoryGlobalUnit:
    tables: GlobalTables
    orgs: Mapping[OrgId, OrgTables]  # for the doors alone

    @property
    def heartbeats(self) -> MemoryHeartbeats:
        return MemoryHeartbeats(self.tables.heartbeats)

    @property
    def due_messages(self) -> MemoryDueMessages:
        return MemoryDueMessages({org_id: tables.outbox for org_id, tables in self.orgs.items()})

    @property
    def directory(self) -> MemoryOrgDirectory:
        return MemoryOrgDirectory(self.tables.orgs)


@dataclass(slots=True)
class MemoryUnitOfWork:
    clock: Clock
    ids: Identifiers
    orgs: dict[OrgId, OrgTables] = field(default_factory=dict)
    shared: GlobalTables = field(default_factory=GlobalTables)
    _locks: dict[OrgId | None, anyio.Lock] = field(default_factory=dict)

    @asynccontextmanager
    async def begin(self, org_id: OrgId) -> AsyncIterator[MemoryUnit]:
        async with self._lock(org_id):
            tables = snapshot(self.orgs.get(org_id, OrgTables()))
            yield MemoryUnit(org_id, tables, self.clock, self.ids)
            self.orgs[org_id] = tables

    @asynccontextmanager
    async def begin_global(self) -> AsyncIterator[MemoryGlobalUnit]:
        async with self._lock(None):
            tables = snapshot(self.shared)
            yield MemoryGlobalUnit(tables, self.orgs)
            self.shared = tables

    def _lock(self, org_id: OrgId | None) -> anyio.Lock:
        return self._locks.setdefault(org_id, anyio.Lock())
