from collections.abc import Sequence
from dataclasses import dataclass

from application.ports.unit_of_work import Unit, UnitOfWork
from domain.identity.actor import Actor, Need
from domain.scheduling.team import Team
from domain.shared.ids import TeamId


@dataclass(frozen=True, slots=True)
class TeamView:
    """`worker_count` counts the active workers whose own team it is."""

    team: Team
    worker_count: int


@dataclass(frozen=True, slots=True)
class TeamPage:
    views: tuple[TeamView, ...]
    next: tuple[str, TeamId] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListTeams:
    active: bool | None = None
    after: tuple[str, TeamId] | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class ReadTeam:
    team_id: TeamId


async def team_views(unit: Unit, teams: Sequence[Team]) -> tuple[TeamView, ...]:
    counts = await unit.teams.worker_counts([team.id for team in teams])
    return tuple(TeamView(team, counts.get(team.id, 0)) for team in teams)


async def team_view(unit: Unit, team: Team) -> TeamView:
    return (await team_views(unit, [team]))[0]


@dataclass(frozen=True, slots=True)
class ListTeamsHandler:
    uow: UnitOfWork

    async def handle(self, actor: Actor, command: ListTeams) -> TeamPage:
        actor.require(Need.VIEW)
        async with self.uow.begin(actor.org_id) as unit:
            found = await unit.teams.list_by_name(
                active=command.active, after=command.after, limit=command.limit + 1
            )
            page = found[: command.limit]
            views = await team_views(unit, page)
        last = page[-1] if len(found) > len(page) else None
        return TeamPage(views, None if last is None else (last.name_key, last.id))


@dataclass(frozen=True, slots=True)
class ReadTeamHandler:
    uow: UnitOfWork

    async def handle(self, actor: Actor, command: ReadTeam) -> TeamView:
        actor.require(Need.VIEW)
        async with self.uow.begin(actor.org_id) as unit:
            return await team_view(unit, await unit.teams.get(command.team_id))
