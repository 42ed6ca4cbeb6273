"""Whatever the owner of the database does to a sealed log, `audit verify` tells, with its number."""

import pytest
from sqlalchemy.exc import ProgrammingError

from adapters.postgres.unit_of_work import PostgresUnitOfWork
from application.ports.audit import AuditFilter
from application.ports.audit_chain import Seal
from domain.safety.audit_chain import Head
from domain.shared.errors import Contended, Unavailable
from domain.shared.ids import OrgId
from tests.support.database import TestDatabase
from tests.support.logbook import Logbook

ROWS = 6


@pytest.fixture
async def logbook(postgres: TestDatabase, postgres_uow: PostgresUnitOfWork, an_org: OrgId) -> Logbook:
    book = Logbook(postgres, postgres_uow, an_org)
    await book.write(ROWS)
    assert await book.seal() == ROWS
    return book


async def test_an_untouched_log_holds(logbook: Logbook) -> None:
    assert await logbook.first_break() is None


HARMS = {
    "changed": ("update admin_audit_logs set actor = 'nobody' where {org} and seq = 3", 3, "changed"),
    "changed_json": (
        "update admin_audit_logs set after = '{\"version\": 99}' where {org} and seq = 4",
        4,
        "changed",
    ),
    "changed_past_json": (
        "update admin_audit_logs set after = '{\"version\": 1e400}' where {org} and seq = 4",
        4,
        "changed",
    ),
    "changed_hash": ("update admin_audit_logs set hash = prev_hash where {org} and seq = 2", 2, "changed"),
    "deleted": ("delete from admin_audit_logs where {org} and seq = 3", 3, "missing"),
    "deleted_first": ("delete from admin_audit_logs where {org} and seq = 1", 1, "missing"),
    "tail": ("delete from admin_audit_logs where {org} and seq > 4", 5, "cut off"),
    "all": ("delete from admin_audit_logs where {org}", 1, "cut off"),
    "all_and_head": (
        "delete from admin_audit_logs where {org}; delete from audit_heads where {org}",
        1,
        "cut off",
    ),
    "head": ("delete from audit_heads where {org}", 1, "changed"),
    "head_back": ("update audit_heads set seq = 4 where {org}", 4, "changed"),
    "reordered": (
        (
            "update admin_audit_logs set seq = -seq where {org} and seq in (2, 3);"
            "update admin_audit_logs set seq = 5 + seq where {org} and seq < 0"
        ),
        2,
        "changed",
    ),
    "unsealed": (
        "update admin_audit_logs set seq = null, hash = null, prev_hash = null where {org} and seq = 5",
        5,
        "missing",
    ),
    "inserted": (
        (
            "update admin_audit_logs set seq = seq + 1000 where {org} and seq > 3;"
            "update admin_audit_logs set seq = seq - 999 where {org} and seq > 1000;"
            "insert into admin_audit_logs select (jsonb_populate_record(l, jsonb_build_object("
            "'audit_id', gen_random_uuid(), 'seq', 4))).* from admin_audit_logs l where {org} and seq = 3"
        ),
        4,
        "changed",
    ),
    "added": (
        (
            "insert into admin_audit_logs select (jsonb_populate_record(l, jsonb_build_object("
            "'audit_id', gen_random_uuid(), 'seq', 7))).* from admin_audit_logs l where {org} and seq = 3"
        ),
        7,
        "changed",
    ),
}


@pytest.mark.parametrize("harm", HARMS)
async def test_what_the_owner_of_the_database_did_is_told(logbook: Logbook, harm: str) -> None:
    statements, seq, how = HARMS[harm]
    logbook.as_owner(statements)
    found = await logbook.first_break()
    assert found is not None
    assert (found.seq, found.harm.value) == (seq, how)


async def test_what_is_written_after_the_tail_was_cut_does_not_heal_it(logbook: Logbook) -> None:
    logbook.as_owner("delete from admin_audit_logs where {org} and seq > 4")
    await logbook.write()
    await logbook.seal()
    found = await logbook.first_break()
    assert found is not None
    assert (found.seq, found.harm.value) == (5, "missing")


async def test_the_application_cannot_do_any_of_it(logbook: Logbook) -> None:
    for deed in (
        "update admin_audit_logs set actor = 'nobody'",
        "update admin_audit_logs set seq = null",
        "delete from admin_audit_logs",
        "truncate admin_audit_logs",
        "update audit_heads set seq = 1",
        "insert into audit_heads (seq, hash, sealed_at) values (1, '', now())",
        "delete from audit_heads",
    ):
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with logbook.uow.begin(logbook.org_id) as unit:
                await unit.connection.exec_driver_sql(deed)
    assert await logbook.first_break() is None


async def test_the_sealer_reaches_one_organisation_alone(logbook: Logbook, rival: OrgId) -> None:
    """Though its function belongs to the doors: the policy binds it to the pinned one."""
    await logbook.write()
    async with logbook.uow.begin(logbook.org_id) as unit:
        (waiting,) = await unit.audit_chain.list_unsealed(10)
    with pytest.raises(Contended):
        async with logbook.uow.begin(rival) as unit:
            await unit.audit_chain.append(Head(), [Seal(waiting.audit_id, b"h" * 32)])
    with pytest.raises((ProgrammingError, Contended)):
        async with logbook.uow.begin_global() as shared:
            await shared.connection.exec_driver_sql(
                "select append_audit_seals(0, decode(repeat('00', 32), 'hex'), "
                f"array['{waiting.audit_id}']::uuid[], array[decode('00', 'hex')])"
            )
    assert await logbook.first_break() is None


async def seal_and_die(logbook: Logbook) -> None:
    async with logbook.uow.begin(logbook.org_id) as unit:
        chain = unit.audit_chain
        await chain.lock()
        seals = [Seal(entry.audit_id, b"h" * 32) for entry in await chain.list_unsealed(10)]
        await chain.append(await chain.head(), seals)
        backend = (await unit.connection.exec_driver_sql("select pg_backend_pid()")).scalar_one()
        logbook.postgres.execute(f"select pg_terminate_backend({backend}, 5000)")


async def test_a_sealer_that_dies_half_way_leaves_nothing_behind(logbook: Logbook) -> None:
    await logbook.write(3)
    with pytest.raises(Unavailable):
        await seal_and_die(logbook)
    assert await logbook.seal() == 3
    assert await logbook.first_break() is None
    async with logbook.uow.begin(logbook.org_id) as unit:
        rows = await unit.audit.list_sealed(AuditFilter(), 100)
    assert [row.seq for row in rows] == list(range(ROWS + 3, 0, -1))
