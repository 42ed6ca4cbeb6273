"""Bringing a database to head, one process at a time; and saying how far it is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, pool, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

import migrations
from adapters.postgres.engine import driver_url

LOCK_KEY = 7_733_753_374_637  # any number, the same in every process of every version
ASKING_SECONDS = 0.2
LOCK_TIMEOUT = "30s"  # a migration that waits for a table makes everybody behind it wait
IDLE_TIMEOUT = "60s"
APP_ROLE = "sweepline_app"
DOORS_ROLE = "sweepline_doors"
TRAITS = "nosuperuser nobypassrls nocreatedb nocreaterole noreplication"

TAKE_LOCK = text("select pg_try_advisory_lock(:key)")

# Whoever makes a role is its member, but since PostgreSQL 16 may not act as it for that alone.
MAY_ACT_AS = """
select coalesce(pg_has_role(current_user, to_regrole(:role),
  case when current_setting('server_version_num')::int < 160000 then 'member' else 'set' end), false)
"""


class RolesMissing(RuntimeError):
    """The owner may not create the roles: `statements` are for someone who may."""

    def __init__(self, statements: tuple[str, ...]) -> None:
        super().__init__("Run these as an administrator of the database, then migrate again:")
        self.statements = statements


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a database stands beside the migrations of this release."""

    current: tuple[str, ...]
    heads: tuple[str, ...]

    @property
    def at_head(self) -> bool:
        return set(self.current) == set(self.heads)


async def migrate(owner_url: str, *, to: str = "head") -> Progress:
    """Up (or down: `to` is any revision Alembic knows). Raises RolesMissing before anything is changed."""
    async with _engine(owner_url) as engine, engine.connect() as guard:
        # Another may be migrating, or rebuilding an index, for as long as it takes. We ask again and again: a
        # rebuild waits for every statement that is older than it, and would for one that waits for the lock.
        while not (await guard.execute(TAKE_LOCK, {"key": LOCK_KEY})).scalar_one():
            await guard.commit()
            await asyncio.sleep(ASKING_SECONDS)
        await guard.commit()  # the lock is the session's: nothing stays open meanwhile
        async with engine.connect() as connection:
            await _ensure_roles(connection)
            await connection.run_sync(_walk, to)
            return await connection.run_sync(_progress)


async def check(url: str) -> Progress:
    """Changes nothing, and any role that may read the version will do."""
    async with _engine(url) as engine, engine.connect() as connection:
        return await connection.run_sync(_progress)


async def progress_on(connection: AsyncConnection) -> Progress:
    """As check, on a connection that is there already."""
    return await connection.run_sync(_progress)


def heads() -> tuple[str, ...]:
    return tuple(ScriptDirectory.from_config(_config()).get_heads())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    return config


def _walk(connection: Connection, to: str) -> None:
    config = _config()
    config.attributes["connection"] = connection
    current = MigrationContext.configure(connection).get_current_revision()
    connection.commit()
    known = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    down = to == "base" or (current in known and to in known and known.index(to) > known.index(current))
    (command.downgrade if down else command.upgrade)(config, to)


def _progress(connection: Connection) -> Progress:
    current = tuple(MigrationContext.configure(connection).get_current_heads())
    return Progress(current=current, heads=heads())


async def _ensure_roles(connection: AsyncConnection) -> None:
    rows = await connection.execute(text("select rolname from pg_roles"))
    there = set(rows.scalars())
    owner = str((await connection.execute(text("select quote_ident(current_user)"))).scalar_one())
    member = await connection.execute(
        text(MAY_ACT_AS),
        {"role": DOORS_ROLE},
    )
    statements = _role_statements(there, owner, is_member=bool(member.scalar_one()))
    if not statements:
        await connection.rollback()
        return
    may = await connection.execute(
        text("select rolsuper or rolcreaterole from pg_roles where rolname = current_user")
    )
    if not may.scalar_one():
        raise RolesMissing(statements)
    for statement in statements:
        await connection.exec_driver_sql(statement)
    await connection.commit()


def _role_statements(there: set[str], owner: str, *, is_member: bool) -> tuple[str, ...]:
    statements = []
    if APP_ROLE not in there:
        statements.append(f"create role {APP_ROLE} login {TRAITS}")
    if DOORS_ROLE not in there:
        statements.append(f"create role {DOORS_ROLE} nologin {TRAITS}")
    if not is_member:
        statements.append(f"grant {DOORS_ROLE} to {owner}")
    return tuple(statements)


@asynccontextmanager
async def _engine(url: str) -> AsyncIterator[AsyncEngine]:
    limits = {"lock_timeout": LOCK_TIMEOUT, "idle_in_transaction_session_timeout": IDLE_TIMEOUT}
    engine = create_async_engine(
        driver_url(url), poolclass=pool.NullPool, connect_args={"server_settings": limits}
    )
    try:
        yield engine
    finally:
        await engine.dispose()
