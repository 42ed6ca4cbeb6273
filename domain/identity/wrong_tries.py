"""How many wrong tries there may be, for whom and from where, before the door is shut for a while."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import ip_address, ip_network
from typing import Self

MOST_IN_A_ROW = 100
NETWORK_KNOWN_FOR = timedelta(days=30)
STREAK_KEPT_FOR = timedelta(days=365)  # a full one is kept until it is lifted
_NETWORK_BITS = {4: 24, 6: 64}
_ADDRESS_BITS = {4: 32, 6: 64}  # whoever has one IPv6 address has its whole /64
NOWHERE = "unknown"


@dataclass(frozen=True, slots=True)
class Limit:
    most: int
    within: timedelta


PASSWORD_TRIES = Limit(10, timedelta(minutes=15))
ADDRESS_TRIES = Limit(30, timedelta(minutes=15))
CODE_TRIES = Limit(5, timedelta(minutes=5))
LONGEST = max(limit.within for limit in (PASSWORD_TRIES, ADDRESS_TRIES, CODE_TRIES))


class Lockout(StrEnum):
    """What shut a person's door."""

    PASSWORD = "password"  # noqa: S105  # ten in a quarter of an hour
    IN_A_ROW = "in_a_row"
    SECOND_FACTOR = "second_factor"


@dataclass(frozen=True, slots=True, kw_only=True)
class TryCounter:
    """One bucket. A try is counted before it is known to be wrong, and given back if it was not."""

    key: bytes
    tries: tuple[datetime, ...] = ()  # oldest first
    in_a_row: int = 0
    known_until: datetime | None = None  # of a person's network: somebody logged in well from it

    def full_until(self, limit: Limit, now: datetime) -> datetime | None:
        """When the next try may be made; None: now."""
        recent = self._recent(limit, now)
        return None if len(recent) < limit.most else recent[-limit.most] + limit.within

    def count(self, limit: Limit, now: datetime) -> Self:
        return replace(self, tries=tuple(sorted((*self._recent(limit, now), now))))

    def give_back(self, at: datetime) -> Self:
        kept = list(self.tries)
        if at in kept:
            kept.remove(at)
        return replace(self, tries=tuple(kept))

    def undo(self, at: datetime) -> Self:
        """As if it had not been tried: neither in this time nor in the row."""
        return replace(self.give_back(at), in_a_row=max(0, self.in_a_row - 1))

    def end_row(self) -> Self:
        return replace(self, in_a_row=0)

    def make_known(self, now: datetime) -> Self:
        return replace(self, known_until=now + NETWORK_KNOWN_FOR)

    @property
    def locked(self) -> bool:
        """Until somebody lifts it, however long that takes."""
        return self.in_a_row >= MOST_IN_A_ROW

    def knows(self, now: datetime) -> bool:
        return self.known_until is not None and now < self.known_until

    def expires_at(self, now: datetime) -> datetime | None:
        """When all that it says is over, if nothing is added after now; None: never."""
        if self.locked:
            return None
        over = now + (STREAK_KEPT_FOR if self.in_a_row else LONGEST)
        return max(over, self.known_until or over)

    def _recent(self, limit: Limit, now: datetime) -> tuple[datetime, ...]:
        return tuple(at for at in self.tries if at > now - limit.within)


@dataclass(frozen=True, slots=True)
class PasswordTries:
    """The buckets that a try of a password meets, each with all that was tried before."""

    person: TryCounter  # from networks that are not known, and in a row from wherever
    network: TryCounter  # of the person, once known
    address: TryCounter  # whoever is tried from it

    @property
    def counters(self) -> tuple[TryCounter, ...]:
        return self.person, self.network, self.address

    def wait(self, now: datetime) -> timedelta | None:
        """How long a full bucket stays full; None: there is room in all."""
        ends = [self._own(now).full_until(PASSWORD_TRIES, now), self.address.full_until(ADDRESS_TRIES, now)]
        waits = [end - now for end in ends if end is not None]
        if self.person.locked:
            waits.append(PASSWORD_TRIES.within)
        return max(waits, default=None)

    def count(self, now: datetime) -> "PasswordTries":
        person = replace(self.person, in_a_row=self.person.in_a_row + 1)
        counted = PasswordTries(person, self.network, self.address.count(ADDRESS_TRIES, now))
        if self.network.knows(now):
            return replace(counted, network=self.network.count(PASSWORD_TRIES, now))
        return replace(counted, person=person.count(PASSWORD_TRIES, now))

    def shut(self, now: datetime) -> Lockout | None:
        """What this person's next try would be refused by."""
        if self.person.locked:
            return Lockout.IN_A_ROW
        return Lockout.PASSWORD if self._own(now).full_until(PASSWORD_TRIES, now) else None

    def _own(self, now: datetime) -> TryCounter:
        return self.network if self.network.knows(now) else self.person


def network_of(ip: str | None) -> str:
    """The /24 or /64 that an address lies in: where somebody usually is."""
    return _block(ip, _NETWORK_BITS)


def source_of(ip: str | None) -> str:
    """What one caller has for an address. Those that are not known share one."""
    return _block(ip, _ADDRESS_BITS)


def _block(ip: str | None, bits: dict[int, int]) -> str:
    try:
        address = ip_address(ip or "")
    except ValueError:
        return NOWHERE
    return str(ip_network((address, bits[address.version]), strict=False))
