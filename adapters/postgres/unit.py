"""What a transaction on PostgreSQL can reach: one adapter a port, all on its one connection."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.add_ons import PostgresAddOns
from adapters.postgres.audit import PostgresAuditLog
from adapters.postgres.audit_chain import PostgresAuditChain, PostgresUnsealedOrgs
from adapters.postgres.blackouts import PostgresBlackouts
from adapters.postgres.booking_settings import PostgresBookingSettings
from adapters.postgres.bookings import PostgresBookings, PostgresOverdueHolds
from adapters.postgres.break_glass import PostgresBreakGlassSessions
from adapters.postgres.calendar import PostgresCalendar
from adapters.postgres.circuits import PostgresCircuits
from adapters.postgres.dead_letters import PostgresDeadLetters
from adapters.postgres.delivery_queues import PostgresDeliveryQueues
from adapters.postgres.emails import PostgresEmailEvents
from adapters.postgres.export_events import PostgresExportEvents
from adapters.postgres.heartbeats import PostgresHeartbeats
from adapters.postgres.idempotency import Claim
from adapters.postgres.jobs import PostgresJobs
from adapters.postgres.leads import PostgresLeads
from adapters.postgres.leftovers import PostgresLeftoverOrgs, PostgresLeftovers
from adapters.postgres.links import PostgresLinkOwners, PostgresLinks
from adapters.postgres.memberships import PostgresMemberships
from adapters.postgres.orgs import PostgresOrgDirectory, PostgresOrgProfiles
from adapters.postgres.outbox import PostgresOutbox
from adapters.postgres.outbox_queue import PostgresDueMessages, PostgresOutboxQueue
from adapters.postgres.outbox_views import PostgresOutboxViews
from adapters.postgres.overrides import PostgresOverrides
from adapters.postgres.person_secrets import PostgresPersonSecrets
from adapters.postgres.persons import PostgresBelongings, PostgresPersons
from adapters.postgres.photo_queue import PostgresPhotoQueue
from adapters.postgres.photos import PostgresPhotos, PostgresSpentLinks, PostgresStaleUploads
from adapters.postgres.price_books import PostgresPriceBooks
from adapters.postgres.reminders import PostgresReminderOrgs, PostgresReminders
from adapters.postgres.retention import PostgresRetention
from adapters.postgres.sessions import (
    PostgresRefreshTokenOwners,
    PostgresRefreshTokens,
    PostgresSessions,
)
from adapters.postgres.suppressions import PostgresSuppressions
from adapters.postgres.teams import PostgresTeams
from adapters.postgres.throttling import PostgresAuthFailures, PostgresLockouts, PostgresTryCounters
from adapters.postgres.time_entries import PostgresTimeEntries
from adapters.postgres.tombstones import PostgresTombstoneOrgs, PostgresTombstones
from adapters.postgres.usage import PostgresUsageEvents
from adapters.postgres.users import PostgresUsers
from adapters.postgres.waiting_visits import PostgresWaitingVisits
from adapters.postgres.workers import PostgresWorkers
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from application.ports.measures import UnitCounts
from application.ports.outbox import untraced
from domain.identity.once import Once
from domain.shared.ids import BreakGlassId, OrgId


@dataclass(frozen=True, slots=True)
class PostgresUnit:
    org_id: OrgId
    connection: AsyncConnection  # its transaction has pinned the tenant: no statement names org_id
    claim: Claim
    clock: Clock
    ids: Identifiers
    traceparent: Callable[[], str] = untraced
    told: set[BreakGlassId] = field(default_factory=set)  # whose break-glass write is on record
    counts: UnitCounts = field(default_factory=UnitCounts)

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        before, counted = set(self.told), len(self.counts.taken)
        try:
            async with self.connection.begin_nested():
                yield
        except BaseException:
            self.told.intersection_update(before)
            del self.counts.taken[counted:]
            raise

    async def recall(self, once: Once | None) -> None:
        await replace(self.claim, once=once).recall()

    async def hold(self, once: Once | None, *, seconds: int) -> Once | None:
        if once is None:
            return None
        mine = replace(once, hold=self.ids.new().bytes)
        await replace(self.claim, once=mine).hold(timedelta(seconds=seconds))
        return mine

    async def seal(self, result: object) -> None:
        await self.claim.seal(result)

    @property
    def audit(self) -> PostgresAuditLog:
        return PostgresAuditLog(self.connection, self.org_id, self.clock, self.ids, self.told)

    @property
    def break_glass(self) -> PostgresBreakGlassSessions:
        return PostgresBreakGlassSessions(self.connection)

    @property
    def audit_chain(self) -> PostgresAuditChain:
        return PostgresAuditChain(self.connection)

    @property
    def org(self) -> PostgresOrgProfiles:
        return PostgresOrgProfiles(self.connection)

    @property
    def outbox(self) -> PostgresOutbox:
        return PostgresOutbox(self.connection, self.clock, self.ids, self.traceparent)

    @property
    def outbox_queue(self) -> PostgresOutboxQueue:
        return PostgresOutboxQueue(self.connection)

    @property
    def outbox_views(self) -> PostgresOutboxViews:
        return PostgresOutboxViews(self.connection)

    @property
    def dead_letters(self) -> PostgresDeadLetters:
        return PostgresDeadLetters(self.connection)

    @property
    def exports(self) -> PostgresExportEvents:
        return PostgresExportEvents(self.connection)

    @property
    def emails(self) -> PostgresEmailEvents:
        return PostgresEmailEvents(self.connection)

    @property
    def suppressions(self) -> PostgresSuppressions:
        return PostgresSuppressions(self.connection)

    @property
    def tombstones(self) -> PostgresTombstones:
        return PostgresTombstones(self.connection)

    @property
    def reminders(self) -> PostgresReminders:
        return PostgresReminders(self.connection)

    @property
    def retention(self) -> PostgresRetention:
        return PostgresRetention(self.connection)

    @property
    def leftovers(self) -> PostgresLeftovers:
        return PostgresLeftovers(self.connection)

    @property
    def usage(self) -> PostgresUsageEvents:
        return PostgresUsageEvents(self.connection, self.clock, self.ids)

    @property
    def price_books(self) -> PostgresPriceBooks:
        return PostgresPriceBooks(self.connection)

    @property
    def add_ons(self) -> PostgresAddOns:
        return PostgresAddOns(self.connection)

    @property
    def leads(self) -> PostgresLeads:
        return PostgresLeads(self.connection)

    @property
    def directory(self) -> PostgresOrgDirectory:
        return PostgresOrgDirectory(self.connection)

    @property
    def persons(self) -> PostgresPersons:
        return PostgresPersons(self.connection)

    @property
    def person_secrets(self) -> PostgresPersonSecrets:
        return PostgresPersonSecrets(self.connection)

    @property
    def lockouts(self) -> PostgresLockouts:
        return PostgresLockouts(self.connection)

    @property
    def memberships(self) -> PostgresMemberships:
        return PostgresMemberships(self.connection)

    @property
    def users(self) -> PostgresUsers:
        return PostgresUsers(self.connection)

    @property
    def links(self) -> PostgresLinks:
        return PostgresLinks(self.connection)

    @property
    def belongings(self) -> PostgresBelongings:
        return PostgresBelongings(self.connection)

    @property
    def sessions(self) -> PostgresSessions:
        return PostgresSessions(self.connection)

    @property
    def refresh_tokens(self) -> PostgresRefreshTokens:
        return PostgresRefreshTokens(self.connection)

    @property
    def teams(self) -> PostgresTeams:
        return PostgresTeams(self.connection)

    @property
    def workers(self) -> PostgresWorkers:
        return PostgresWorkers(self.connection)

    @property
    def blackouts(self) -> PostgresBlackouts:
        return PostgresBlackouts(self.connection)

    @property
    def booking_settings(self) -> PostgresBookingSettings:
        return PostgresBookingSettings(self.connection)

    @property
    def bookings(self) -> PostgresBookings:
        return PostgresBookings(self.connection, self.org_id)

    @property
    def overrides(self) -> PostgresOverrides:
        return PostgresOverrides(self.connection)

    @property
    def photos(self) -> PostgresPhotos:
        return PostgresPhotos(self.connection)

    @property
    def photo_queue(self) -> PostgresPhotoQueue:
        return PostgresPhotoQueue(self.connection)

    @property
    def spent_links(self) -> PostgresSpentLinks:
        return PostgresSpentLinks(self.connection)

    @property
    def time_entries(self) -> PostgresTimeEntries:
        return PostgresTimeEntries(self.connection)

    @property
    def jobs(self) -> PostgresJobs:
        return PostgresJobs(self.connection)

    @property
    def waiting_visits(self) -> PostgresWaitingVisits:
        return PostgresWaitingVisits(self.connection)

    @property
    def calendar(self) -> PostgresCalendar:
        return PostgresCalendar(self.connection)


@dataclass(frozen=True, slots=True)
class PostgresGlobalUnit:
    connection: AsyncConnection
    clock: Clock
    ids: Identifiers

    @property
    def tombstone_orgs(self) -> PostgresTombstoneOrgs:
        return PostgresTombstoneOrgs(self.connection)

    @property
    def reminder_orgs(self) -> PostgresReminderOrgs:
        return PostgresReminderOrgs(self.connection)

    @property
    def stale_uploads(self) -> PostgresStaleUploads:
        return PostgresStaleUploads(self.connection)

    @property
    def overdue_holds(self) -> PostgresOverdueHolds:
        return PostgresOverdueHolds(self.connection)

    @property
    def unsealed_orgs(self) -> PostgresUnsealedOrgs:
        return PostgresUnsealedOrgs(self.connection)

    @property
    def directory(self) -> PostgresOrgDirectory:
        return PostgresOrgDirectory(self.connection)

    @property
    def persons(self) -> PostgresPersons:
        return PostgresPersons(self.connection)

    @property
    def person_secrets(self) -> PostgresPersonSecrets:
        return PostgresPersonSecrets(self.connection)

    @property
    def auth_failures(self) -> PostgresAuthFailures:
        return PostgresAuthFailures(self.connection)

    @property
    def lockouts(self) -> PostgresLockouts:
        return PostgresLockouts(self.connection)

    @property
    def try_counters(self) -> PostgresTryCounters:
        return PostgresTryCounters(self.connection)

    @property
    def belongings(self) -> PostgresBelongings:
        return PostgresBelongings(self.connection)

    @property
    def refresh_token_owners(self) -> PostgresRefreshTokenOwners:
        return PostgresRefreshTokenOwners(self.connection)

    @property
    def link_owners(self) -> PostgresLinkOwners:
        return PostgresLinkOwners(self.connection)

    @property
    def circuits(self) -> PostgresCircuits:
        return PostgresCircuits(self.connection)

    @property
    def heartbeats(self) -> PostgresHeartbeats:
        return PostgresHeartbeats(self.connection)

    @property
    def due_messages(self) -> PostgresDueMessages:
        return PostgresDueMessages(self.connection)

    @property
    def delivery_queues(self) -> PostgresDeliveryQueues:
        return PostgresDeliveryQueues(self.connection)

    @property
    def leftover_orgs(self) -> PostgresLeftoverOrgs:
        return PostgresLeftoverOrgs(self.connection)
