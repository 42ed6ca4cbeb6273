from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from adapters.memory.shared import Overlay, RowLocks
from application.ports.persons import Secret
from domain.identity.email import normalise_email
from domain.identity.errors import EmailTaken
from domain.identity.membership import Belonging
from domain.identity.person import Person
from domain.shared.errors import NotFound
from domain.shared.ids import UserId


@dataclass(frozen=True, slots=True)
class MemoryKnownPersons:
    rows: Mapping[UserId, Person]

    async def get(self, user_id: UserId) -> Person:
        if user_id not in self.rows:
            raise NotFound("user_id")
        return self.rows[user_id]

    async def find_by_email(self, email: str) -> Person | None:
        wanted = normalise_email(email)
        return next((person for person in self.rows.values() if person.email_norm == wanted), None)


@dataclass(frozen=True, slots=True)
class MemoryPersons(MemoryKnownPersons):
    rows: Overlay[UserId, Person]
    locks: RowLocks

    async def lock(self, user_id: UserId) -> Person:
        await self.locks.take(("person", user_id))
        return await self.get(user_id)

    async def add(self, person: Person) -> None:
        await self.locks.take(("email", person.email_norm))
        if await self.find_by_email(person.email) is not None:
            raise EmailTaken("A person with this e-mail address exists.")
        self.rows[person.id] = person

    async def save(self, person: Person) -> None:
        self.rows[person.id] = person


@dataclass(frozen=True, slots=True)
class MemoryKnownSecrets:
    rows: Mapping[UserId, str]
    persons: MemoryKnownPersons

    async def for_login(self, email: str) -> Secret | None:
        person = await self.persons.find_by_email(email)
        return None if person is None else Secret(person.id, self.rows.get(person.id))

    async def for_step_up(self, user_id: UserId) -> Secret | None:
        return Secret(user_id, self.rows.get(user_id)) if user_id in self.persons.rows else None


@dataclass(frozen=True, slots=True)
class MemoryPersonSecrets(MemoryKnownSecrets):
    rows: Overlay[UserId, str]

    async def set_password(self, user_id: UserId, password_hash: str) -> None:
        self.rows[user_id] = password_hash

    async def rehash(self, user_id: UserId, old_hash: str, new_hash: str) -> None:
        if self.rows.get(user_id) == old_hash:
            self.rows[user_id] = new_hash


@dataclass(frozen=True, slots=True)
class MemoryBelongings:
    look: Callable[[UserId, datetime], tuple[Belonging, ...]]

    async def of(self, user_id: UserId, now: datetime) -> tuple[Belonging, ...]:
        return self.look(user_id, now)
