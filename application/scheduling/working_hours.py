"""When teams work: the organisation's default week, or one of their own."""

from dataclasses import dataclass

from application.ports.clock import Clock
from application.ports.unit_of_work import UnitOfWork
from application.retrying import retrying
from application.scheduling.audited import audited_hours
from domain.identity.actor import Actor, Need
from domain.scheduling.hours import Week
from domain.scheduling.team import Team
from domain.shared.ids import TeamId
from domain.shared.versions import Expected, must_match

MOST_TEAMS = 1_000


@dataclass(frozen=True, slots=True)
class TeamHours:
    """`week` is what holds for the team, inherited or its own."""

    team: Team
    week: Week

    @property
    def inherits(self) -> bool:
        return self.team.hours is None


@dataclass(frozen=True, slots=True)
class ReadWorkingHours:
    """Of one team, or of all."""

    team_id: TeamId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetWorkingHours:
    """The whole week; None is to inherit the organisation's."""

    team_id: TeamId
    week: Week | None
    expected_version: Expected = None


@dataclass(frozen=True, slots=True)
class ReadWorkingHoursHandler:
    uow: UnitOfWork

    async def handle(self, actor: Actor, command: ReadWorkingHours) -> list[TeamHours]:
        actor.require(Need.VIEW)
        async with self.uow.begin(actor.org_id) as unit:
            if command.team_id is not None:
                teams = [await unit.teams.get(command.team_id)]
            else:
                teams = await unit.teams.list_by_name(active=None, after=None, limit=MOST_TEAMS)
            default = (await unit.booking_settings.get()).default_hours
        return [TeamHours(team, default if team.hours is None else team.hours) for team in teams]


@dataclass(frozen=True, slots=True)
class SetWorkingHoursHandler:
    uow: UnitOfWork
    clock: Clock

    @retrying
    async def handle(self, actor: Actor, command: SetWorkingHours) -> TeamHours:
        actor.require(Need.ADMIN)
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            before = await unit.teams.lock(command.team_id)
            must_match(before.version, command.expected_version)
            after = before.changed(self.clock.now(), hours=command.week)
            if after is not before:
                await unit.teams.save(after)
                await unit.audit.record(
                    actor,
                    "working_hours_update",
                    "team",
                    after.id,
                    before={"hours": audited_hours(before.hours)},
                    after={"hours": audited_hours(after.hours)},
                )
            default = (await unit.booking_settings.get()).default_hours
            answer = TeamHours(after, default if after.hours is None else after.hours)
            await unit.seal(answer)
        return answer
