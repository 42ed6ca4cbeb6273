"""What a transaction in memory can reach: one adapter a port, all on the rows of one unit."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta

from adapters.memory import doors
from adapters.memory.add_ons import MemoryAddOns
from adapters.memory.audit import MemoryAuditLog
from adapters.memory.audit_chain import MemoryAuditChain, MemoryUnsealedOrgs
from adapters.memory.blackouts import MemoryBlackouts
from adapters.memory.booking_settings import MemoryBookingSettings
from adapters.memory.bookings import MemoryBookings, MemoryOverdueHolds
from adapters.memory.break_glass import MemoryBreakGlassSessions
from adapters.memory.calendar import MemoryCalendar
from adapters.memory.circuits import MemoryCircuits
from adapters.memory.dead_letters import MemoryDeadLetters
from adapters.memory.delivery_queues import MemoryDeliveryQueues
from adapters.memory.emails import MemoryEmailEvents
from adapters.memory.export_events import MemoryExportEvents
from adapters.memory.heartbeats import MemoryHeartbeats
from adapters.memory.idempotency import Claim
from adapters.memory.jobs import MemoryJobs
from adapters.memory.leads import MemoryLeads
from adapters.memory.leftovers import MemoryLeftoverOrgs, MemoryLeftovers
from adapters.memory.links import MemoryLinkOwners, MemoryLinks
from adapters.memory.memberships import MemoryMemberships
from adapters.memory.orgs import MemoryOrgDirectory, MemoryOrgProfiles
from adapters.memory.outbox import MemoryDueMessages, MemoryOutbox, MemoryOutboxQueue
from adapters.memory.outbox_views import MemoryOutboxViews
from adapters.memory.overrides import MemoryOverrides
from adapters.memory.persons import (
    MemoryBelongings,
    MemoryKnownPersons,
    MemoryKnownSecrets,
    MemoryPersons,
    MemoryPersonSecrets,
)
from adapters.memory.photos import MemoryPhotoQueue, MemoryPhotos, MemorySpentLinks, MemoryStaleUploads
from adapters.memory.price_books import MemoryPriceBooks
from adapters.memory.reminders import MemoryReminderOrgs, MemoryReminders
from adapters.memory.retention import MemoryRetention
from adapters.memory.sessions import MemoryRefreshTokenOwners, MemoryRefreshTokens, MemorySessions
from adapters.memory.shared import SharedRows
from adapters.memory.suppressions import MemorySuppressions
from adapters.memory.tables import GlobalTables, OrgTables, snapshot
from adapters.memory.teams import MemoryTeams
from adapters.memory.throttling import MemoryAuthFailures, MemoryLockouts, MemoryTryCounters
from adapters.memory.time_entries import MemoryTimeEntries
from adapters.memory.tombstones import MemoryTombstoneOrgs, MemoryTombstones
from adapters.memory.usage import MemoryUsageEvents
from adapters.memory.users import MemoryUsers
from adapters.memory.waiting_visits import MemoryWaitingVisits
from adapters.memory.workers import MemoryWorkers
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from application.ports.measures import UnitCounts
from application.ports.outbox import untraced
from domain.identity.once import Once
from domain.shared.ids import (
    BreakGlassId,
    OrgId,
)
from domain.tenancy.org import OrgStatus


@dataclass(frozen=True, slots=True)
class MemoryUnit:
    org_id: OrgId
    tables: OrgTables
    shared: SharedRows
    claim: Claim
    clock: Clock
    ids: Identifiers
    belongings: MemoryBelongings
    traceparent: Callable[[], str] = untraced
    told: set[BreakGlassId] = field(default_factory=set)  # whose break-glass write is on record
    counts: UnitCounts = field(default_factory=UnitCounts)

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        before, told, counted = snapshot(self.tables), set(self.told), len(self.counts.taken)
        try:
            yield
        except BaseException:
            self.told.intersection_update(told)
            del self.counts.taken[counted:]
            for table in fields(before):
                setattr(self.tables, table.name, getattr(before, table.name))
            raise

    async def recall(self, once: Once | None) -> None:
        Claim(self.tables.idempotency_keys, once, self.clock.now()).check()

    async def hold(self, once: Once | None, *, seconds: int) -> Once | None:
        if once is None:
            return None
        mine = replace(once, hold=self.ids.new().bytes)
        claim = Claim(self.tables.idempotency_keys, mine, self.clock.now())
        claim.check()
        claim.hold(timedelta(seconds=seconds))
        return mine

    async def seal(self, result: object) -> None:
        self.claim.seal(result)

    @property
    def audit(self) -> MemoryAuditLog:
        tables = self.tables
        return MemoryAuditLog(tables.audit, self.org_id, self.clock, self.ids, tables.break_glass, self.told)

    @property
    def break_glass(self) -> MemoryBreakGlassSessions:
        return MemoryBreakGlassSessions(self.tables.break_glass, self.tables.audit)

    @property
    def audit_chain(self) -> MemoryAuditChain:
        return MemoryAuditChain(self.tables.audit, self.tables.audit_head)

    @property
    def org(self) -> MemoryOrgProfiles:
        return MemoryOrgProfiles(self.tables.org)

    @property
    def outbox(self) -> MemoryOutbox:
        return MemoryOutbox(self.tables.outbox, self.tables.emails, self.clock, self.ids, self.traceparent)

    @property
    def outbox_queue(self) -> MemoryOutboxQueue:
        return MemoryOutboxQueue(self.tables.outbox, self.tables.outbox_attempts)

    @property
    def outbox_views(self) -> MemoryOutboxViews:
        return MemoryOutboxViews(self.tables.outbox)

    @property
    def dead_letters(self) -> MemoryDeadLetters:
        return MemoryDeadLetters(self.tables.outbox, self.tables.exports)

    @property
    def exports(self) -> MemoryExportEvents:
        return MemoryExportEvents(self.tables.exports, self.tables.outbox)

    @property
    def emails(self) -> MemoryEmailEvents:
        return MemoryEmailEvents(self.tables.emails, self.tables.outbox)

    @property
    def suppressions(self) -> MemorySuppressions:
        return MemorySuppressions(self.tables.suppressions)

    @property
    def tombstones(self) -> MemoryTombstones:
        return MemoryTombstones(self.tables.tombstones)

    @property
    def reminders(self) -> MemoryReminders:
        return MemoryReminders(self.tables)

    @property
    def retention(self) -> MemoryRetention:
        return MemoryRetention(self.tables)

    @property
    def leftovers(self) -> MemoryLeftovers:
        return MemoryLeftovers(self.tables)

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

    @property
    def directory(self) -> MemoryOrgDirectory:
        return MemoryOrgDirectory(self.shared.orgs, self.shared.retired_slugs)

    @property
    def persons(self) -> MemoryPersons:
        return MemoryPersons(self.shared.persons, self.shared.locks)

    @property
    def person_secrets(self) -> MemoryPersonSecrets:
        return MemoryPersonSecrets(self.shared.person_secrets, self.persons, self.shared.locks)

    @property
    def lockouts(self) -> MemoryLockouts:
        return MemoryLockouts(self.shared.lockouts_told, self.shared.locks)

    @property
    def memberships(self) -> MemoryMemberships:
        return MemoryMemberships(self.tables.memberships)

    @property
    def users(self) -> MemoryUsers:
        tables = self.tables
        return MemoryUsers(tables.memberships, self.shared.persons, tables.workers, tables.mailed_links)

    @property
    def links(self) -> MemoryLinks:
        return MemoryLinks(self.tables.mailed_links)

    @property
    def sessions(self) -> MemorySessions:
        return MemorySessions(self.tables.sessions, self.shared.persons)

    @property
    def refresh_tokens(self) -> MemoryRefreshTokens:
        return MemoryRefreshTokens(self.tables.refresh_tokens)

    @property
    def teams(self) -> MemoryTeams:
        tables = self.tables
        return MemoryTeams(
            tables.teams, tables.teams_once_named, tables.workers, tables.blackouts, tables.bookings
        )

    @property
    def workers(self) -> MemoryWorkers:
        return MemoryWorkers(self.tables.workers, self.tables.teams)

    @property
    def blackouts(self) -> MemoryBlackouts:
        return MemoryBlackouts(self.tables.blackouts)

    @property
    def booking_settings(self) -> MemoryBookingSettings:
        return MemoryBookingSettings(self.tables.booking_settings)

    @property
    def bookings(self) -> MemoryBookings:
        tables = self.tables
        return MemoryBookings(tables.bookings, tables.leads, tables.teams, tables.workers, tables.photos)

    @property
    def overrides(self) -> MemoryOverrides:
        return MemoryOverrides(self.tables.booking_overrides)

    @property
    def photos(self) -> MemoryPhotos:
        return MemoryPhotos(self.tables.photos, self.tables.uploads)

    @property
    def photo_queue(self) -> MemoryPhotoQueue:
        tables = self.tables
        return MemoryPhotoQueue(tables.photos, tables.bookings, tables.leads, self.org)

    @property
    def spent_links(self) -> MemorySpentLinks:
        return MemorySpentLinks(self.tables.spent_links)

    @property
    def time_entries(self) -> MemoryTimeEntries:
        return MemoryTimeEntries(self.tables.time_entries, self.tables.workers, self.tables.bookings)

    @property
    def jobs(self) -> MemoryJobs:
        tables = self.tables
        return MemoryJobs(tables.bookings, tables.leads, tables.workers, tables.time_entries, tables.photos)

    @property
    def waiting_visits(self) -> MemoryWaitingVisits:
        return MemoryWaitingVisits(self.tables.bookings, self.tables.teams, self.tables.leads)

    @property
    def calendar(self) -> MemoryCalendar:
        tables = self.tables
        return MemoryCalendar(
            self.org,
            tables.booking_settings,
            tables.teams,
            tables.workers,
            tables.bookings,
            tables.blackouts,
            tables.leads,
        )


@dataclass(frozen=True, slots=True)
class MemoryGlobalUnit:
    tables: GlobalTables
    orgs: Mapping[OrgId, OrgTables]  # for the doors alone

    @property
    def circuits(self) -> MemoryCircuits:
        return MemoryCircuits(self.tables.circuits)

    @property
    def heartbeats(self) -> MemoryHeartbeats:
        return MemoryHeartbeats(self.tables.heartbeats)

    @property
    def due_messages(self) -> MemoryDueMessages:
        return MemoryDueMessages({org_id: tables.outbox for org_id, tables in self._active()})

    @property
    def delivery_queues(self) -> MemoryDeliveryQueues:
        return MemoryDeliveryQueues(row for tables in self.orgs.values() for row in tables.outbox.values())

    @property
    def unsealed_orgs(self) -> MemoryUnsealedOrgs:
        return MemoryUnsealedOrgs({org_id: tables.audit for org_id, tables in self.orgs.items()})

    @property
    def leftover_orgs(self) -> MemoryLeftoverOrgs:
        return MemoryLeftoverOrgs(dict(self._active()))

    def _active(self) -> Iterator[tuple[OrgId, OrgTables]]:
        for org in self.tables.orgs.values():
            if org.status is OrgStatus.ACTIVE and org.id in self.orgs:
                yield org.id, self.orgs[org.id]

    @property
    def tombstone_orgs(self) -> MemoryTombstoneOrgs:
        return MemoryTombstoneOrgs(self.orgs)

    @property
    def reminder_orgs(self) -> MemoryReminderOrgs:
        return MemoryReminderOrgs(self.orgs, self.tables.orgs)

    @property
    def stale_uploads(self) -> MemoryStaleUploads:
        return MemoryStaleUploads({org_id: tables.uploads for org_id, tables in self.orgs.items()})

    @property
    def overdue_holds(self) -> MemoryOverdueHolds:
        return MemoryOverdueHolds({org_id: tables.bookings for org_id, tables in self.orgs.items()})

    @property
    def directory(self) -> MemoryOrgDirectory:
        return MemoryOrgDirectory(self.tables.orgs, self.tables.retired_slugs)

    @property
    def persons(self) -> MemoryKnownPersons:
        return MemoryKnownPersons(self.tables.persons)

    @property
    def person_secrets(self) -> MemoryKnownSecrets:
        return MemoryKnownSecrets(self.tables.person_secrets, self.persons)

    @property
    def auth_failures(self) -> MemoryAuthFailures:
        return MemoryAuthFailures(self.tables.auth_failures, self.tables.lockouts_told)

    @property
    def lockouts(self) -> MemoryLockouts:
        return MemoryLockouts(self.tables.lockouts_told)

    @property
    def try_counters(self) -> MemoryTryCounters:
        return MemoryTryCounters(self.tables.try_counters, self.tables.try_counter_expiries)

    @property
    def belongings(self) -> MemoryBelongings:
        return MemoryBelongings(
            lambda user_id, now: doors.person_memberships(self.orgs, self.tables, user_id, now)
        )

    @property
    def refresh_token_owners(self) -> MemoryRefreshTokenOwners:
        return MemoryRefreshTokenOwners(lambda token: doors.refresh_token_org(self.orgs, token))

    @property
    def link_owners(self) -> MemoryLinkOwners:
        return MemoryLinkOwners(lambda token: doors.mailed_link_org(self.orgs, token))
