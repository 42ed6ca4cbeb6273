from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from application.ports.persons import Secret
from domain.identity.email import normalise_email
from domain.identity.second_factor import Factor
from domain.shared.ids import UserId

FIELDS = "user_id, password_hash, totp_secret, totp_last_step, pending_secret, pending_until"
LOGIN_SECRET = text(f"select {FIELDS} from login_secret(:norm)")  # noqa: S608  # our own columns
STEP_UP_SECRET = text(f"select {FIELDS} from step_up_secret(:id)")  # noqa: S608  # our own columns
SET_PASSWORD = text("select set_person_password(:id, :hash)")
REHASH = text("select rehash_person_password(:id, :old, :new)")
SET_PENDING = text("select set_person_pending(:id, :sealed, :until)")
SET_FACTOR = text("select set_person_factor(:id, :sealed, :step, :hashes)")
SET_RECOVERY_CODES = text("select set_person_recovery_codes(:id, :hashes)")
SPEND_STEP = text("select spend_totp_step(:id, :sealed, :step)")
SPEND_RECOVERY_CODE = text("select spend_recovery_code(:id, :hashes)")


def to_secret(row: Sequence[Any]) -> Secret:
    factor = Factor(secret=row[2], last_step=row[3] or 0, pending=row[4], pending_until=row[5])
    return Secret(UserId(row[0]), row[1], factor)


@dataclass(frozen=True, slots=True)
class PostgresPersonSecrets:
    """The table itself is out of the role's reach: these functions are all there is."""

    connection: AsyncConnection

    async def for_login(self, email: str) -> Secret | None:
        found = await self.connection.execute(LOGIN_SECRET, {"norm": normalise_email(email)})
        row = found.one_or_none()
        return None if row is None else to_secret(row)

    async def for_step_up(self, user_id: UserId) -> Secret | None:
        row = (await self.connection.execute(STEP_UP_SECRET, {"id": user_id})).one_or_none()
        return None if row is None else to_secret(row)

    async def set_password(self, user_id: UserId, password_hash: str) -> None:
        await self.connection.execute(SET_PASSWORD, {"id": user_id, "hash": password_hash})

    async def rehash(self, user_id: UserId, old_hash: str, new_hash: str) -> None:
        await self.connection.execute(REHASH, {"id": user_id, "old": old_hash, "new": new_hash})

    async def set_pending(self, user_id: UserId, sealed: bytes, until: datetime) -> None:
        await self.connection.execute(SET_PENDING, {"id": user_id, "sealed": sealed, "until": until})

    async def set_factor(
        self, user_id: UserId, sealed: bytes | None, last_step: int, recovery_hashes: Collection[bytes]
    ) -> None:
        values = {"id": user_id, "sealed": sealed, "step": last_step, "hashes": list(recovery_hashes)}
        await self.connection.execute(SET_FACTOR, values)

    async def set_recovery_codes(self, user_id: UserId, recovery_hashes: Collection[bytes]) -> None:
        await self.connection.execute(SET_RECOVERY_CODES, {"id": user_id, "hashes": list(recovery_hashes)})

    async def spend_step(self, user_id: UserId, sealed: bytes, step: int) -> bool:
        values = {"id": user_id, "sealed": sealed, "step": step}
        return bool((await self.connection.execute(SPEND_STEP, values)).scalar_one())

    async def spend_recovery_code(self, user_id: UserId, hashes: Collection[bytes]) -> bool:
        values = {"id": user_id, "hashes": list(hashes)}
        return bool((await self.connection.execute(SPEND_RECOVERY_CODE, values)).scalar_one())
