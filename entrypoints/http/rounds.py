"""One call of the scheduler: every organisation in turn, each by itself, while a caller waits."""

import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from application.ports.unit_of_work import UnitOfWork
from domain.identity.actor import Actor
from domain.shared.errors import Contended, Unavailable
from domain.shared.ids import OrgId
from entrypoints import log_context
from entrypoints.http.scheduler import Caller

ROUND_SECONDS = 20.0
"""Nobody is visited after it, and a visit that is under way ends by then: answers come within 25 s."""

logger = logging.getLogger("sweepline.http")


@dataclass(frozen=True, slots=True)
class Round[R]:
    """`orgs` were gone through, those without anything to do among them; `is_done` if that is all of them."""

    reports: Sequence[R]
    orgs: int
    is_done: bool


@dataclass(slots=True)
class Rounds:
    """Each job goes on behind the organisation where its last round ended."""

    uow: UnitOfWork
    _last: dict[str, OrgId] = field(default_factory=dict, init=False)

    async def go[R](
        self,
        caller: Caller,
        job: str,
        list_orgs: Callable[[], Awaitable[Sequence[OrgId]]],
        visit: Callable[[Actor, float], Awaitable[R]],
    ) -> Round[R]:
        """`visit` is given the seconds that are left. One that fails holds up nobody and is left for the next
        round. Raises Unavailable if the database is gone."""
        ends_at = time.monotonic() + ROUND_SECONDS
        wanted = self._in_turn(job, await list_orgs())
        reports, unreached, failed = list[R](), 0, 0
        for number, org_id in enumerate(wanted):
            left = ends_at - time.monotonic()
            if left <= 0:
                unreached = len(wanted) - number
                break
            self._last[job] = org_id
            try:
                with log_context.scope(**log_context.current(), job=job, org_id=str(org_id)):
                    reports.append(await visit(caller.acting_for(org_id, job), left))
            except Contended:
                failed += 1
            except Unavailable:
                raise
            except Exception:
                logger.exception("scheduled work failed for one organisation", extra={"org_id": str(org_id)})
                failed += 1
        orgs = max(await self._active() - unreached, len(reports))
        return Round(reports, orgs, is_done=not (unreached or failed))

    def _in_turn(self, job: str, org_ids: Sequence[OrgId]) -> list[OrgId]:
        last = self._last.get(job)
        return sorted(org_ids, key=lambda org_id: (last is not None and org_id <= last, org_id))

    async def _active(self) -> int:
        async with self.uow.begin_global() as unit:
            return len(await unit.directory.active_ids())
