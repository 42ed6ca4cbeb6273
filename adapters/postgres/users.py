from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Text, Uuid, bindparam, cast, collate, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.memberships import FIELDS as MEMBERSHIP_FIELDS
from adapters.postgres.memberships import MEMBERSHIP, to_membership
from adapters.postgres.persons import PERSON, to_person
from adapters.postgres.tables.identity import mailed_links, memberships, persons
from adapters.postgres.tables.scheduling import workers
from application.ports.users import User, UserFilter
from domain.identity.email import normalise_email
from domain.shared.errors import NotFound
from domain.shared.ids import UserId

OPEN_INVITATION = (
    (mailed_links.c.user_id == memberships.c.user_id)
    & (mailed_links.c.purpose == "invitation")
    & mailed_links.c.used_at.is_(None)
    & mailed_links.c.voided_at.is_(None)
)
ALL = select(*MEMBERSHIP, *PERSON, workers.c.worker_id, mailed_links.c.expires_at).select_from(
    memberships.join(persons, persons.c.user_id == memberships.c.user_id)
    .outerjoin(workers, workers.c.user_id == memberships.c.user_id)
    .outerjoin(mailed_links, OPEN_INVITATION)
)
GET = ALL.where(memberships.c.user_id == bindparam("wanted"))
ORDER = collate(persons.c.email_norm, "C")
ROLE, STATUS = cast(bindparam("role"), Text), cast(bindparam("status"), Text)
ADDRESS, NAME = cast(bindparam("address"), Text), cast(bindparam("named"), Text)
AFTER_ADDRESS, AFTER_ID = cast(bindparam("after_address"), Text), cast(bindparam("after_id"), Uuid)
LIST = (
    ALL.where(
        or_(ROLE.is_(None), memberships.c.role == ROLE),
        or_(STATUS.is_(None), memberships.c.status == STATUS),
        or_(
            ADDRESS.is_(None),
            func.starts_with(persons.c.email_norm, ADDRESS),
            func.starts_with(memberships.c.name_key, NAME),
        ),
        or_(
            AFTER_ADDRESS.is_(None),
            tuple_(ORDER, memberships.c.user_id) > tuple_(AFTER_ADDRESS, AFTER_ID),
        ),
    )
    .order_by(ORDER, memberships.c.user_id)
    .limit(bindparam("most"))
)
PERSON_AT = len(MEMBERSHIP_FIELDS)


def to_user(row: Sequence[Any]) -> User:
    return User.of(to_person(row[PERSON_AT:-2]), to_membership(row[:PERSON_AT]), row[-2], row[-1])


@dataclass(frozen=True, slots=True)
class PostgresUsers:
    connection: AsyncConnection

    async def get(self, user_id: UserId) -> User:
        row = (await self.connection.execute(GET, {"wanted": user_id})).one_or_none()
        if row is None:
            raise NotFound("user_id")
        return to_user(row)

    async def list_page(self, wanted: UserFilter, after: tuple[str, UserId] | None, limit: int) -> list[User]:
        address, last = after or (None, None)
        asked = {
            "role": wanted.role and wanted.role.value,
            "status": wanted.status and wanted.status.value,
            "address": None if wanted.q is None else normalise_email(wanted.q),
            "named": None if wanted.q is None else wanted.q.casefold(),
            "after_address": address,
            "after_id": last,
            "most": limit,
        }
        return [to_user(row) for row in await self.connection.execute(LIST, asked)]
