"""The server of one home, shared by all processes that use the same home.

`start.lock` is held around making, starting and stopping; everyone who uses the server holds `users.lock`
shared. Whoever leaves and finds nobody else present stops it. A server whose users were all killed goes on;
the next user finds it and joins.
"""

import hashlib
import os
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from adapters.postgres.embedded.account import Account
from adapters.postgres.embedded.binaries import unpacked
from adapters.postgres.embedded.cluster import SUPERUSER, Cluster, EmbeddedFailed
from adapters.postgres.embedded.locks import Presence, exclusive

DATABASE = "sweepline"
OWNER = "sweepline_owner"
APP = "sweepline_app"
DOORS = "sweepline_doors"

ELSEWHERE = Path("/var/lib/sweepline")
"""Clusters of homes that the server's account cannot reach, each under the home's `cluster-id`."""

__all__ = ["ELSEWHERE", "EmbeddedFailed", "EmbeddedPostgres", "ServerOptions"]

# The superuser exists for this alone: what the application stands on is made by its migrations, as the owner.
ROLES = f"""
do $$ begin
  if to_regrole('{OWNER}') is null then create role {OWNER} login createdb; end if;
  if to_regrole('{APP}') is null then create role {APP} login; end if;
  if to_regrole('{DOORS}') is null then create role {DOORS}; end if;
end $$;
alter role {APP} nosuperuser nobypassrls nocreatedb nocreaterole noreplication;
alter role {DOORS} nologin nosuperuser nobypassrls nocreatedb nocreaterole noreplication;
grant {DOORS} to {OWNER};
"""


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """What tests do differently: other programs, settings that trade safety for speed."""

    binaries: Path | None = None
    settings: dict[str, str] = field(default_factory=dict)


class EmbeddedPostgres:
    """Blocking throughout: call it before an event loop runs, or from a thread."""

    def __init__(self, home: Path, options: ServerOptions | None = None) -> None:
        self.home = home.absolute()
        self._options = options or ServerOptions()
        self._account = Account.for_server()
        self._cluster: Cluster | None = None
        self._presence: Presence | None = None

    @property
    def owner_url(self) -> str:
        """Migrates, backs up, restores."""
        return self.url(OWNER)

    @property
    def app_url(self) -> str:
        """Runs the API and the jobs."""
        return self.url(APP)

    def url(self, role: str, database: str = DATABASE) -> str:
        return f"postgresql+asyncpg://{role}@/{database}?host={self._running().sockets}"

    def superuser_url(self, database: str = DATABASE) -> str:
        """For tests that break things which the owner cannot."""
        return self.url(SUPERUSER, database)

    @property
    def data(self) -> Path:
        return self._running().data

    @property
    def binaries(self) -> Path:
        return self._running().binaries

    def start(self) -> bool:
        """Make what is missing, start the server or join the one that runs. True if we started it."""
        self.home.mkdir(parents=True, exist_ok=True)
        with exclusive(self.home / "start.lock"):
            cluster = self._place()
            started = not cluster.answers()
            if started:
                cluster.make()
                cluster.start(self._options.settings)
            _bootstrap(cluster)
            self._stay(cluster)
        return started

    def attach(self) -> bool:
        """Join a server that runs; False, and nothing is started, if there is none."""
        if not self.home.exists():
            return False
        with exclusive(self.home / "start.lock"):
            cluster = self._place()
            if not cluster.answers():
                return False
            self._stay(cluster)
        return True

    def release(self) -> bool:
        """Leave; True if we were the last one out and stopped the server. Harmless when repeated."""
        if self._presence is None or self._cluster is None:
            return False
        with exclusive(self.home / "start.lock"):
            presence, cluster = self._presence, self._cluster
            self._presence = self._cluster = None
            last = presence.leave()
            if last:
                cluster.stop()
        return last

    def revive(self) -> bool:
        """Start it again if it died under its users; True if it had. Whoever asks is one of them, so it was
        not stopped by a last one out."""
        if self._running().listening():
            return False
        with exclusive(self.home / "start.lock"):
            cluster = self._running()
            died = not cluster.listening()
            if died:
                cluster.start(self._options.settings)
        return died

    def restart(self) -> None:
        """Start the server again under the feet of its users, as after a crash."""
        with exclusive(self.home / "start.lock"):
            cluster = self._running()
            if cluster.listening():
                cluster.stop()
            cluster.start(self._options.settings)

    def execute(self, sql: str, *, database: str = DATABASE) -> str:
        """Statements of the superuser, for set-up and for tests."""
        return self._running().execute(sql, database=database)

    def _stay(self, cluster: Cluster) -> None:
        """Be counted among the users, once."""
        self._presence = self._presence or Presence(self.home / "users.lock")
        self._cluster = cluster

    def _running(self) -> Cluster:
        if self._cluster is None:
            raise EmbeddedFailed("The embedded server was not started, or was released.")
        return self._cluster

    def _place(self) -> Cluster:
        """Where the cluster is. The home is ours; a server of another account may not reach into it."""
        home = self.home.resolve()
        if self._account.reaches(home):
            root = home / "postgres"
        else:
            root = ELSEWHERE / _identity(home)
            root.parent.mkdir(parents=True, exist_ok=True)
            root.parent.chmod(0o711)
        key = hashlib.sha256(os.fsencode(root)).hexdigest()[:8]
        sockets = Path(f"/tmp/sweepline-{self._account.uid}-{key}")  # noqa: S108  # at most 107 bytes; owner is checked
        binaries = self._options.binaries or unpacked(self._account)
        return Cluster(binaries, self._account, root, sockets)


def _identity(home: Path) -> str:
    """A name that goes with the home: a new home at an old path must not find the old data."""
    path = home / "cluster-id"
    if not path.exists():
        path.write_text(uuid.uuid4().hex)
    return path.read_text().strip()


def _bootstrap(cluster: Cluster) -> None:
    cluster.execute(ROLES)
    if not cluster.execute(f"select 1 from pg_database where datname = '{DATABASE}'"):  # noqa: S608  # a constant
        cluster.execute(f"create database {DATABASE} owner {OWNER} template template0")
    cluster.execute("create extension if not exists btree_gist", database=DATABASE)
