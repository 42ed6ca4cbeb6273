"""Keys of an organisation's callers and the answers stored under them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from application.ports.idempotency import KEPT_FOR, NotSealed, Replay
from domain.identity.errors import IdempotencyInProgress, IdempotencyKeyReused
from domain.identity.once import Once, StoredAnswer
from domain.shared.ids import OrgId


@dataclass(frozen=True, slots=True)
class KeyRow:
    method: str
    path: str
    body_sha256: bytes
    answer: StoredAnswer | None  # None: the work is under way, held so
    hold: bytes | None
    expires_at: datetime


@dataclass(slots=True)
class Claim:
    """One unit's hold on its caller's key; without a key it holds nothing."""

    rows: dict[tuple[str, str], KeyRow]
    once: Once | None
    now: datetime
    sealed: bool = False

    def check(self) -> None:
        row = self.rows.get((self.once.caller, self.once.key)) if self.once else None
        if self.once is None or row is None or row.expires_at <= self.now:
            return
        if row.answer is None and row.hold == self.once.hold:
            return
        if not self.once.is_same_request(row.method, row.path, row.body_sha256):
            raise IdempotencyKeyReused
        if row.answer is None:
            raise IdempotencyInProgress
        raise Replay(row.answer)

    def hold(self, lives_for: timedelta) -> None:
        """Of a key that is free: it outlives this unit."""
        if (once := self.once) is not None:
            self.rows[once.caller, once.key] = KeyRow(
                once.method, once.path, once.body_sha256, None, once.hold, self.now + lives_for
            )

    def seal(self, result: object) -> None:
        if (once := self.once) is None:
            return
        self.rows[once.caller, once.key] = KeyRow(
            once.method, once.path, once.body_sha256, once.answer(result), None, self.now + KEPT_FOR
        )
        self.sealed = True

    def finish(self) -> None:
        if self.once is not None and not self.sealed:
            raise NotSealed(self.once.path)


@contextmanager
def under_way(keys: set[tuple[OrgId, str, str]], key: tuple[OrgId, str, str] | None) -> Iterator[None]:
    """Only one at a time; a twin is turned away, not queued."""
    if key in keys:
        raise IdempotencyInProgress
    if key is not None:
        keys.add(key)
    try:
        yield
    finally:
        if key is not None:
            keys.discard(key)
