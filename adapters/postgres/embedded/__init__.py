"""A whole PostgreSQL from a wheel, started under a home and shared by every process that uses it."""

from adapters.postgres.embedded.server import EmbeddedFailed, EmbeddedPostgres, ServerOptions
from adapters.postgres.embedded.watch import watched

__all__ = ["EmbeddedFailed", "EmbeddedPostgres", "ServerOptions", "watched"]
