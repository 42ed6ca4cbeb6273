import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from application.ports.clock import Clock
from application.ports.outbox import Message
from application.ports.persons import AuthFailure
from application.ports.unit_of_work import GlobalUnit, Unit, UnitOfWork
from domain.identity.actor import Actor, ActorKind
from domain.identity.membership import choose_belonging
from domain.identity.person import Person
from domain.identity.wrong_tries import Lockout
from domain.shared.errors import Contended, Unavailable
from domain.shared.ids import OrgId

logger = logging.getLogger(__name__)
BATCH = 100
ACTIONS: Mapping[Lockout, str] = {
    Lockout.PASSWORD: "login_throttled",
    Lockout.IN_A_ROW: "login_locked",
    Lockout.SECOND_FACTOR: "second_factor_locked",
}
MAILED = frozenset({Lockout.IN_A_ROW, Lockout.SECOND_FACTOR})


@dataclass(frozen=True, slots=True)
class Told:
    person: Person
    org_id: OrgId  # where a login would lead


@dataclass(slots=True)
class ToldReport:
    """`orgs_failed`: whose turn comes again with the next run."""

    told: int = 0
    orgs: set[OrgId] = field(default_factory=set)
    orgs_failed: set[OrgId] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class TellLockoutsHandler:
    """To the audit log and to whose door it is. Later, and not in the try itself: it would take longer for
    those who exist."""

    uow: UnitOfWork
    clock: Clock

    async def handle(self) -> ToldReport:
        """Each once: what fails for one organisation keeps nobody else from being told."""
        report, after = ToldReport(), None
        while True:
            async with self.uow.begin_global() as shared:
                untold = await shared.auth_failures.list_untold(BATCH, after=after)
            for failure in untold:
                await self._tell(failure, report)
            if len(untold) < BATCH:
                return report
            after = untold[-1]

    async def _tell(self, failure: AuthFailure, report: ToldReport) -> None:
        now = self.clock.now()
        async with self.uow.begin_global() as shared:
            whom = await self._whom(shared, failure, now)
            if whom is None:
                report.told += await shared.lockouts.settle(failure.id, now)
                return
        report.orgs.add(whom.org_id)
        try:
            report.told += await self._tell_one(failure, whom, now)
        except Contended:
            report.orgs_failed.add(whom.org_id)
        except Unavailable:
            raise
        except Exception:
            logger.exception("telling failed", extra={"org_id": str(whom.org_id)})
            report.orgs_failed.add(whom.org_id)

    async def _tell_one(self, failure: AuthFailure, whom: Told, now: datetime) -> bool:
        async with self.uow.begin(whom.org_id) as unit:
            if not await unit.lockouts.settle(failure.id, now):
                return False
            await self._write(unit, failure, whom.person)
        return True

    @staticmethod
    async def _whom(shared: GlobalUnit, failure: AuthFailure, now: datetime) -> Told | None:
        """None for who is not active anywhere."""
        if failure.user_id is None:
            return None
        belonging = choose_belonging(await shared.belongings.of(failure.user_id, now), None)
        return (
            None if belonging is None else Told(await shared.persons.get(failure.user_id), belonging.org_id)
        )

    @staticmethod
    async def _write(unit: Unit, failure: AuthFailure, person: Person) -> None:
        if failure.lockout is None:
            raise ValueError("This try shut no door.")
        event = ACTIONS[failure.lockout]
        stranger = Actor(
            org_id=unit.org_id,
            kind=ActorKind.NONE,
            request_id=failure.request_id,
            ip=failure.ip,
            user_agent=failure.user_agent,
        )
        await unit.audit.record(stranger, event, "person", person.id, outcome="refused")
        if failure.lockout in MAILED:
            message = Message(
                kind="email",
                event_type=event,
                # once a day: who tries on and on must not fill a mailbox
                dedupe_key=f"user:{person.id}:{event}:{failure.occurred_at:%Y-%m-%d}",
                resource_type="person",
                resource_id=person.id,
                payload={"to": person.email},
            )
            await unit.outbox.add(message, request_id=failure.request_id)
