from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.errors import constraint_of
from adapters.postgres.tables.identity import persons
from domain.identity.actor import Role
from domain.identity.email import normalise_email
from domain.identity.errors import EmailTaken
from domain.identity.membership import Belonging, MembershipStatus
from domain.identity.person import Person
from domain.shared.errors import NotFound
from domain.shared.ids import OrgId, UserId

EMAIL_KEY = "persons_email_norm_key"
FIELDS = (
    "user_id",
    "email",
    "created_at",
    "auth_epoch",
    "mfa_enabled",
    "must_change_password",
    "temp_password_until",
    "proven_at",
    "password_epoch",
)
CHANGING = ("email", "email_norm", *FIELDS[3:])
PERSON = tuple(persons.c[name] for name in FIELDS)
GET = select(*PERSON).where(persons.c.user_id == bindparam("id"))
LOCK = GET.with_for_update(key_share=True)
BY_EMAIL = select(*PERSON).where(persons.c.email_norm == bindparam("norm"))
ADD = insert(persons)
SAVE = (
    update(persons)
    .where(persons.c.user_id == bindparam("id"))
    .values({name: bindparam(name) for name in CHANGING})
)
BELONGINGS = text(
    "select m.org_id, o.slug, o.status, m.role, m.status, m.created_at, m.last_session_at, m.open_sessions "
    "from person_memberships(:id, :now) m join orgs o on o.id = m.org_id order by m.created_at, m.org_id"
)


def to_person(row: Sequence[Any]) -> Person:
    return Person(
        id=UserId(row[0]),
        email=row[1],
        created_at=row[2],
        auth_epoch=row[3],
        mfa_enabled=row[4],
        must_change_password=row[5],
        temp_password_until=row[6],
        proven_at=row[7],
        password_epoch=row[8],
    )


def from_person(person: Person) -> dict[str, Any]:
    row = {name: getattr(person, name) for name in FIELDS[1:]}
    return row | {"user_id": person.id, "email_norm": person.email_norm}


@dataclass(frozen=True, slots=True)
class PostgresPersons:
    connection: AsyncConnection

    async def get(self, user_id: UserId) -> Person:
        return await self._one(GET, user_id)

    async def find_by_email(self, email: str) -> Person | None:
        found = await self.connection.execute(BY_EMAIL, {"norm": normalise_email(email)})
        row = found.one_or_none()
        return None if row is None else to_person(row)

    async def lock(self, user_id: UserId) -> Person:
        return await self._one(LOCK, user_id)

    async def add(self, person: Person) -> None:
        try:
            await self.connection.execute(ADD, from_person(person))
        except IntegrityError as error:
            if constraint_of(error) != EMAIL_KEY:
                raise
            raise EmailTaken("A person with this e-mail address exists.") from None

    async def save(self, person: Person) -> None:
        row = {name: getattr(person, name) for name in CHANGING}
        await self.connection.execute(SAVE, {**row, "id": person.id})

    async def _one(self, statement: Any, user_id: UserId) -> Person:
        row = (await self.connection.execute(statement, {"id": user_id})).one_or_none()
        if row is None:
            raise NotFound("user_id")
        return to_person(row)


@dataclass(frozen=True, slots=True)
class PostgresBelongings:
    connection: AsyncConnection

    async def of(self, user_id: UserId, now: datetime) -> tuple[Belonging, ...]:
        rows = await self.connection.execute(BELONGINGS, {"id": user_id, "now": now})
        return tuple(to_belonging(row) for row in rows)


def to_belonging(row: Sequence[Any]) -> Belonging:
    return Belonging(
        org_id=OrgId(row[0]),
        slug=row[1],
        org_active=row[2] == "active",
        role=Role(row[3]),
        status=MembershipStatus(row[4]),
        created_at=row[5],
        last_session_at=row[6],
        open_sessions=row[7],
    )
