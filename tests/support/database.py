"""One server for every test run of this checkout, one template migrated once, one clone per worker."""

import asyncio
import hashlib
import os
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from adapters.postgres.embedded import EmbeddedPostgres, ServerOptions
from adapters.postgres.embedded.locks import exclusive
from adapters.postgres.embedded.server import APP, OWNER
from adapters.postgres.migrate import migrate

CHECKOUT = Path(__file__).parents[2]
BINARIES_VARIABLE = "SWEEPLINE_TEST_PG_BIN"
"""Another PostgreSQL's directory of programs, to run the same tests on it: /usr/lib/postgresql/15/bin."""


@dataclass(frozen=True, slots=True)
class TestDatabase:
    """A database at head that no other worker uses."""

    __test__ = False

    server: EmbeddedPostgres
    name: str

    @property
    def app_url(self) -> str:
        return self.server.url(APP, self.name)

    @property
    def owner_url(self) -> str:
        return self.server.url(OWNER, self.name)

    @property
    def superuser_url(self) -> str:
        return self.server.superuser_url(self.name)

    def execute(self, sql: str) -> str:
        """As the superuser, past every policy; values are separated by | and rows by line ends."""
        return self.server.execute(sql, database=self.name)

    @contextmanager
    def clone(self, suffix: str) -> Iterator["TestDatabase"]:
        """A copy of the template, for tests that touch what all organisations share."""
        copy = TestDatabase(self.server, f"{self.name}_{suffix}")
        _clone(self.server, copy.name)
        try:
            yield copy
        finally:
            _drop(self.server, copy.name)


def test_binaries() -> Path | None:
    return Path(chosen) if (chosen := os.environ.get(BINARIES_VARIABLE)) else None


def test_options() -> ServerOptions:
    binaries = test_binaries()
    settings = {"synchronous_commit": "off", "autovacuum": "off", "full_page_writes": "off"}
    if binaries is None:
        settings["file_copy_method"] = "clone"
    return ServerOptions(binaries, settings)


def open_test_server() -> EmbeddedPostgres:
    key = hashlib.sha256(f"{CHECKOUT}:{test_binaries()}".encode()).hexdigest()[:8]
    home = Path(tempfile.gettempdir()) / f"sweepline-tests-{os.geteuid()}-{key}"
    server = EmbeddedPostgres(home, test_options())
    first = server.start()
    with exclusive(home / "template.lock"):
        if first:
            _drop_leftovers(server)
        if not _exists(server, template_name()):
            _make_template(server)
    return server


def open_database(server: EmbeddedPostgres, worker: str) -> TestDatabase:
    name = f"test_{os.getpid()}_{worker}"
    _clone(server, name)
    return TestDatabase(server, name)


def close_database(database: TestDatabase) -> None:
    _drop(database.server, database.name)


@cache
def template_name() -> str:
    """Another migration, another template; the same one for a whole run."""
    sources = sorted((CHECKOUT / "migrations").rglob("*.py"))
    content = b"".join(source.read_bytes() for source in sources)
    return f"template_{hashlib.sha256(content).hexdigest()[:12]}"


def _make_template(server: EmbeddedPostgres) -> None:
    name = template_name()
    building = f"building_{name}"
    server.execute(f"create database {building} owner {OWNER} template template0", database="postgres")
    with ThreadPoolExecutor(1) as thread:  # an event loop may be set in ours
        thread.submit(asyncio.run, migrate(server.url(OWNER, building))).result()
    server.execute(f"alter database {building} rename to {name}", database="postgres")
    server.execute(f"alter database {name} is_template true", database="postgres")


def _drop_leftovers(server: EmbeddedPostgres) -> None:
    """Older templates, and what killed runs left."""
    for name in server.execute("select datname from pg_database", database="postgres").split():
        if name.startswith("template_") and name != template_name():
            server.execute(f"alter database {name} is_template false", database="postgres")
            _drop(server, name)
        elif name.startswith("building_") or _is_of_a_dead_run(name):
            _drop(server, name)


def _is_of_a_dead_run(name: str) -> bool:
    kind, _, rest = name.partition("_")
    return kind == "test" and not Path(f"/proc/{rest.split('_')[0]}").exists()


def _exists(server: EmbeddedPostgres, name: str) -> bool:
    return name in server.execute("select datname from pg_database", database="postgres").split()


def _clone(server: EmbeddedPostgres, name: str) -> None:
    _drop(server, name)
    server.execute(
        f"create database {name} owner {OWNER} template {template_name()} strategy file_copy",
        database="postgres",
    )


def _drop(server: EmbeddedPostgres, name: str) -> None:
    server.execute(f"drop database if exists {name} with (force)", database="postgres")
