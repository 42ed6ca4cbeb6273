"""The pool of connections, as the app role."""

from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from adapters.postgres.connection import TenantConnection

CONNECT_TIMEOUT_SECONDS = 5
HUNG_AFTER_SECONDS = 65
"""Longer than any statement may take by its limits: nobody is there any more."""
NOTHING_KEPT: dict[str, Any] = {"statement_cache_size": 0, "prepared_statement_name_func": lambda: ""}
"""The driver then sends a statement's text along with its values each time: no server need know it."""


@dataclass(frozen=True, slots=True)
class DatabaseOptions:
    url: str  # postgresql+asyncpg://…
    pool_size: int = 10
    overflow: int = 0  # opened beyond that while they are wanted, and closed again
    pool_timeout_seconds: float = 30
    prepared_statements: bool = True  # False: behind a pooler that forgets them between transactions
    application_name: str = "sweepline"


def make_engine(options: DatabaseOptions) -> AsyncEngine:
    """Opens nothing yet. A connection that died while it was idle is replaced when it is taken, unasked."""
    engine = create_async_engine(
        driver_url(options.url),
        pool_size=options.pool_size,
        max_overflow=options.overflow,
        pool_timeout=options.pool_timeout_seconds,
        pool_use_lifo=True,
        json_deserializer=msgspec.json.decode,
        hide_parameters=True,  # a statement that fails is logged, what people wrote is not
        connect_args={
            "connection_class": TenantConnection,
            "timeout": CONNECT_TIMEOUT_SECONDS,
            "command_timeout": HUNG_AFTER_SECONDS,
            "prepared_statement_cache_size": 500,
            **({} if options.prepared_statements else NOTHING_KEPT),
            "server_settings": {"application_name": options.application_name, "timezone": "UTC"},
        },
    )
    event.listen(engine.sync_engine, "checkout", _make_ready)
    return engine


def driver_url(url: str) -> str:
    """What people write (`postgres://`, `postgresql://`) with our driver in it."""
    scheme, separator, rest = url.partition("://")
    return f"postgresql+asyncpg{separator}{rest}" if scheme in {"postgres", "postgresql"} else url


def _make_ready(connection: DBAPIConnection, _record: object, _proxy: object) -> None:
    # The driver sees the server hang up as soon as the loop turns: asking costs no round trip.
    driver = connection.driver_connection
    if driver.is_closed():
        raise DisconnectionError("The server closed this connection.")
    if not driver.is_at_rest():
        raise DisconnectionError("Somebody else's transaction was never ended here.")
    driver.open_with("")  # what the last user said and never sent
