from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from adapters.memory.shared import Overlay, RowLocks, SecretRow
from application.ports.persons import Secret
from domain.identity.email import normalise_email
from domain.identity.errors import EmailTaken
from domain.identity.membership import Belonging
from domain.identity.person import Person
from domain.identity.second_factor import Factor
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
    rows: Mapping[UserId, SecretRow]
    persons: MemoryKnownPersons

    async def for_login(self, email: str) -> Secret | None:
        person = await self.persons.find_by_email(email)
        return None if person is None else self._of(person.id)

    async def for_step_up(self, user_id: UserId) -> Secret | None:
        return self._of(user_id) if user_id in self.persons.rows else None

    def _of(self, user_id: UserId) -> Secret:
        row = self.rows.get(user_id)
        return Secret(user_id, None) if row is None else Secret(user_id, row.password_hash, row.factor)


@dataclass(frozen=True, slots=True)
class MemoryPersonSecrets(MemoryKnownSecrets):
    rows: Overlay[UserId, SecretRow]
    locks: RowLocks

    async def set_password(self, user_id: UserId, password_hash: str) -> None:
        row = await self._lock(user_id)
        changed = SecretRow(password_hash=password_hash)
        self.rows[user_id] = changed if row is None else replace(row, password_hash=password_hash)

    async def rehash(self, user_id: UserId, old_hash: str, new_hash: str) -> None:
        row = await self._lock(user_id)
        if row is not None and row.password_hash == old_hash:
            self.rows[user_id] = replace(row, password_hash=new_hash)

    async def set_pending(self, user_id: UserId, sealed: bytes, until: datetime) -> None:
        if (row := await self._lock(user_id)) is not None:
            factor = replace(row.factor, pending=sealed, pending_until=until)
            self.rows[user_id] = replace(row, factor=factor)

    async def set_factor(
        self, user_id: UserId, sealed: bytes | None, last_step: int, recovery_hashes: Collection[bytes]
    ) -> None:
        if (row := await self._lock(user_id)) is not None:
            factor = Factor(secret=sealed, last_step=last_step)
            self.rows[user_id] = replace(row, factor=factor, recovery_hashes=frozenset(recovery_hashes))

    async def set_recovery_codes(self, user_id: UserId, recovery_hashes: Collection[bytes]) -> None:
        if (row := await self._lock(user_id)) is not None:
            self.rows[user_id] = replace(row, recovery_hashes=frozenset(recovery_hashes))

    async def spend_step(self, user_id: UserId, sealed: bytes, step: int) -> bool:
        row = await self._lock(user_id)
        if row is None or row.factor.secret != sealed or step <= row.factor.last_step:
            return False
        self.rows[user_id] = replace(row, factor=replace(row.factor, last_step=step))
        return True

    async def spend_recovery_code(self, user_id: UserId, hashes: Collection[bytes]) -> bool:
        row = await self._lock(user_id)
        if row is None or row.recovery_hashes.isdisjoint(hashes):
            return False
        self.rows[user_id] = replace(row, recovery_hashes=row.recovery_hashes.difference(hashes))
        return True

    async def _lock(self, user_id: UserId) -> SecretRow | None:
        await self.locks.take(("secret", user_id))
        return self.rows.get(user_id)


@dataclass(frozen=True, slots=True)
class MemoryBelongings:
    look: Callable[[UserId, datetime], tuple[Belonging, ...]]

    async def of(self, user_id: UserId, now: datetime) -> tuple[Belonging, ...]:
        return self.look(user_id, now)
