"""The rows of the memory adapters, one collection a table."""

from copy import copy
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from adapters.memory.idempotency import KeyRow
from adapters.memory.shared import SecretRow
from application.ports.persons import AuthFailure
from domain.booking.booking import Booking
from domain.booking.override import BookingOverride
from domain.booking.time_entry import TimeEntry
from domain.delivery.attempt import Attempt
from domain.delivery.email_event import EmailEvent
from domain.delivery.export_event import ExportEvent
from domain.delivery.heartbeat import Heartbeat
from domain.delivery.outbox_event import OutboxEvent
from domain.delivery.suppression import Suppression
from domain.identity.link import Link
from domain.identity.membership import Membership
from domain.identity.person import Person
from domain.identity.session import RefreshToken, Session
from domain.identity.wrong_tries import TryCounter
from domain.leads.lead import Lead
from domain.photos.photo import Photo, Reservation
from domain.pricing.add_on import AddOn
from domain.pricing.price_book import PriceBook
from domain.safety.audit_chain import Head
from domain.safety.break_glass import BreakGlassSession
from domain.scheduling.blackout import Blackout
from domain.scheduling.settings import BookingSettings
from domain.scheduling.team import Team
from domain.scheduling.worker import Worker
from domain.shared.circuit import Circuit
from domain.shared.ids import (
    AddOnId,
    BlackoutId,
    BookingId,
    BreakGlassId,
    EventId,
    LeadId,
    LinkId,
    OrgId,
    PhotoId,
    SessionId,
    SuppressionId,
    TeamId,
    TimeEntryId,
    TombstoneId,
    UserId,
    WorkerId,
)
from domain.storage.tombstone import Tombstone
from domain.tenancy.org import Org, OrgProfile


@dataclass(slots=True)
class OrgTables:
    """One organisation's rows, one collection a table. Every field is copied when a unit begins."""

    audit: list[dict[str, Any]] = field(default_factory=list)
    audit_head: list[Head] = field(default_factory=list)
    break_glass: dict[BreakGlassId, BreakGlassSession] = field(default_factory=dict)
    outbox: dict[EventId, OutboxEvent] = field(default_factory=dict)
    outbox_attempts: dict[tuple[EventId, int], Attempt] = field(default_factory=dict)
    emails: dict[EventId, EmailEvent] = field(default_factory=dict)
    exports: dict[EventId, ExportEvent] = field(default_factory=dict)
    suppressions: dict[SuppressionId, Suppression] = field(default_factory=dict)
    org: list[OrgProfile] = field(default_factory=list)
    usage: list[tuple[str, int, UUID]] = field(default_factory=list)
    bookings: dict[BookingId, Booking] = field(default_factory=dict)
    booking_overrides: list[BookingOverride] = field(default_factory=list)
    time_entries: dict[TimeEntryId, TimeEntry] = field(default_factory=dict)
    price_books: dict[int, PriceBook] = field(default_factory=dict)
    add_ons: dict[AddOnId, AddOn] = field(default_factory=dict)
    leads: dict[LeadId, Lead] = field(default_factory=dict)
    memberships: dict[UserId, Membership] = field(default_factory=dict)
    mailed_links: dict[LinkId, Link] = field(default_factory=dict)
    sessions: dict[SessionId, Session] = field(default_factory=dict)
    refresh_tokens: dict[bytes, RefreshToken] = field(default_factory=dict)
    idempotency_keys: dict[tuple[str, str], KeyRow] = field(default_factory=dict)
    teams: dict[TeamId, Team] = field(default_factory=dict)
    teams_once_named: set[TeamId] = field(default_factory=set)
    workers: dict[WorkerId, Worker] = field(default_factory=dict)
    blackouts: dict[BlackoutId, Blackout] = field(default_factory=dict)
    booking_settings: list[BookingSettings] = field(default_factory=list)
    tombstones: dict[TombstoneId, Tombstone] = field(default_factory=dict)
    photos: dict[PhotoId, Photo] = field(default_factory=dict)
    uploads: dict[PhotoId, Reservation] = field(default_factory=dict)
    spent_links: dict[str, datetime] = field(default_factory=dict)


@dataclass(slots=True)
class GlobalTables:
    """Rows that belong to no organisation."""

    heartbeats: dict[str, Heartbeat] = field(default_factory=dict)
    circuits: dict[str, Circuit] = field(default_factory=dict)
    orgs: dict[OrgId, Org] = field(default_factory=dict)
    retired_slugs: dict[str, OrgId] = field(default_factory=dict)
    persons: dict[UserId, Person] = field(default_factory=dict)
    person_secrets: dict[UserId, SecretRow] = field(default_factory=dict)
    auth_failures: list[AuthFailure] = field(default_factory=list)
    lockouts_told: dict[UUID, datetime] = field(default_factory=dict)
    try_counters: dict[bytes, TryCounter] = field(default_factory=dict)
    try_counter_expiries: dict[bytes, datetime | None] = field(default_factory=dict)


def snapshot[T](tables: T) -> T:
    return type(tables)(**{f.name: copy(getattr(tables, f.name)) for f in fields(tables)})  # type: ignore[arg-type]  # a dataclass
