"""Which use case each job of the table runs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from application.booking.expire_bookings import ExpireBookings, ExpireBookingsHandler
from application.booking.orgs_with_work import OrgsWithNearVisits, OrgsWithOverdueHolds
from application.booking.remind_clients import RemindClients, RemindClientsHandler
from application.compliance.clean_up import CleanUp, CleanUpHandler
from application.delivery.deliver_due import DeliverDue, DeliverDueHandler
from application.delivery.end_dead_leases import EndDeadLeasesHandler
from application.delivery.job_table import JOBS
from application.delivery.purge_leftovers import PurgeLeftovers, PurgeLeftoversHandler
from application.identity.purge_tries import PurgeTriesHandler
from application.identity.tell_lockouts import TellLockoutsHandler
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from application.ports.job_locks import JobLocks
from application.ports.unit_of_work import UnitOfWork
from application.safety.seal_audit import SealAuditHandler
from application.storage.clear_stale_uploads import ClearStaleUploadsHandler, stale_before
from application.storage.clear_tombstones import ClearTombstones, ClearTombstonesHandler
from application.tenancy.active_orgs import ListActiveOrgs
from domain.identity.actor import Actor
from domain.shared.ids import OrgId
from entrypoints.jobs.housekeeping import Housekeeping
from entrypoints.jobs.job import Job, JobResult, StopSignal, Work
from entrypoints.jobs.per_org import ListOrgs, NoLock, OrgWork, PerOrg

CLEAN_UP_SECONDS = 120
"""For one organisation in a run: the others have their turn too, and the rest waits for the next run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRegistry:
    uow: UnitOfWork
    clock: Clock
    ids: Identifiers
    locks: JobLocks
    deliver_due: DeliverDueHandler
    end_dead_leases: EndDeadLeasesHandler
    remind_clients: RemindClientsHandler
    expire_bookings: ExpireBookingsHandler
    clean_up: CleanUpHandler
    purge_leftovers: PurgeLeftoversHandler
    seal_audit: SealAuditHandler
    clear_tombstones: ClearTombstonesHandler
    clear_stale_uploads: ClearStaleUploadsHandler
    purge_tries: PurgeTriesHandler
    tell_lockouts: TellLockoutsHandler

    def jobs(self, names: Sequence[str] = ()) -> list[Job]:
        """Those named (as the table spells them), or the default set."""
        work = self._work()
        wanted = names or [name for name, spec in JOBS.items() if spec.in_default_set]
        wakers = {"outbox-delivery": self.deliver_due.is_anything_due}
        watches = {"outbox-delivery": self.end_dead_leases.handle}
        return [
            Job(JOBS[name], work[name], wakers.get(name), watches.get(name)) for name in dict.fromkeys(wanted)
        ]

    def _work(self) -> Mapping[str, Work]:
        near_visits = OrgsWithNearVisits(self.uow, self.clock)
        overdue_holds = OrgsWithOverdueHolds(self.uow, self.clock)
        return {
            "outbox-delivery": self._deliver,
            "booking-reminders": self._per_org("booking-reminders", near_visits, self._remind),
            "booking-expiry": self._per_org("booking-expiry", overdue_holds, self._expire),
            "retention-cleanup": self._per_org("retention-cleanup", ListActiveOrgs(self.uow), self._clean_up),
            "housekeeping": Housekeeping(
                self.purge_tries, self._per_org("housekeeping", self._orgs_with_leftovers, self._purge)
            ),
            "storage-janitor": PerOrg(
                "storage-janitor", self._orgs_with_bytes_too_many, self._clear, NoLock(), self.ids
            ),
            "audit-sealing": self._per_org("audit-sealing", self._orgs_with_unsealed_audit, self._seal),
            "lockout-notices": self._tell_lockouts,
        }

    def _per_org(self, job: str, list_orgs: ListOrgs, work: OrgWork) -> PerOrg:
        return PerOrg(job, list_orgs, work, self.locks, self.ids)

    async def _deliver(self, stop: StopSignal) -> JobResult:
        tally = await self.deliver_due.handle(DeliverDue(is_stopping=stop.is_set))
        counts = {key: getattr(tally, key) for key in JOBS["outbox-delivery"].result_keys}
        return JobResult(counts=counts, orgs=len(tally.orgs), orgs_failed=len(tally.orgs_failed))

    async def _tell_lockouts(self, stop: StopSignal) -> JobResult:
        del stop  # a few rows at most
        report = await self.tell_lockouts.handle()
        return JobResult(
            counts={"told": report.told}, orgs=len(report.orgs), orgs_failed=len(report.orgs_failed)
        )

    async def _remind(self, actor: Actor) -> Mapping[str, int]:
        report = await self.remind_clients.handle(actor, RemindClients())
        return {"queued": report.queued, "skipped": report.skipped}

    async def _expire(self, actor: Actor) -> Mapping[str, int]:
        report = await self.expire_bookings.handle(actor, ExpireBookings())
        return {"expired": report.expired, "remaining": report.remaining}

    async def _clean_up(self, actor: Actor) -> Mapping[str, int]:
        report = await self.clean_up.handle(actor, CleanUp(budget_seconds=CLEAN_UP_SECONDS))
        return Counter(
            due=sum(each.due for each in report.classes),
            done=sum(each.done for each in report.classes),
            held=sum(each.held for each in report.classes),
            remaining=sum(each.remaining for each in report.classes),
        )

    async def _orgs_with_bytes_too_many(self) -> Sequence[OrgId]:
        """Suspended ones too: what somebody deleted is gone whatever became of the company."""
        now = self.clock.now()
        async with self.uow.begin_global() as unit:
            buried = await unit.tombstone_orgs.list_orgs(now)
            stale = await unit.stale_uploads.list_orgs(stale_before(now))
        return sorted({*buried, *stale})

    async def _clear(self, actor: Actor) -> Mapping[str, int]:
        await self.clear_stale_uploads.handle(actor)
        report = await self.clear_tombstones.handle(actor, ClearTombstones())
        return {"processed": report.processed, "failed": report.failed, "stuck": report.stuck}

    async def _orgs_with_leftovers(self) -> Sequence[OrgId]:
        async with self.uow.begin_global() as unit:
            return await unit.leftover_orgs.list_orgs(self.clock.now())

    async def _purge(self, actor: Actor) -> Mapping[str, int]:
        return {"purged": await self.purge_leftovers.handle(actor, PurgeLeftovers())}

    async def _orgs_with_unsealed_audit(self) -> Sequence[OrgId]:
        async with self.uow.begin_global() as unit:
            return await unit.unsealed_orgs.list_orgs()

    async def _seal(self, actor: Actor) -> Mapping[str, int]:
        return {"sealed": await self.seal_audit.handle(actor.org_id)}
