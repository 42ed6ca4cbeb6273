"""Wrong tries of passwords and codes. Each is counted before it is checked and given back if it was right, so
that guesses at one moment cannot slip through together; addresses that nobody has are counted alike."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from application.identity.origin import Origin
from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from application.ports.persons import AuthFailure
from application.ports.tokens import KeyedHash
from application.ports.unit_of_work import UnitOfWork
from application.retrying import retrying
from domain.identity.email import normalise_email
from domain.identity.errors import TooManyTries
from domain.identity.wrong_tries import (
    CODE_TRIES,
    NETWORK_KNOWN_FOR,
    Lockout,
    PasswordTries,
    network_of,
    source_of,
)
from domain.shared.ids import UserId

NOTED_FOR = NETWORK_KNOWN_FOR - timedelta(days=1)  # a network in daily use is written once a day


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """Leave to try once; or, with a `refusal`, that there was none: then nothing was counted."""

    origin: Origin
    email: str
    at: datetime
    keys: tuple[bytes, ...]
    refusal: TooManyTries | None = None
    shuts: Lockout | None = None  # the door that closes if this try turns out to be wrong

    def require(self) -> None:
        """Raises TooManyTries."""
        if self.refusal is not None:
            raise self.refusal


@dataclass(frozen=True, slots=True)
class Throttling:
    """`admit_…` first; then `right` or `wrong`, or `undo` if nothing was compared after all."""

    uow: UnitOfWork
    clock: Clock
    ids: Identifiers
    keys: KeyedHash

    @retrying
    async def admit_password(self, origin: Origin, email: str) -> Admission:
        """Before the hash."""
        keys, now = self._password_keys(origin, email), self.clock.now()
        async with self.uow.begin_global() as shared:
            tries = PasswordTries(*await shared.try_counters.lock(keys))
            wait = tries.wait(now)
            if wait is None:
                tries = tries.count(now)
                await shared.try_counters.save(tries.counters, now)
        shuts = tries.shut(now) if wait is None else None
        return Admission(origin=origin, email=email, at=now, keys=keys, refusal=_refusal(wait), shuts=shuts)

    @retrying
    async def admit_right(self, origin: Origin, name: str) -> None:
        """For what is compared at no cost and comes with every request: the right one is not counted, and
        waits with the wrong ones behind a full bucket. Raises TooManyTries."""
        keys, now = self._password_keys(origin, name), self.clock.now()
        async with self.uow.begin_global() as shared:
            tries = PasswordTries(*await shared.try_counters.read(keys))
            refusal = _refusal(tries.wait(now))
            if refusal is None and (tries.person.in_a_row or not tries.network.knows(now + NOTED_FOR)):
                person, network, address = await shared.try_counters.lock(keys)
                await shared.try_counters.save([person.end_row(), network.make_known(now), address], now)
        if refusal is not None:
            raise refusal

    @retrying
    async def admit_code(self, origin: Origin, email: str) -> Admission:
        """Before a code of the second factor is compared, and only after the right password."""
        keys, now = (self._key("code", email),), self.clock.now()
        async with self.uow.begin_global() as shared:
            (counter,) = await shared.try_counters.lock(keys)
            end = counter.full_until(CODE_TRIES, now)
            if end is None:
                counter = counter.count(CODE_TRIES, now)
                await shared.try_counters.save([counter], now)
        full = end is None and counter.full_until(CODE_TRIES, now) is not None
        return Admission(
            origin=origin,
            email=email,
            at=now,
            keys=keys,
            refusal=_refusal(None if end is None else end - now),
            shuts=Lockout.SECOND_FACTOR if full else None,
        )

    async def wrong(self, admission: Admission, purpose: str, user_id: UserId | None = None) -> None:
        """It stays counted and goes on record: one insert, the same for addresses that we do not know."""
        origin = admission.origin
        failure = AuthFailure(
            id=self.ids.new(),
            occurred_at=self.clock.now(),
            purpose=purpose,
            email_key=self._key("person", admission.email),
            ip=origin.ip,
            user_agent=origin.user_agent,
            request_id=origin.request_id,
            lockout=admission.shuts,
            user_id=None if admission.shuts is None else user_id,
        )
        async with self.uow.begin_global() as shared:
            await shared.auth_failures.record(failure)

    @retrying
    async def right(self, admission: Admission, *, logged_in: bool = False) -> None:
        """The try is given back and ends the row; the wrong ones before it stay counted.

        `logged_in` makes its network a known one. Past a full bucket it ends the row and does no more."""
        now, counted = self.clock.now(), admission.refusal is None
        async with self.uow.begin_global() as shared:
            counters = await shared.try_counters.lock(admission.keys)
            if counted:
                counters = [counter.give_back(admission.at) for counter in counters]
            counters = [counter.end_row() for counter in counters]
            if logged_in and counted:
                person, network, address = counters
                counters = [person, network.make_known(now), address]
            await shared.try_counters.save(counters, now)

    @retrying
    async def undo(self, admission: Admission) -> None:
        if admission.refusal is not None:
            return
        now = self.clock.now()
        async with self.uow.begin_global() as shared:
            counters = await shared.try_counters.lock(admission.keys)
            await shared.try_counters.save([counter.undo(admission.at) for counter in counters], now)

    @retrying
    async def forgive(self, email: str) -> None:
        """After a reset link or an administrator's reset: the row begins anew."""
        now = self.clock.now()
        async with self.uow.begin_global() as shared:
            (person,) = await shared.try_counters.lock([self._key("person", email)])
            await shared.try_counters.save([person.end_row()], now)

    def _password_keys(self, origin: Origin, email: str) -> tuple[bytes, bytes, bytes]:
        network = self._key(f"network {network_of(origin.ip)}", email)
        return self._key("person", email), network, self.keys.of(f"address {source_of(origin.ip)}")

    def _key(self, bucket: str, email: str) -> bytes:
        return self.keys.of(f"{bucket} {normalise_email(email)}")


def _refusal(wait: timedelta | None) -> TooManyTries | None:
    return None if wait is None else TooManyTries(max(1, math.ceil(wait.total_seconds())))
