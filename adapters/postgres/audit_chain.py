from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ARRAY, BigInteger, LargeBinary, Uuid, bindparam, func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.audit import ENTRY, to_entry
from adapters.postgres.tables.platform import admin_audit_logs as logs
from adapters.postgres.tables.platform import audit_heads
from application.ports.audit import AuditEntry
from application.ports.audit_chain import ChainBroken, Seal
from domain.safety.audit_chain import Head
from domain.shared.ids import OrgId

LOCK = text(
    "select pg_advisory_xact_lock("
    "hashtextextended('audit_seal:' || current_setting('app.current_org_id'), 0))"
)
HEAD = select(audit_heads.c.seq, audit_heads.c.hash)
UNSEALED = select(*ENTRY).where(logs.c.seq.is_(None)).order_by(logs.c.audit_id).limit(bindparam("most"))
LINKS = (
    select(*ENTRY)
    .where(logs.c.seq > bindparam("after", type_=BigInteger))
    .order_by(logs.c.seq)
    .limit(bindparam("most"))
)
# One statement, so that rows and head are of one moment.
BEYOND = select(func.min(logs.c.seq)).where(
    logs.c.seq > func.coalesce(select(audit_heads.c.seq).scalar_subquery(), 0)
)
APPEND = select(
    func.append_audit_seals(
        bindparam("seq", type_=BigInteger),
        bindparam("prev_hash", type_=LargeBinary),
        bindparam("ids", type_=ARRAY(Uuid)),
        bindparam("hashes", type_=ARRAY(LargeBinary)),
    )
)
_org = func.orgs_with_unsealed_audit().column_valued("org_id")
ORGS = select(_org).order_by(_org)


@dataclass(frozen=True, slots=True)
class PostgresAuditChain:
    connection: AsyncConnection

    async def lock(self) -> None:
        await self.connection.execute(LOCK)

    async def head(self) -> Head:
        row = (await self.connection.execute(HEAD)).one_or_none()
        return Head() if row is None else Head(*row)

    async def list_unsealed(self, limit: int) -> Sequence[AuditEntry]:
        return [to_entry(row) for row in await self.connection.execute(UNSEALED, {"most": limit})]

    async def append(self, after: Head, seals: Sequence[Seal]) -> None:
        values = {
            "seq": after.seq,
            "prev_hash": after.hash,
            "ids": [seal.audit_id for seal in seals],
            "hashes": [seal.hash for seal in seals],
        }
        try:
            await self.connection.execute(APPEND, values)  # its 40001 leaves the unit as Contended
        except IntegrityError as error:
            raise ChainBroken(after.seq + 1) from error

    async def list_links(self, after_seq: int, limit: int) -> Sequence[AuditEntry]:
        found = await self.connection.execute(LINKS, {"after": after_seq, "most": limit})
        return [to_entry(row) for row in found]

    async def first_beyond_head(self) -> int | None:
        found: int | None = (await self.connection.execute(BEYOND)).scalar_one()
        return found


@dataclass(frozen=True, slots=True)
class PostgresUnsealedOrgs:
    connection: AsyncConnection

    async def list_orgs(self) -> Sequence[OrgId]:
        return [OrgId(org_id) for org_id in (await self.connection.execute(ORGS)).scalars()]
