"""Teams are added, changed and taken away."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from application.ports.unit_of_work import Unit, UnitOfWork
from application.retrying import retrying
from application.scheduling.audited import audited_team
from application.scheduling.read_teams import TeamView, team_view
from domain.identity.actor import Actor, Need
from domain.scheduling.team import Team, TeamInUse
from domain.shared.errors import Invalid
from domain.shared.ids import TeamId
from domain.shared.versions import Expected, must_match


@dataclass(frozen=True, slots=True, kw_only=True)
class AddTeam:
    name: str
    color: str | None = None
    is_active: bool = True
    is_default: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeTeam:
    """`changes` names fields of AddTeam."""

    team_id: TeamId
    changes: Mapping[str, Any] = field(default_factory=dict)
    expected_version: Expected = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteTeam:
    team_id: TeamId
    expected_version: Expected = None


@dataclass(frozen=True, slots=True)
class AddTeamHandler:
    uow: UnitOfWork
    clock: Clock
    ids: Identifiers

    @retrying
    async def handle(self, actor: Actor, command: AddTeam) -> TeamView:
        actor.require(Need.ADMIN)
        now = self.clock.now()
        team = Team(
            id=TeamId(self.ids.new()),
            name=command.name,
            color=command.color,
            is_active=command.is_active,
            is_default=command.is_default,
            created_at=now,
            updated_at=now,
        )
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            if team.is_default:
                await unit.calendar.exclude()
                await _unmark(unit, actor, await unit.teams.lock_default(), now)
            await unit.teams.save(team)
            await unit.audit.record(actor, "team_create", "team", team.id, after=audited_team(team))
            view = await team_view(unit, team)
            await unit.seal(view)
        return view


@dataclass(frozen=True, slots=True)
class ChangeTeamHandler:
    uow: UnitOfWork
    clock: Clock

    @retrying
    async def handle(self, actor: Actor, command: ChangeTeam) -> TeamView:
        actor.require(Need.ADMIN)
        now = self.clock.now()
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            before, default = await _lock(unit, command)
            must_match(before.version, command.expected_version)
            if before.is_default and command.changes.get("is_default") is False:
                raise Invalid.field("is_default", "make another team the default instead")
            after = before.changed(now, **command.changes)
            if before.is_active and not after.is_active and await unit.calendar.team_has_jobs(after.id, now):
                raise TeamInUse("This team has bookings to come. Give them to another team first.")
            if after is not before:
                if after.is_default and default.id != after.id:
                    await _unmark(unit, actor, default, now)
                await _save(unit, actor, before, after)
            view = await team_view(unit, after)
            await unit.seal(view)
        return view


async def _lock(unit: Unit, command: ChangeTeam) -> tuple[Team, Team]:
    """The team, and the default team if the mark is to move: its movers come one after the other, before
    they lock both teams in the order of their ids."""
    if not command.changes.get("is_default"):
        team = await unit.teams.lock(command.team_id)
        return team, team
    await unit.calendar.exclude()
    default = await unit.teams.default()
    locked = {team.id: team for team in await unit.teams.lock_many({command.team_id, default.id})}
    return locked[command.team_id], locked[default.id]


async def _unmark(unit: Unit, actor: Actor, default: Team, now: datetime) -> None:
    """Before the mark goes to another: at no time have two teams it."""
    await _save(unit, actor, default, default.changed(now, is_default=False))


async def _save(unit: Unit, actor: Actor, before: Team, after: Team) -> None:
    await unit.teams.save(after)
    await unit.audit.record(
        actor, "team_update", "team", after.id, before=audited_team(before), after=audited_team(after)
    )


@dataclass(frozen=True, slots=True)
class DeleteTeamHandler:
    uow: UnitOfWork

    @retrying
    async def handle(self, actor: Actor, command: DeleteTeam) -> None:
        actor.require(Need.ADMIN)
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            team = await unit.teams.lock(command.team_id)
            must_match(team.version, command.expected_version)
            if team.is_default:
                raise TeamInUse("The default team stays; make another team the default first.")
            await unit.teams.delete(team.id)
            await unit.audit.record(actor, "team_delete", "team", team.id, before=audited_team(team))
            await unit.seal(None)
