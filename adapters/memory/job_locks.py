from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MemoryJobLocks:
    """Units of one organisation run one after another here, so nobody else can hold the job."""

    async def try_hold(self, job: str) -> bool:
        return bool(job)
