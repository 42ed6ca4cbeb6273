"""A job that takes organisations one by one, each under its lock; one that fails holds up nobody."""

import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from application.ports.identifiers import Identifiers
from application.ports.job_locks import JobLocks
from domain.identity.actor import Actor, ActorKind
from domain.shared.errors import Contended, Unavailable
from domain.shared.ids import OrgId
from entrypoints import log_context
from entrypoints.jobs.job import JobResult, StopSignal

type ListOrgs = Callable[[], Awaitable[Sequence[OrgId]]]
type OrgWork = Callable[[Actor], Awaitable[Mapping[str, int]]]

logger = logging.getLogger("sweepline.jobs")


class NoLock:
    """For work that calls the world between its transactions: leases keep its runners apart."""

    @asynccontextmanager
    async def hold(self, job: str, org_id: OrgId) -> AsyncIterator[bool]:  # noqa: ARG002  # of no matter
        yield True


@dataclass(slots=True)
class PerOrg:
    """Begins behind where the run before ended, so that runs which are cut short starve nobody."""

    job: str
    list_orgs: ListOrgs
    work: OrgWork
    locks: JobLocks
    ids: Identifiers
    last: OrgId | None = None

    async def __call__(self, stop: StopSignal) -> JobResult:
        counts: Counter[str] = Counter()
        orgs = failed = 0
        for org_id in self._in_turn(await self.list_orgs()):
            if stop.is_set():
                break
            self.last = org_id
            orgs += 1
            try:
                counts.update(await self._visit(org_id))
            except Contended:
                failed += 1
            except Unavailable:
                raise
            except Exception:
                logger.exception("job failed for one organisation", extra={"org_id": str(org_id)})
                failed += 1
        return JobResult(counts=counts, orgs=orgs, orgs_failed=failed)

    def _in_turn(self, org_ids: Sequence[OrgId]) -> list[OrgId]:
        last = self.last
        return sorted(org_ids, key=lambda org_id: (last is not None and org_id <= last, org_id))

    async def _visit(self, org_id: OrgId) -> Mapping[str, int]:
        request_id = f"job-{self.ids.new()}"
        actor = Actor(org_id=org_id, kind=ActorKind.JOB, name=f"job:{self.job}", request_id=request_id)
        with log_context.scope(job=self.job, org_id=str(org_id), request_id=request_id):
            async with self.locks.hold(self.job, org_id) as held:
                return await self.work(actor) if held else {}
