from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    Text,
    Uuid,
    bindparam,
    case,
    cast,
    collate,
    delete,
    func,
    or_,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.errors import constraint_of
from adapters.postgres.tables.scheduling import teams, teams_once_named, workers, working_hours
from domain.scheduling.hours import Opening, Week
from domain.scheduling.team import Team, TeamInUse, TeamNameTaken
from domain.shared.errors import NotFound
from domain.shared.ids import TeamId

NAME_KEY = "teams_name_key"
OPENINGS = (
    select(
        func.coalesce(
            func.jsonb_agg(
                func.jsonb_build_array(
                    working_hours.c.day_of_week, working_hours.c.start_minute, working_hours.c.end_minute
                )
            ),
            func.jsonb_build_array(),
        )
    )
    .where(working_hours.c.team_id == teams.c.team_id)
    .scalar_subquery()
)
HOURS = case((teams.c.own_hours, OPENINGS)).label("hours")
TEAM = (
    teams.c.team_id,
    teams.c.name,
    teams.c.color,
    teams.c.is_active,
    teams.c.is_default,
    HOURS,
    teams.c.version,
    teams.c.created_at,
    teams.c.updated_at,
)
ALL = select(*TEAM)
GET = ALL.where(teams.c.team_id == bindparam("wanted"))
LOCK = GET.with_for_update(key_share=True, of=teams)
DEFAULT = ALL.where(teams.c.is_default)
LOCK_DEFAULT = DEFAULT.with_for_update(key_share=True, of=teams)
MANY = teams.c.team_id == func.any(cast(bindparam("wanted"), ARRAY(Uuid)))
LOCK_MANY = ALL.where(MANY).order_by(teams.c.team_id).with_for_update(key_share=True, of=teams)

ACTIVE = cast(bindparam("active"), Boolean)
AFTER_NAME, AFTER_ID = cast(bindparam("after_name"), Text), cast(bindparam("after_id"), Uuid)
NAME_ORDER = collate(teams.c.name_key, "C")
LIST = (
    ALL.where(
        or_(ACTIVE.is_(None), teams.c.is_active == ACTIVE),
        or_(AFTER_NAME.is_(None), tuple_(NAME_ORDER, teams.c.team_id) > tuple_(AFTER_NAME, AFTER_ID)),
    )
    .order_by(NAME_ORDER, teams.c.team_id)
    .limit(bindparam("most"))
)
NAMES = select(teams.c.team_id, teams.c.name).where(MANY)
COUNTS = (
    select(workers.c.team_id, func.count())
    .where(workers.c.is_active, workers.c.team_id == func.any(cast(bindparam("wanted"), ARRAY(Uuid))))
    .group_by(workers.c.team_id)
)

NEW = insert(teams)
SAVE = NEW.on_conflict_do_update(
    index_elements=[teams.c.org_id, teams.c.team_id],
    set_={
        name: NEW.excluded[name]
        for name in (
            "name",
            "name_key",
            "color",
            "is_active",
            "is_default",
            "own_hours",
            "version",
            "created_at",
            "updated_at",
        )
    },
)
CLOSE_ALL = delete(working_hours).where(working_hours.c.team_id == bindparam("wanted"))
OPEN = insert(working_hours)
REMEMBER = insert(teams_once_named).on_conflict_do_nothing()
DELETE = delete(teams).where(teams.c.team_id == bindparam("wanted"))


def to_week(openings: Iterable[Sequence[int]]) -> Week:
    return Week(tuple(sorted(Opening(*opening) for opening in openings)))


def to_team(row: Sequence[Any]) -> Team:
    return Team(
        id=TeamId(row[0]),
        name=row[1],
        color=row[2],
        is_active=row[3],
        is_default=row[4],
        hours=None if row[5] is None else to_week(row[5]),
        version=row[6],
        created_at=row[7],
        updated_at=row[8],
    )


@dataclass(frozen=True, slots=True)
class PostgresTeams:
    connection: AsyncConnection

    async def get(self, team_id: TeamId) -> Team:
        return await self._one(GET, team_id)

    async def default(self) -> Team:
        return to_team((await self.connection.execute(DEFAULT)).one())

    async def list_by_name(
        self, *, active: bool | None, after: tuple[str, TeamId] | None, limit: int
    ) -> list[Team]:
        name, last = after or (None, None)
        asked = {"active": active, "after_name": name, "after_id": last, "most": limit}
        return [to_team(row) for row in await self.connection.execute(LIST, asked)]

    async def names(self, team_ids: Iterable[TeamId]) -> dict[TeamId, str]:
        rows = await self.connection.execute(NAMES, {"wanted": list(team_ids)})
        return {TeamId(team_id): name for team_id, name in rows}

    async def worker_counts(self, team_ids: Iterable[TeamId]) -> dict[TeamId, int]:
        rows = await self.connection.execute(COUNTS, {"wanted": list(team_ids)})
        return {TeamId(team_id): count for team_id, count in rows}

    async def lock(self, team_id: TeamId) -> Team:
        return await self._one(LOCK, team_id)

    async def lock_many(self, team_ids: Iterable[TeamId]) -> list[Team]:
        wanted = sorted(set(team_ids))
        found = [to_team(row) for row in await self.connection.execute(LOCK_MANY, {"wanted": wanted})]
        if len(found) < len(wanted):
            raise NotFound("team_id")
        return found

    async def lock_default(self) -> Team:
        return to_team((await self.connection.execute(LOCK_DEFAULT)).one())

    async def save(self, team: Team) -> None:
        row = {
            "team_id": team.id,
            "name": team.name,
            "name_key": team.name_key,
            "color": team.color,
            "is_active": team.is_active,
            "is_default": team.is_default,
            "own_hours": team.hours is not None,
            "version": team.version,
            "created_at": team.created_at,
            "updated_at": team.updated_at,
        }
        try:
            async with self.connection.begin_nested():
                await self.connection.execute(SAVE, row)
        except IntegrityError as error:
            if constraint_of(error) == NAME_KEY:
                raise TeamNameTaken(team.name) from error
            raise
        await self._save_hours(team)

    async def _save_hours(self, team: Team) -> None:
        await self.connection.execute(CLOSE_ALL, {"wanted": team.id})
        if team.hours and team.hours.openings:
            rows = [
                {
                    "team_id": team.id,
                    "day_of_week": opening.day_of_week,
                    "start_minute": opening.start_minute,
                    "end_minute": opening.end_minute,
                }
                for opening in team.hours.openings
            ]
            await self.connection.execute(OPEN, rows)

    async def remember(self, team_ids: Iterable[TeamId]) -> None:
        if rows := [{"team_id": team_id} for team_id in sorted(team_ids)]:
            await self.connection.execute(REMEMBER, rows)

    async def delete(self, team_id: TeamId) -> None:
        try:
            async with self.connection.begin_nested():
                await self.connection.execute(DELETE, {"wanted": team_id})
        except IntegrityError as error:
            raise TeamInUse from error

    async def _one(self, statement: Any, team_id: TeamId) -> Team:
        row = (await self.connection.execute(statement, {"wanted": team_id})).one_or_none()
        if row is None:
            raise NotFound("team_id")
        return to_team(row)
