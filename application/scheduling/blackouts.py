"""Times without work are listed, made and lifted."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from application.ports.blackouts import BlackoutFilter
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from application.ports.unit_of_work import Unit, UnitOfWork
from application.retrying import retrying
from application.scheduling.audited import audited_blackout
from domain.identity.actor import Actor, Need
from domain.scheduling.blackout import Blackout, BlackoutOverlapsBookings, require_period
from domain.scheduling.conflicts import conflicts_with_blackout
from domain.shared.ids import BlackoutId, TeamId, WorkerId

DEFAULT_PERIOD = timedelta(days=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListBlackouts:
    """Those touching `[from_, to)`: by default from now, and 90 days on."""

    from_: datetime | None = None
    to: datetime | None = None
    team_id: TeamId | None = None
    worker_id: WorkerId | None = None
    after: tuple[datetime, BlackoutId] | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class BlackoutPage:
    blackouts: tuple[Blackout, ...]
    next: tuple[datetime, BlackoutId] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddBlackout:
    """Of a team, of a worker, or of the whole organisation. `keep_bookings`: it may stand over them."""

    starts_at: datetime
    ends_at: datetime
    reason: str | None = None
    team_id: TeamId | None = None
    worker_id: WorkerId | None = None
    keep_bookings: bool = False


@dataclass(frozen=True, slots=True)
class DeleteBlackout:
    blackout_id: BlackoutId


@dataclass(frozen=True, slots=True)
class ListBlackoutsHandler:
    uow: UnitOfWork
    clock: Clock

    async def handle(self, actor: Actor, command: ListBlackouts) -> BlackoutPage:
        actor.require(Need.DISPATCH)
        start = command.from_ or self.clock.now()
        end = command.to or start + DEFAULT_PERIOD
        require_period(start, end)
        chosen = BlackoutFilter(
            starts_at=start, ends_at=end, team_id=command.team_id, worker_id=command.worker_id
        )
        async with self.uow.begin(actor.org_id) as unit:
            if command.team_id is not None:
                await unit.teams.get(command.team_id)
            if command.worker_id is not None:
                await unit.workers.get(command.worker_id)
            found = await unit.blackouts.list_touching(chosen, after=command.after, limit=command.limit + 1)
        page = found[: command.limit]
        last = page[-1] if len(found) > len(page) else None
        return BlackoutPage(tuple(page), None if last is None else (last.starts_at, last.id))


@dataclass(frozen=True, slots=True)
class AddBlackoutHandler:
    uow: UnitOfWork
    clock: Clock
    ids: Identifiers

    @retrying
    async def handle(self, actor: Actor, command: AddBlackout) -> Blackout:
        actor.require(Need.DISPATCH)
        now = self.clock.now()
        blackout = Blackout(
            id=BlackoutId(self.ids.new()),
            starts_at=command.starts_at,
            ends_at=command.ends_at,
            reason=command.reason,
            team_id=command.team_id,
            worker_id=command.worker_id,
            created_by=actor.user_id,
            created_at=now,
        )
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            await _lock_scope(unit, blackout)
            if not command.keep_bookings:
                await _refuse_bookings(unit, blackout, now)
            await unit.blackouts.add(blackout)
            await unit.audit.record(
                actor, "blackout_create", "blackout", blackout.id, after=audited_blackout(blackout)
            )
            await unit.seal(blackout)
        return blackout


async def _lock_scope(unit: Unit, blackout: Blackout) -> None:
    """What a booking that races locks too, so that one of the two sees the other."""
    if blackout.team_id is not None:
        await unit.teams.lock(blackout.team_id)
    elif blackout.worker_id is not None:
        await unit.workers.lock(blackout.worker_id)
    else:
        await unit.calendar.exclude()


async def _refuse_bookings(unit: Unit, blackout: Blackout, now: datetime) -> None:
    facts = await unit.calendar.facts(blackout.starts_at, blackout.ends_at, now=now)
    in_the_way = conflicts_with_blackout(facts, blackout)
    if in_the_way:
        raise BlackoutOverlapsBookings(
            "Bookings lie in this period. Move them, or send keep_bookings: true.",
            members={"conflicts": [asdict(conflict) for conflict in in_the_way]},
        )


@dataclass(frozen=True, slots=True)
class DeleteBlackoutHandler:
    uow: UnitOfWork

    @retrying
    async def handle(self, actor: Actor, command: DeleteBlackout) -> None:
        actor.require(Need.DISPATCH)
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            blackout = await unit.blackouts.get(command.blackout_id)
            await unit.blackouts.delete(blackout.id)
            if blackout.team_id is not None:
                await unit.teams.remember({blackout.team_id})
            await unit.audit.record(
                actor, "blackout_delete", "blackout", blackout.id, before=audited_blackout(blackout)
            )
            await unit.seal(None)
