"""Alembic's entry: on the connection it is handed, or on its own to `sqlalchemy.url`."""

import asyncio

from alembic import context
from sqlalchemy import Connection, pool
from sqlalchemy.ext.asyncio import create_async_engine


def migrate(connection: Connection) -> None:
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


async def connect_and_migrate(url: str) -> None:
    engine = create_async_engine(url, poolclass=pool.NullPool)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(migrate)
    finally:
        await engine.dispose()


if (handed := context.config.attributes.get("connection")) is not None:
    migrate(handed)
else:
    asyncio.run(connect_and_migrate(context.config.get_main_option("sqlalchemy.url") or ""))
