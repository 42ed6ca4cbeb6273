"""The claim on a caller's key, in the transaction of the work it stands for."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.tables.platform import idempotency_keys as keys
from application.ports.clock import Clock
from application.ports.field_cipher import FieldCipher
from application.ports.idempotency import KEPT_FOR, NotSealed, Replay
from domain.identity.errors import IdempotencyInProgress, IdempotencyKeyReused
from domain.identity.once import Once, StoredAnswer
from domain.shared.ids import OrgId

TRY_LOCK = text("select pg_try_advisory_xact_lock(hashtextextended(:name, 0))")
LOCK = text("select pg_advisory_xact_lock(hashtextextended(:name, 0))")
THIS_KEY = (keys.c.caller == bindparam("by")) & (keys.c.key == bindparam("named"))
FIND = select(keys.c.method, keys.c.path, keys.c.body_hash, keys.c.state, keys.c.status, keys.c.body).where(
    THIS_KEY, keys.c.expires_at > bindparam("now")
)
ANSWER_LOST = (
    "This Idempotency-Key was used and its work was done, but what was answered cannot be read any more. "
    "See whether the change is there; choose a new key for another one."
)
RENEWED = ("method", "path", "body_hash", "state", "status", "body", "created_at", "expires_at")
_CLAIM = insert(keys)
CLAIM = _CLAIM.on_conflict_do_update(
    index_elements=["org_id", "caller", "key"], set_={name: _CLAIM.excluded[name] for name in RENEWED}
)
SEAL = (
    update(keys)
    .where(THIS_KEY)
    .values(state="done", status=bindparam("answer_status"), body=bindparam("answer_body"))
)
"""Until then `body` is what the key is held with, if it is held beyond its unit."""


@dataclass(slots=True)
class Claim:
    """One unit's hold on its caller's key; without a key it holds nothing."""

    connection: AsyncConnection
    org_id: OrgId
    once: Once | None
    clock: Clock
    cipher: FieldCipher
    sealed: bool = False

    async def take(self) -> None:
        """Raises Replay, IdempotencyInProgress or IdempotencyKeyReused."""
        if self.once is not None and self.once.hold is not None:  # a twin has it while it is turned away
            await self.connection.execute(LOCK, {"name": self._name(self.once)})
            await self._claim(self.once, KEPT_FOR)
        else:
            await self.hold(KEPT_FOR)

    async def hold(self, lives_for: timedelta) -> None:
        """As take; so long the key is claimed if nobody seals."""
        if (once := self.once) is None:
            return
        if not (await self.connection.execute(TRY_LOCK, {"name": self._name(once)})).scalar_one():
            raise IdempotencyInProgress
        await self._claim(once, lives_for)

    async def _claim(self, once: Once, lives_for: timedelta) -> None:
        await self.recall()
        now = self.clock.now()
        await self.connection.execute(
            CLAIM,
            {
                "caller": once.caller,
                "key": once.key,
                "method": once.method,
                "path": once.path,
                "body_hash": once.body_sha256,
                "state": "claimed",
                "status": None,
                "body": once.hold,
                "created_at": now,
                "expires_at": now + lives_for,
            },
        )

    async def recall(self) -> None:
        """Raises as `take` does when the work was done before."""
        if (once := self.once) is None:
            return
        values = {"by": once.caller, "named": once.key, "now": self.clock.now()}
        if (row := (await self.connection.execute(FIND, values)).one_or_none()) is not None:
            self._answer_again(once, row)

    async def seal(self, result: object) -> None:
        if (once := self.once) is None:
            return
        answer = once.answer(result)
        plain = json.dumps({"headers": dict(answer.headers), "body": answer.body.decode()}).encode()
        await self.connection.execute(
            SEAL,
            {
                "by": once.caller,
                "named": once.key,
                "answer_status": answer.status,
                "answer_body": self.cipher.encrypt(plain, self._context(once)),
            },
        )
        self.sealed = True

    def finish(self) -> None:
        if self.once is not None and not self.sealed:
            raise NotSealed(self.once.path)

    def _answer_again(self, once: Once, row: Sequence[Any]) -> None:
        method, path, body_hash, state, status, body = row
        if state != "done" and once.hold is not None and body == once.hold:
            return
        if not once.is_same_request(method, path, body_hash):
            raise IdempotencyKeyReused
        if state != "done":
            raise IdempotencyInProgress
        try:
            stored = json.loads(self.cipher.decrypt(body, self._context(once)))
        except ValueError:  # sealed under a key that the installation has given up since
            raise IdempotencyKeyReused(ANSWER_LOST) from None
        raise Replay(StoredAnswer(status, stored["body"].encode(), stored["headers"]))

    def _name(self, once: Once) -> str:
        return f"once {self.org_id} {once.caller} {once.key}"

    def _context(self, once: Once) -> bytes:
        return f"idempotency {self.org_id} {once.caller} {once.key}".encode()
