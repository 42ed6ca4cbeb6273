from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    Date,
    Text,
    Uuid,
    bindparam,
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
from adapters.postgres.tables.scheduling import worker_skills, workers
from application.ports.workers import WorkerFilter
from domain.scheduling.worker import Skill, UserAlreadyLinked, Worker
from domain.shared.errors import DomainError, NotFound
from domain.shared.ids import TeamId, UserId, WorkerId

REFUSALS: dict[str, Callable[[], DomainError]] = {
    "workers_user_id_key": UserAlreadyLinked,
    "workers_org_id_team_id_fkey": lambda: NotFound("team_id"),
    "workers_org_id_user_id_fkey": lambda: NotFound("user_id"),
}
SKILLS = (
    select(
        func.coalesce(
            func.jsonb_agg(
                func.jsonb_build_array(
                    worker_skills.c.position, worker_skills.c.tag, worker_skills.c.expires_on
                )
            ),
            func.jsonb_build_array(),
        )
    )
    .where(worker_skills.c.worker_id == workers.c.worker_id)
    .scalar_subquery()
    .label("skills")
)
WORKER = (
    workers.c.worker_id,
    workers.c.name,
    workers.c.team_id,
    workers.c.phone,
    workers.c.email,
    workers.c.role,
    SKILLS,
    workers.c.hourly_rate_cents,
    workers.c.user_id,
    workers.c.is_active,
    workers.c.version,
    workers.c.created_at,
    workers.c.updated_at,
)
ALL = select(*WORKER)
GET = ALL.where(workers.c.worker_id == bindparam("wanted"))
LOCK = GET.with_for_update(key_share=True, of=workers)
BY_USER = ALL.where(workers.c.user_id == bindparam("wanted"))
LOCK_BY_USER = BY_USER.with_for_update(key_share=True, of=workers)
MANY = workers.c.worker_id == func.any(cast(bindparam("wanted"), ARRAY(Uuid)))
LOCK_MANY = ALL.where(MANY).order_by(workers.c.worker_id).with_for_update(key_share=True, of=workers)

ACTIVE, TEAM = cast(bindparam("active"), Boolean), cast(bindparam("team"), Uuid)
Q, DAY = cast(bindparam("q"), Text), cast(bindparam("day"), Date)
AFTER_NAME, AFTER_ID = cast(bindparam("after_name"), Text), cast(bindparam("after_id"), Uuid)
NAME_ORDER = collate(workers.c.name_key, "C")
WANTED = func.unnest(cast(bindparam("tags"), ARRAY(Text))).table_valued("tag").render_derived("wanted")
GOOD_SKILL = (
    select(worker_skills.c.tag_key)
    .where(
        worker_skills.c.worker_id == workers.c.worker_id,
        worker_skills.c.tag_key == WANTED.c.tag,
        or_(worker_skills.c.expires_on.is_(None), worker_skills.c.expires_on >= DAY),
    )
    .correlate(workers, WANTED)
    .exists()
)
LACKS_ONE = (
    select(WANTED.c.tag)
    .where(func.strpos(workers.c.role_key, WANTED.c.tag) == 0, ~GOOD_SKILL)
    .correlate(workers)
    .exists()
)
LIST = (
    ALL.where(
        or_(ACTIVE.is_(None), workers.c.is_active == ACTIVE),
        or_(TEAM.is_(None), workers.c.team_id == TEAM),
        or_(Q.is_(None), func.strpos(workers.c.search_key, Q) > 0),
        ~LACKS_ONE,
        or_(AFTER_NAME.is_(None), tuple_(NAME_ORDER, workers.c.worker_id) > tuple_(AFTER_NAME, AFTER_ID)),
    )
    .order_by(NAME_ORDER, workers.c.worker_id)
    .limit(bindparam("most"))
)

NEW = insert(workers)
KEYS = {"org_id", "worker_id"}
SAVE = NEW.on_conflict_do_update(
    index_elements=[workers.c.org_id, workers.c.worker_id],
    set_={column.name: NEW.excluded[column.name] for column in workers.c if column.name not in KEYS},
)
FORGET_SKILLS = delete(worker_skills).where(worker_skills.c.worker_id == bindparam("wanted"))
ADD_SKILLS = insert(worker_skills)


def to_skills(rows: Iterable[tuple[int, str, str | None]]) -> tuple[Skill, ...]:
    """From position, tag, ISO date or none."""
    return tuple(
        Skill(tag, None if expires_on is None else date.fromisoformat(expires_on))
        for _, tag, expires_on in sorted(rows, key=itemgetter(0))
    )


def to_worker(row: Sequence[Any]) -> Worker:
    return Worker(
        id=WorkerId(row[0]),
        name=row[1],
        team_id=TeamId(row[2]),
        phone=row[3],
        email=row[4],
        role=row[5],
        skills=to_skills(row[6]),
        hourly_rate_cents=row[7],
        user_id=None if row[8] is None else UserId(row[8]),
        is_active=row[9],
        version=row[10],
        created_at=row[11],
        updated_at=row[12],
    )


def from_worker(worker: Worker) -> dict[str, Any]:
    plain = ("name", "name_key", "team_id", "phone", "email", "role", "search_key", "hourly_rate_cents")
    stamps = ("user_id", "is_active", "version", "created_at", "updated_at")
    row = {name: getattr(worker, name) for name in (*plain, *stamps)}
    return row | {"worker_id": worker.id, "role_key": (worker.role or "").casefold()}


@dataclass(frozen=True, slots=True)
class PostgresWorkers:
    connection: AsyncConnection

    async def get(self, worker_id: WorkerId) -> Worker:
        return await self._one(GET, worker_id)

    async def list_by_name(
        self, chosen: WorkerFilter, *, after: tuple[str, WorkerId] | None, limit: int
    ) -> list[Worker]:
        name, last = after or (None, None)
        asked = {
            "active": chosen.active,
            "team": chosen.team_id,
            "q": None if chosen.q is None else chosen.q.casefold(),
            "tags": list(chosen.skill_keys),
            "day": chosen.day,
            "after_name": name,
            "after_id": last,
            "most": limit,
        }
        return [to_worker(row) for row in await self.connection.execute(LIST, asked)]

    async def lock(self, worker_id: WorkerId) -> Worker:
        return await self._one(LOCK, worker_id)

    async def lock_by_user(self, user_id: UserId) -> Worker | None:
        row = (await self.connection.execute(LOCK_BY_USER, {"wanted": user_id})).one_or_none()
        return None if row is None else to_worker(row)

    async def find_by_user(self, user_id: UserId) -> Worker | None:
        row = (await self.connection.execute(BY_USER, {"wanted": user_id})).one_or_none()
        return None if row is None else to_worker(row)

    async def lock_many(self, worker_ids: Iterable[WorkerId]) -> list[Worker]:
        wanted = sorted(set(worker_ids))
        found = [to_worker(row) for row in await self.connection.execute(LOCK_MANY, {"wanted": wanted})]
        if len(found) < len(wanted):
            raise NotFound("worker_id")
        return found

    async def save(self, worker: Worker) -> None:
        try:
            async with self.connection.begin_nested():
                await self.connection.execute(SAVE, from_worker(worker))
        except IntegrityError as error:
            if (refusal := REFUSALS.get(constraint_of(error) or "")) is None:
                raise
            raise refusal() from error
        await self.connection.execute(FORGET_SKILLS, {"wanted": worker.id})
        if worker.skills:
            await self.connection.execute(ADD_SKILLS, _skill_rows(worker))

    async def _one(self, statement: Any, worker_id: WorkerId) -> Worker:
        row = (await self.connection.execute(statement, {"wanted": worker_id})).one_or_none()
        if row is None:
            raise NotFound("worker_id")
        return to_worker(row)


def _skill_rows(worker: Worker) -> list[dict[str, Any]]:
    return [
        {
            "worker_id": worker.id,
            "position": position,
            "tag": skill.tag,
            "tag_key": skill.key,
            "expires_on": skill.expires_on,
        }
        for position, skill in enumerate(worker.skills)
    ]
