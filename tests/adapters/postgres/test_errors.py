"""Who says it and how: what the edge makes of it does not depend on that."""

import asyncpg  # type: ignore[import-untyped]  # it ships no types
import pytest
from sqlalchemy import text
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.errors import connecting, translated
from domain.shared.errors import Contended, DomainError, Invalid, Unavailable

CLOSED = "connection was closed in the middle of operation"


def wrapped(cause: Exception) -> Exception:
    """As SQLAlchemy's dialect raises it when nobody wraps it further."""
    return AsyncAdapt_asyncpg_dbapi.Error(CLOSED, cause)  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it so


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (PoolExhausted("full"), Unavailable),
        (TimeoutError(), Unavailable),
        (ConnectionResetError(104, "reset"), Unavailable),
        (asyncpg.InternalClientError("cannot switch to state 15"), Unavailable),
        (asyncpg.InterfaceError("the underlying connection is closed"), Unavailable),
        (asyncpg.ConnectionDoesNotExistError(CLOSED), Unavailable),
        (asyncpg.CannotConnectNowError("starting up"), Unavailable),
        (asyncpg.AdminShutdownError("terminating"), Unavailable),
        (asyncpg.QueryCanceledError("statement timeout"), Unavailable),
        (asyncpg.TooManyConnectionsError("sorry"), Unavailable),
        (asyncpg.ReadOnlySQLTransactionError("standby"), Unavailable),
        (wrapped(OSError("gone")), Unavailable),
        (wrapped(asyncpg.AdminShutdownError("terminating")), Unavailable),
        (asyncpg.DeadlockDetectedError("deadlock"), Contended),
        (asyncpg.LockNotAvailableError("lock timeout"), Contended),
        (asyncpg.SerializationError("concurrent update"), Contended),
        (wrapped(asyncpg.DeadlockDetectedError("deadlock")), Contended),
        (asyncpg.DataError("value out of int32 range"), Invalid),
        (asyncpg.NumericValueOutOfRangeError("integer out of range"), Invalid),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value.__name__,
)
def test_bad_days_races_and_unstorable_values(said: Exception, meant: type[DomainError]) -> None:
    with pytest.raises(meant) as refused, translated():
        raise said
    assert type(refused.value) is meant
    assert refused.value.__cause__ is said
    assert meant is Invalid or refused.value.retry_after_seconds


@pytest.mark.parametrize(
    "fault",
    [
        asyncpg.UniqueViolationError("twice"),
        asyncpg.UndefinedTableError("no such table"),
        asyncpg.InsufficientPrivilegeError("policy"),
        wrapped(asyncpg.UndefinedColumnError("no such column")),
        ValueError("ours"),
        Invalid("ours"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_faults_of_ours_are_not_hidden(fault: Exception) -> None:
    with pytest.raises(type(fault)) as raised, translated():
        raise fault
    assert raised.value is fault


@pytest.mark.parametrize(
    "said", [FileNotFoundError(2, "no socket"), wrapped(OSError()), asyncpg.InvalidPasswordError()]
)
def test_whatever_keeps_us_from_connecting_is_unavailable(said: Exception) -> None:
    with pytest.raises(Unavailable, match="cannot be reached"), connecting():
        raise said


async def test_a_failing_statement_does_not_show_its_values(postgres_engine: AsyncEngine) -> None:
    async with postgres_engine.connect() as connection:
        with pytest.raises(DBAPIError) as failed:
            await connection.execute(text("select cast(:said as integer) / 0"), {"said": 4711})
    assert "4711" not in str(failed.value)
