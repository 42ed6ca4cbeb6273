"""Where `LISTENER` is put, from the first test to the last: see overhearing.py."""

import logging
import subprocess
from base64 import b32encode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import click

from adapters.argon2.passwords import Argon2Passwords
from adapters.cryptography.sealing import HmacRecoveryHashes
from adapters.system.identifiers import SystemIdentifiers
from entrypoints.http.problems import Problem
from entrypoints.logs import LineHandler
from entrypoints.settings.parsing import Secret
from tests.support.overhearing import LISTENER, Overhearing
from tests.support.secret_settings import secret_variables

OURS = ("sweepline", "adapters", "application", "entrypoints")  # loggers
SECRET_VARIABLES = frozenset(secret_variables())
CREDENTIAL_BYTES = 16  # fewer are no credential


@contextmanager
def listening() -> Iterator[Overhearing]:
    """From here to the end, whichever handlers tests put on the root logger or take from it."""
    handler = LineHandler("json", LISTENER)  # type: ignore[arg-type]  # as much of a stream as a handler needs
    for name in OURS:
        logging.getLogger(name).setLevel(logging.INFO)
    with ExitStack() as stack:
        stack.enter_context(_hearing_records(handler))
        stack.enter_context(_instead(subprocess, "Popen", HeardProcess))
        for owner, name, also in (
            (Secret, "__init__", lambda _, value: LISTENER.learn(value)),
            (Argon2Passwords, "hash", lambda _, password: LISTENER.learn(password)),
            (Argon2Passwords, "verify", lambda _, password, *_hash: LISTENER.learn(password)),
            (HmacRecoveryHashes, "of", lambda _, _user, code: LISTENER.learn(code)),
        ):
            stack.enter_context(_first(owner, name, also))
        stack.enter_context(_after(SystemIdentifiers, "secret", _learn_credential))
        stack.enter_context(_after(Problem, "document", lambda body: LISTENER.hear(body.decode(), "problem")))
        stack.enter_context(_first(click, "echo", _hear_refusal))
        yield LISTENER


def _learn_credential(random: bytes) -> None:
    if len(random) >= CREDENTIAL_BYTES:
        for shown in (urlsafe_b64encode(random).decode(), b32encode(random).decode(), random.hex()):
            LISTENER.learn(shown.rstrip("="))


def _hear_refusal(message: Any = None, *_rest: Any, err: bool = False, **_options: Any) -> None:
    if err and message is not None:
        LISTENER.hear_output(str(message), "standard error")


def _hearing_records(handler: logging.Handler) -> AbstractContextManager[None]:
    """All of ours, also where a test's own level keeps them from its handlers."""
    original = logging.Logger.callHandlers
    root = logging.getLogger()

    def call_handlers(logger: logging.Logger, record: logging.LogRecord) -> None:
        handler.handle(record)
        if record.levelno >= root.level:
            original(logger, record)

    return _instead(logging.Logger, "callHandlers", call_handlers)


def _first(owner: Any, name: str, also: Callable[..., object]) -> AbstractContextManager[None]:
    """`also` is called with the same arguments before each call."""
    original = getattr(owner, name)

    @wraps(original)
    def both(*args: Any, **kwargs: Any) -> Any:
        also(*args, **kwargs)
        return original(*args, **kwargs)

    return _instead(owner, name, both)


def _after(owner: Any, name: str, also: Callable[[Any], object]) -> AbstractContextManager[None]:
    """`also` is called with what each call returns."""
    original = getattr(owner, name)

    @wraps(original)
    def both(*args: Any, **kwargs: Any) -> Any:
        returned = original(*args, **kwargs)
        also(returned)
        return returned

    return _instead(owner, name, both)


@contextmanager
def _instead(owner: Any, name: str, ours: Any) -> Iterator[None]:
    original = getattr(owner, name)
    setattr(owner, name, ours)
    try:
        yield
    finally:
        setattr(owner, name, original)


STORED = """
    select 'audit ' || action || ' ' || concat_ws(' ', resource_type, reason, before, after)
    from admin_audit_logs
    union all select 'outbox_events ' || last_error from outbox_events where last_error is not null
    union all select 'outbox_attempts ' || error from outbox_attempts where error is not null
    union all select 'job_heartbeats ' || last_error from job_heartbeats where last_error is not null
"""


def hear_database(execute: Callable[[str], str]) -> None:
    """What a database keeps where nobody's secret or address belongs; the actor of an audit row is one."""
    for line in execute(STORED).splitlines():
        LISTENER.hear(line, "database")


class HeardProcess(subprocess.Popen[Any]):
    """A process whose output is heard if the program is ours: what it returns, or writes into its log."""

    def __init__(self, args: Any, *rest: Any, **options: Any) -> None:
        given = [str(part) for part in args] if isinstance(args, list | tuple) else [str(args)]
        self.ours = given[0].endswith("sweepline") or "entrypoints.cli.main" in given
        if self.ours:
            for name in SECRET_VARIABLES & set(options.get("env") or ()):
                LISTENER.learn(options["env"][name])
            if path := getattr(options.get("stdout"), "name", None):
                LISTENER.follow(Path(path))
        super().__init__(args, *rest, **options)

    def communicate(self, *args: Any, **options: Any) -> tuple[Any, Any]:
        said = super().communicate(*args, **options)
        for text in said if self.ours else ():
            if text:
                shown = text if isinstance(text, str) else text.decode(errors="replace")
                LISTENER.hear_output(shown, "output")
        return said
