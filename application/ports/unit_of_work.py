"""One transaction, one organisation. A clean exit commits; an exception rolls back."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from application.ports.add_ons import AddOns
from application.ports.audit import AuditLog
from application.ports.audit_chain import AuditChain, UnsealedOrgs
from application.ports.blackouts import Blackouts
from application.ports.booking_settings import BookingSettingsStore
from application.ports.bookings import Bookings, OverdueHolds
from application.ports.break_glass import BreakGlassSessions
from application.ports.calendar import Calendar
from application.ports.circuit_breakers import Circuits
from application.ports.dead_letters import DeadLetters
from application.ports.delivery_queues import DeliveryQueues
from application.ports.emails import EmailEvents
from application.ports.export_events import ExportEvents
from application.ports.heartbeats import Heartbeats
from application.ports.jobs import Jobs
from application.ports.leads import Leads
from application.ports.leftovers import LeftoverOrgs, Leftovers
from application.ports.links import LinkOwners, Links
from application.ports.measures import UnitCounts
from application.ports.memberships import Memberships
from application.ports.orgs import OrgDirectory, OrgProfiles
from application.ports.outbox import DueMessages, Outbox, OutboxQueue
from application.ports.outbox_views import OutboxViews
from application.ports.overrides import Overrides
from application.ports.persons import (
    AuthFailures,
    Belongings,
    KnownPersons,
    KnownSecrets,
    Lockouts,
    Persons,
    PersonSecrets,
)
from application.ports.photos import PhotoQueue, Photos, SpentLinks, StaleUploads
from application.ports.price_books import PriceBooks
from application.ports.reminders import ReminderOrgs, Reminders
from application.ports.retention import Retention
from application.ports.sessions import RefreshTokenOwners, RefreshTokens, Sessions
from application.ports.suppressions import Suppressions
from application.ports.teams import Teams
from application.ports.throttling import TryCounters
from application.ports.time_entries import TimeEntries
from application.ports.tombstones import TombstoneOrgs, Tombstones
from application.ports.usage import UsageEvents
from application.ports.users import Users
from application.ports.waiting_visits import WaitingVisits
from application.ports.workers import Workers
from domain.identity.once import Once
from domain.shared.ids import OrgId


class Unit(Protocol):
    """What one organisation's transaction can reach. Everything here sees that organisation alone."""

    @property
    def org_id(self) -> OrgId: ...
    async def recall(self, once: Once | None) -> None:
        """For work that is more than one transaction: raises as `begin` does if the key's work was done
        before. Claims nothing."""

    async def hold(self, once: Once | None, *, seconds: int) -> Once | None:
        """As recall; and the key is this work's, also beyond this unit, for so long or until its last unit,
        begun with the answer, has sealed. Twins are turned away meanwhile. Work that breaks off, done by
        parts, may run again after it."""

    async def seal(self, result: object) -> None:
        """Store the answer that this result gives under the claimed key; without a key nothing.

        The last statement of a writing use case, so that work and stored answer cannot part."""

    @property
    def counts(self) -> UnitCounts:
        """For the metrics; they count once the unit has committed."""

    @property
    def audit(self) -> AuditLog: ...
    @property
    def break_glass(self) -> BreakGlassSessions: ...
    @property
    def audit_chain(self) -> AuditChain: ...
    @property
    def org(self) -> OrgProfiles: ...
    @property
    def directory(self) -> OrgDirectory: ...
    @property
    def persons(self) -> Persons: ...
    @property
    def person_secrets(self) -> PersonSecrets: ...
    @property
    def lockouts(self) -> Lockouts: ...
    @property
    def memberships(self) -> Memberships: ...
    @property
    def users(self) -> Users: ...
    @property
    def links(self) -> Links: ...
    @property
    def belongings(self) -> Belongings: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def refresh_tokens(self) -> RefreshTokens: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def outbox_queue(self) -> OutboxQueue: ...
    @property
    def outbox_views(self) -> OutboxViews: ...
    @property
    def dead_letters(self) -> DeadLetters: ...
    @property
    def exports(self) -> ExportEvents: ...
    @property
    def emails(self) -> EmailEvents: ...
    @property
    def retention(self) -> Retention: ...
    @property
    def leftovers(self) -> Leftovers: ...
    @property
    def reminders(self) -> Reminders: ...
    @property
    def suppressions(self) -> Suppressions: ...
    @property
    def usage(self) -> UsageEvents: ...
    @property
    def price_books(self) -> PriceBooks: ...
    @property
    def add_ons(self) -> AddOns: ...
    @property
    def leads(self) -> Leads: ...
    @property
    def teams(self) -> Teams: ...
    @property
    def workers(self) -> Workers: ...
    @property
    def blackouts(self) -> Blackouts: ...
    @property
    def booking_settings(self) -> BookingSettingsStore: ...
    @property
    def calendar(self) -> Calendar: ...
    @property
    def bookings(self) -> Bookings: ...
    @property
    def tombstones(self) -> Tombstones: ...
    @property
    def overrides(self) -> Overrides: ...
    @property
    def photos(self) -> Photos: ...
    @property
    def photo_queue(self) -> PhotoQueue: ...
    @property
    def spent_links(self) -> SpentLinks: ...
    @property
    def time_entries(self) -> TimeEntries: ...
    @property
    def jobs(self) -> Jobs: ...
    @property
    def waiting_visits(self) -> WaitingVisits: ...

    def savepoint(self) -> AbstractAsyncContextManager[None]:
        """A part of the transaction that may fail alone: an exception undoes what was done inside, gives
        back the locks taken inside, and goes on to the caller."""


class GlobalUnit(Protocol):
    """What belongs to no organisation: persons, the directory of organisations, job heartbeats.

    No row of an organisation is visible here; the few facts about them that must be known before
    an organisation is come through the doors.
    """

    @property
    def circuits(self) -> Circuits: ...
    @property
    def heartbeats(self) -> Heartbeats: ...
    @property
    def due_messages(self) -> DueMessages: ...
    @property
    def delivery_queues(self) -> DeliveryQueues: ...
    @property
    def leftover_orgs(self) -> LeftoverOrgs: ...
    @property
    def unsealed_orgs(self) -> UnsealedOrgs: ...
    @property
    def overdue_holds(self) -> OverdueHolds: ...
    @property
    def stale_uploads(self) -> StaleUploads: ...
    @property
    def reminder_orgs(self) -> ReminderOrgs: ...
    @property
    def tombstone_orgs(self) -> TombstoneOrgs: ...
    @property
    def directory(self) -> OrgDirectory: ...
    @property
    def persons(self) -> KnownPersons: ...
    @property
    def person_secrets(self) -> KnownSecrets: ...
    @property
    def auth_failures(self) -> AuthFailures: ...
    @property
    def try_counters(self) -> TryCounters: ...
    @property
    def lockouts(self) -> Lockouts: ...
    @property
    def belongings(self) -> Belongings: ...
    @property
    def refresh_token_owners(self) -> RefreshTokenOwners: ...
    @property
    def link_owners(self) -> LinkOwners: ...


class UnitOfWork(Protocol):
    def begin(self, org_id: OrgId, *, once: Once | None = None) -> AbstractAsyncContextManager[Unit]:
        """Open a transaction pinned to this organisation; there is no other way to its rows.

        With `once` its key is claimed first: raises Replay with the first answer, IdempotencyKeyReused
        for another request, IdempotencyInProgress while a twin is at work. The unit must then be sealed.

        Deadlocks and lock time-outs surface as Contended: the use case may run again (application.retrying).
        Lost connections, a full pool and statement time-outs surface as Unavailable (retry later)."""

    def begin_global(self) -> AbstractAsyncContextManager[GlobalUnit]:
        """Open a transaction that belongs to no organisation and sees the rows of none."""
