from dataclasses import dataclass, field
from datetime import timedelta

from application.delivery.sealed import seal
from application.ports.field_cipher import FieldCipher
from application.ports.identifiers import Identifiers
from application.ports.outbox import Message
from application.ports.passwords import Passwords
from application.ports.unit_of_work import Unit
from domain.identity.actor import Actor
from domain.identity.passwords import temp_password
from domain.identity.person import Person


@dataclass(frozen=True, slots=True)
class NewPassword:
    password: str = field(repr=False)
    password_hash: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TempPasswords:
    """Passwords that somebody else hands over: shown once, by mail only where the installation says so."""

    ids: Identifiers
    passwords: Passwords
    cipher: FieldCipher
    life: timedelta
    by_mail: bool

    async def make(self) -> NewPassword:
        """Slow on purpose: never inside a transaction."""
        password = temp_password(self.ids.secret)
        return NewPassword(password, await self.passwords.hash(password))

    async def mail(self, unit: Unit, actor: Actor, person: Person, new: NewPassword, *, told: bool) -> None:
        """To the person; `told`: also where the password itself may not be in it."""
        if not (told or self.by_mail):
            return
        key = f"user:{person.id}:temp_password_notice:{self.ids.new()}"
        message = Message(
            kind="email",
            event_type="temp_password_notice",
            dedupe_key=key,
            resource_type="person",
            resource_id=person.id,
            payload={"to": person.email},
            secret_sealed=seal(self.cipher, key, new.password) if self.by_mail else None,
        )
        await unit.outbox.add(message, request_id=actor.request_id)
