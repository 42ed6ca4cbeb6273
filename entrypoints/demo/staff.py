"""The company, its logins, teams and workers. What is there already is left alone."""

from dataclasses import dataclass

from dishka import AsyncContainer

from application.identity.add_member import AddMember, AddMemberHandler
from application.ports.identifiers import Identifiers
from application.ports.unit_of_work import UnitOfWork
from application.scheduling.add_worker import AddWorker, AddWorkerHandler
from application.scheduling.read_teams import ListTeams, ListTeamsHandler
from application.scheduling.read_workers import ListWorkers, ListWorkersHandler
from application.scheduling.working_hours import SetWorkingHours, SetWorkingHoursHandler
from application.scheduling.write_teams import AddTeam, AddTeamHandler, ChangeTeam, ChangeTeamHandler
from application.tenancy.create_org import CreateOrg, CreateOrgHandler
from domain.identity.actor import Role
from domain.identity.passwords import temp_password
from domain.scheduling.hours import Week
from domain.scheduling.team import Team
from domain.scheduling.worker import Skill, Worker
from domain.shared.ids import UserId
from domain.tenancy.org import Org
from entrypoints.demo import company
from entrypoints.demo.stage import Stage


@dataclass(frozen=True, slots=True)
class Login:
    """Made now. The password is kept nowhere else in the clear."""

    email: str
    role: Role
    password: str


@dataclass(frozen=True, slots=True)
class Crew:
    """A team of the demo and who belongs to it."""

    team: Team
    workers: tuple[Worker, ...]


async def found_company(container: AsyncContainer) -> tuple[Org, list[Login]]:
    """The company, and the owner's login if the company is born now."""
    uow, ids = await container.get(UnitOfWork), await container.get(Identifiers)
    if (known := await _known(uow)) is not None:
        return known, []
    email, _, role = company.LOGINS[0]
    login = Login(email, role, temp_password(ids.secret))
    command = CreateOrg(
        name=company.NAME,
        slug=company.SLUG,
        owner_email=email,
        timezone=company.TIMEZONE,
        currency=company.CURRENCY,
        owner_password=login.password,
    )
    await (await container.get(CreateOrgHandler)).handle(command)
    born = await _known(uow)
    if born is None:
        raise RuntimeError("The company was made and is not in the directory.")
    return born, [login]


async def _known(uow: UnitOfWork) -> Org | None:
    async with uow.begin_global() as shared:
        return await shared.directory.by_slug(company.SLUG)


async def hire_staff(stage: Stage) -> tuple[list[Login], UserId]:
    """New logins of everybody but the owner, and who the worker is."""
    ids, uow = await stage.container.get(Identifiers), await stage.container.get(UnitOfWork)
    logins: list[Login] = []
    users: dict[Role, UserId] = {}
    for email, name, role in company.LOGINS[1:]:
        async with uow.begin_global() as shared:
            known = await shared.persons.find_by_email(email)
        if known is not None:
            users[role] = known.id
            continue
        login = Login(email, role, temp_password(ids.secret))
        command = AddMember(email=email, name=name, role=role, password=login.password)
        users[role] = await stage.play(AddMemberHandler, command)
        logins.append(login)
    return logins, users[Role.WORKER]


async def form_crews(stage: Stage, worker_user: UserId) -> list[Crew]:
    """In the order of the company's teams, each with its hours and its workers."""
    teams = [await _team(stage, place) for place in range(len(company.TEAMS))]
    known = {
        view.worker.name: view.worker
        for view in (await stage.play(ListWorkersHandler, ListWorkers(limit=200))).views
    }
    workers = [known.get(one.name) or await _hired(stage, one, teams, worker_user) for one in company.WORKERS]
    return [Crew(team, tuple(w for w in workers if w.team_id == team.id)) for team in teams]


async def _team(stage: Stage, place: int) -> Team:
    wanted = company.TEAMS[place]
    known = {view.team.name: view.team for view in (await stage.play(ListTeamsHandler, ListTeams())).views}
    if wanted.name in known:
        return known[wanted.name]
    changes = {"name": wanted.name, "color": wanted.color}
    if place == 0:
        default = next(team for team in known.values() if team.is_default)
        view = await stage.play(ChangeTeamHandler, ChangeTeam(team_id=default.id, changes=changes))
    else:
        view = await stage.play(AddTeamHandler, AddTeam(name=wanted.name, color=wanted.color))
    hours = SetWorkingHours(team_id=view.team.id, week=Week.parse(wanted.hours))
    return (await stage.play(SetWorkingHoursHandler, hours)).team


async def _hired(stage: Stage, one: company.DemoWorker, teams: list[Team], worker_user: UserId) -> Worker:
    command = AddWorker(
        name=one.name,
        team_id=teams[one.team].id,
        phone=f"+1 416 555 {180 + company.WORKERS.index(one):04d}",
        email=f"{one.name.split()[0].lower().replace('é', 'e')}@maple-pine.example",
        role=one.role,
        skills=tuple(Skill(tag) for tag in one.skills),
        hourly_rate_cents=one.rate_cents,
        user_id=worker_user if one.signs_in else None,
    )
    return (await stage.play(AddWorkerHandler, command)).worker
