"""argon2id off the event loop: few at once, a short queue, and the same cost for those we do not know."""

import asyncio
import os
import secrets
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from application.ports.passwords import Verdict
from domain.identity.errors import Overloaded
from domain.identity.passwords import normalise_password

AT_ONCE = 2
NICENESS = 10
QUEUE = 32
LONGEST_BYTES = 4096  # more than a refused password can have: the cost stays bounded


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    time: int = 2
    memory_kib: int = 19456
    parallelism: int = 1


@dataclass(slots=True)
class Argon2Passwords:
    cost: Cost = Cost()
    queue: int = QUEUE
    served: int = 0  # hashes done so far
    _hasher: PasswordHasher = field(init=False)
    _dummy: str = field(init=False)
    _threads: ThreadPoolExecutor | None = None
    _waiting: int = 0

    def __post_init__(self) -> None:
        self._hasher = PasswordHasher(
            time_cost=self.cost.time,
            memory_cost=self.cost.memory_kib,
            parallelism=self.cost.parallelism,
            hash_len=32,
            salt_len=16,
        )
        self._dummy = self._hasher.hash(secrets.token_urlsafe(32))

    async def hash(self, password: str) -> str:
        return await self._in_a_thread(lambda: self._hasher.hash(to_bytes(password)))

    async def verify(self, password: str, password_hash: str | None) -> Verdict:
        return await self._in_a_thread(lambda: self._verify(password, password_hash))

    def _verify(self, password: str, password_hash: str | None) -> Verdict:
        try:
            self._hasher.verify(password_hash or self._dummy, to_bytes(password))
        except (Argon2Error, InvalidHashError):
            return Verdict(matches=False)
        if password_hash is None:
            return Verdict(matches=False)
        return Verdict(matches=True, rehash_due=self._hasher.check_needs_rehash(password_hash))

    async def _in_a_thread[T](self, work: Callable[[], T]) -> T:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(AT_ONCE, "argon2", initializer=let_others_go_first)
        if self._waiting >= AT_ONCE + self.queue:
            raise Overloaded
        self._waiting += 1
        try:
            answer = await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1
        self.served += 1
        return answer


def let_others_go_first() -> None:
    """Hashing takes whole cores for long: everybody else's request comes before it."""
    if sys.platform == "linux":  # elsewhere priorities are those of processes
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


def to_bytes(password: str) -> bytes:
    return normalise_password(password).encode(errors="surrogatepass")[:LONGEST_BYTES]
