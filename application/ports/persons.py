from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.identity.membership import Belonging
from domain.identity.person import Person
from domain.identity.second_factor import NO_FACTOR, Factor
from domain.identity.wrong_tries import Lockout
from domain.shared.ids import UserId


class KnownPersons(Protocol):
    """Everybody, of whatever organisation. No secret is here."""

    async def get(self, user_id: UserId) -> Person:
        """Raises NotFound."""

    async def find_by_email(self, email: str) -> Person | None:
        """However the address is written."""


class Persons(KnownPersons, Protocol):
    """A person changes in the transaction of the organisation where it was done, with its audit row."""

    async def lock(self, user_id: UserId) -> Person:
        """As get; and no other unit writes this person until ours ends."""

    async def add(self, person: Person) -> None:
        """Raises EmailTaken when somebody has this address."""

    async def save(self, person: Person) -> None:
        """Overwrite; the person was locked by this unit."""


@dataclass(frozen=True, slots=True)
class Secret:
    """What a proof is checked against. Without a hash this person cannot log in by password."""

    user_id: UserId
    password_hash: str | None
    factor: Factor = NO_FACTOR


class KnownSecrets(Protocol):
    """The only ways to a secret, each for one purpose."""

    async def for_login(self, email: str) -> Secret | None:
        """Whose password a login would have to match."""

    async def for_step_up(self, user_id: UserId) -> Secret | None:
        """To prove again that somebody is who the session says."""


class PersonSecrets(KnownSecrets, Protocol):
    """And the only ways to change one, beside the audit row of the change."""

    async def set_password(self, user_id: UserId, password_hash: str) -> None:
        """A new password: the old one is void."""

    async def rehash(self, user_id: UserId, old_hash: str, new_hash: str) -> None:
        """The same password under today's parameters; does nothing if it was changed meanwhile."""

    async def set_pending(self, user_id: UserId, sealed: bytes, until: datetime) -> None:
        """A second factor that is not on yet; one that is stays on."""

    async def set_factor(
        self, user_id: UserId, sealed: bytes | None, last_step: int, recovery_hashes: Collection[bytes]
    ) -> None:
        """The second factor from now on, None for none; whatever was pending is gone."""

    async def set_recovery_codes(self, user_id: UserId, recovery_hashes: Collection[bytes]) -> None:
        """The earlier ones are void."""

    async def spend_step(self, user_id: UserId, sealed: bytes, step: int) -> bool:
        """Of however many at once, one alone gets True: only for a step later than the last one accepted
        with this very secret."""

    async def spend_recovery_code(self, user_id: UserId, hashes: Collection[bytes]) -> bool:
        """True for one caller alone: one of these was good, and is not any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthFailure:
    """A refused proof of identity. The address is a keyed hash, alike for known and unknown ones."""

    id: UUID
    occurred_at: datetime
    purpose: str  # login, change_password, step_up
    email_key: bytes
    ip: str | None
    user_agent: str | None
    request_id: str
    lockout: Lockout | None = None  # it shut this door
    user_id: UserId | None = None  # whose door, if anybody's: who has it shut is told


class AuthFailures(Protocol):
    async def record(self, failure: AuthFailure) -> None:
        """One row; what it says is never changed."""

    async def list_untold(self, limit: int, *, after: AuthFailure | None = None) -> list[AuthFailure]:
        """Those that shut somebody's door and of which nobody was told yet, oldest first.

        `after`: those behind this one alone, whether it was told or not."""

    async def purge(self, before: datetime, limit: int) -> int:
        """Remove at most so many that are older; how many there were."""


class Lockouts(Protocol):
    """The refused proofs that shut a door, for whom to tell of them."""

    async def settle(self, failure_id: UUID, now: datetime) -> bool:
        """Told from now on; False if it was already. No other unit settles it until ours ends."""


class Belongings(Protocol):
    """A person's memberships everywhere: known before an organisation is."""

    async def of(self, user_id: UserId, now: datetime) -> tuple[Belonging, ...]:
        """Of every status, oldest first."""
