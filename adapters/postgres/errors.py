"""What the database refuses, in the domain's words."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg  # type: ignore[import-untyped]  # it ships no types
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from domain.shared.errors import Contended, DomainError, Invalid, Unavailable

RETRY_AFTER_SECONDS = 2
SPOKEN = (
    DBAPIError,
    AsyncAdapt_asyncpg_dbapi.Error,  # before SQLAlchemy has wrapped it: while it connects or cleans up
    asyncpg.PostgresError,  # the driver itself, for what goes past SQLAlchemy
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    ConnectionError,
)
CONTENDED = {
    "40001": "serialization failure",
    "40P01": "deadlock",
    "55P03": "lock not available in time",
}
UNAVAILABLE_CLASSES = (
    "08",  # connection exceptions
    "53",  # insufficient resources: too many connections, disk full
    "57",  # operator intervention: shutdown, statement timeout, starting up
    "58",  # system errors
)
BEING_REBUILT = re.compile(r"_cc(new|old)\d*$")
"""While an index is rebuilt beside its writers there are two of it; the one that will not stay has this after
its name, and it may be the one to find a duplicate. `on conflict` knows but the other."""
UNSTORABLE = "22"  # data exceptions: what validation let through is still no fault of ours
UNAVAILABLE = {
    "25006",  # read-only: a standby took over
    "25P03",  # idle in transaction for too long
    "25P04",  # transaction timeout
}


@contextmanager
def translated() -> Iterator[None]:
    """Around a whole transaction: bad days of the database become Unavailable, races Contended."""
    try:
        yield
    except PoolExhausted as error:
        raise _unavailable("All database connections are busy.") from error
    except TimeoutError as error:
        raise _unavailable("The database did not answer in time.") from error
    except SPOKEN as error:
        if (known := _known(error)) is not None:
            raise known from error
        raise


@contextmanager
def connecting() -> Iterator[None]:
    """Around taking a connection, where the driver and the operating system speak for themselves."""
    try:
        yield
    except (OSError, TimeoutError, *SPOKEN) as error:
        raise _unavailable("The database cannot be reached.") from error


def constraint_of(error: IntegrityError) -> str | None:
    """The violated constraint's name, for the adapter to turn into the domain error."""
    name = _index_or_constraint(error)
    return BEING_REBUILT.sub("", name) if name else None


def _index_or_constraint(error: BaseException) -> str:
    told = error.orig.__cause__ if isinstance(error, DBAPIError) and error.orig is not None else error
    return str(getattr(told, "constraint_name", None) or "")


def sqlstate_of(error: BaseException) -> str:
    told = error.orig if isinstance(error, DBAPIError) else error
    return str(getattr(told, "sqlstate", None) or "")


NOT_LET_IN = ("28", "3D", *UNAVAILABLE_CLASSES)
"""No such role or database, a wrong password, or a server that takes nobody now."""


def says_not_let_in(error: BaseException) -> str | None:
    """What a database said that let nobody in; None: it failed at something else."""
    told = error.orig if isinstance(error, DBAPIError) else error
    return str(told) if sqlstate_of(error).startswith(NOT_LET_IN) or _lost(error) else None


def _known(error: BaseException) -> DomainError | None:
    if isinstance(error, (DataError, asyncpg.DataError)):
        return refusal_of(UNSTORABLE, lost=False)
    if BEING_REBUILT.search(_index_or_constraint(error)):  # who met it began before the copy was there
        return refusal_of("40001", lost=False)
    return refusal_of(sqlstate_of(error), lost=_lost(error))


def _lost(error: BaseException) -> bool:
    """A server that goes away is noticed in many places, and each has its own word for it."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated
    return isinstance(error, (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError)) or (
        isinstance(error, AsyncAdapt_asyncpg_dbapi.Error) and not sqlstate_of(error)
    )


def refusal_of(state: str, *, lost: bool) -> DomainError | None:
    """What an SQLSTATE means for the caller; `lost`: the connection is gone. None is a fault of ours."""
    if state in CONTENDED:
        return Contended("Others are changing the same things.", retry_after_seconds=1)
    if lost or state in UNAVAILABLE or state.startswith(UNAVAILABLE_CLASSES):
        return _unavailable("The database is not available.")
    if state.startswith(UNSTORABLE):
        return Invalid("A value cannot be stored: it is out of range, or holds what text may not hold.")
    return None


def _unavailable(detail: str) -> Unavailable:
    return Unavailable(detail, retry_after_seconds=RETRY_AFTER_SECONDS)
