"""A company's log, and what the owner of its database may do to it."""

from dataclasses import dataclass
from uuid import uuid4

from adapters.postgres.unit_of_work import PostgresUnitOfWork
from adapters.rfc8785.canonical_json import Rfc8785CanonicalJson
from application.safety.seal_audit import SealAuditHandler
from application.safety.verify_audit import VerifyAuditHandler
from domain.identity.actor import Actor, ActorKind, Role
from domain.safety.audit_chain import Break
from domain.shared.ids import OrgId
from tests.support.database import TestDatabase

JSON = Rfc8785CanonicalJson()


def as_owner(postgres: TestDatabase, org_id: OrgId, *statements: str) -> None:
    """Forced policies bind the owner too: it lifts them, as owners can."""
    tables = ("admin_audit_logs", "audit_heads")
    lift = [f"alter table {table} no force row level security" for table in tables]
    force = [f"alter table {table} force row level security" for table in tables]
    whole = "; ".join(["set role sweepline_owner", "begin", *lift, *statements, *force, "commit"])
    postgres.execute(whole.replace("{org}", f"org_id = '{org_id}'"))


@dataclass
class Logbook:
    """A company's sealed log, and what may be done to it."""

    postgres: TestDatabase
    uow: PostgresUnitOfWork
    org_id: OrgId

    def as_owner(self, *statements: str) -> None:
        as_owner(self.postgres, self.org_id, *statements)

    async def write(self, rows: int = 1) -> None:
        admin = Actor(org_id=self.org_id, kind=ActorKind.BEARER, role=Role.ADMIN, name="a@acme.example")
        async with self.uow.begin(self.org_id) as unit:
            for version in range(rows):
                await unit.audit.record(admin, "team_update", "team", uuid4(), after={"version": version})

    async def seal(self) -> int:
        return await SealAuditHandler(self.uow, JSON).handle(self.org_id)

    async def first_break(self) -> Break | None:
        handler = VerifyAuditHandler(self.uow, SealAuditHandler(self.uow, JSON), JSON)
        return (await handler.handle(self.org_id)).broken
