from collections import Counter
from dataclasses import dataclass, replace

from application.identity.purge_tries import PurgeTriesHandler
from entrypoints.jobs.job import JobResult, StopSignal, Work


@dataclass(frozen=True, slots=True)
class Housekeeping:
    """What belongs to no organisation, then each organisation's own."""

    purge_tries: PurgeTriesHandler
    per_org: Work

    async def __call__(self, stop: StopSignal) -> JobResult:
        shared = await self.purge_tries.handle()
        result = await self.per_org(stop)
        return replace(result, counts=Counter(result.counts) + Counter(purged=shared))
