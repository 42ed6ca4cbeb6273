"""Log lines: one JSON document each on standard output, or text for a terminal; redacted before they leave.

Every room logs through the standard library; here its records meet structlog's processors. uvicorn's and
SQLAlchemy's take the same way.
"""

import io
import logging
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, TextIO

import msgspec
import structlog
from structlog.typing import EventDict, Processor

from domain.shared.redaction import redact, redact_text
from entrypoints import log_context
from entrypoints.settings.groups import GeneralSettings

FIELDS = (
    "request_id",
    "trace_id",
    "org_id",
    "user_id",
    "role",
    "method",
    "path",
    "status_code",
    "latency_ms",
    "job",
    "event_id",
    "attempt",
    "error",
)
"""What a line may carry beside timestamp, level, logger and message, in this order; the rest is dropped."""
QUIET = ("uvicorn.access", "httpx", "httpx2", "httpcore", "httpcore2", "sqlalchemy", "asyncio", "alembic")
_UNICODE_LINE_ENDS = {ord(sign): f"\\u{ord(sign):04x}" for sign in "\x7f\x85\u2028\u2029"}
_LINE_ENDS = {sign: f"\\x{sign:02x}" for sign in range(32)} | _UNICODE_LINE_ENDS
"""What some reader takes for the end of a line: in a value it is written as an escape."""
_encode = msgspec.json.Encoder(enc_hook=str).encode


def configure_logging(settings: GeneralSettings, stream: TextIO | None = None) -> None:
    """Send every record of the process to `stream` (standard output), and nothing anywhere else."""
    out = stream or sys.stdout
    if isinstance(out, io.TextIOWrapper):  # JSON is UTF-8, whatever the locale of a service says
        out.reconfigure(encoding="utf-8", errors="backslashreplace")
    handler = LineHandler(settings.log_format, out)
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(settings.log_level)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
    structlog.configure(
        processors=[structlog.stdlib.render_to_log_kwargs],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


class LineHandler(logging.Handler):
    """Runs a record through the processors and writes the line; a log that cannot be written stops nobody."""

    def __init__(self, form: str, stream: TextIO) -> None:
        super().__init__()
        self.stream = stream
        self.processors: tuple[Processor, ...] = (
            add_context,
            allow_fields,
            render_json if form == "json" else render_text,
        )

    def emit(self, record: logging.LogRecord) -> None:
        """The standard library would tell of a failure on standard error, with the values as they came, not
        redacted and in no line of ours."""
        try:
            line = self._line(record)
        except Exception as error:  # noqa: BLE001  # as a library's placeholders that do not fit its values
            line = self._line(stand_in(record, error))
        with suppress(OSError, ValueError):  # nobody reads any more
            self.stream.write(f"{line}\n")
            self.stream.flush()

    def _line(self, record: logging.LogRecord) -> Any:
        line: Any = event_of(record)
        for process in self.processors:
            line = process(None, record.levelname, line)
        return line


def stand_in(record: logging.LogRecord, error: Exception) -> logging.LogRecord:
    told = {"name": record.name, "levelname": record.levelname, "created": record.created}
    return logging.makeLogRecord(
        {**told, "msg": "a line could not be made", "fields": {"error": type(error).__name__}}
    )


def event_of(record: logging.LogRecord) -> EventDict:
    event: EventDict = {
        "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")[:-6]
        + "Z",
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": record.getMessage(),
        **getattr(record, "fields", {}),
    }
    for name in FIELDS:
        if name in record.__dict__:
            event[name] = record.__dict__[name]
    if record.exc_info:
        event["error"] = _story(record.exc_info)
    return event


def _story(
    exc_info: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None],
) -> str:
    return logging.Formatter().formatException(exc_info)


def add_context(_logger: Any, _name: str, event: EventDict) -> EventDict:
    return {**log_context.current(), **event}


def allow_fields(_logger: Any, _name: str, event: EventDict) -> Mapping[str, Any]:
    """Known fields in their order, each redacted. Figures and ids of our own making go as they are."""
    kept: EventDict = {
        "timestamp": event["timestamp"],
        "level": event["level"],
        "logger": event["logger"],
        "message": redact_text(event["message"]),
    }
    for name in FIELDS:
        value = event.get(name)
        if value is not None:
            kept[name] = redact(value) if name in {"error", "path", "job"} else value
    return kept


def render_json(_logger: Any, _name: str, event: EventDict) -> str:
    return _encode(event).decode().translate(_UNICODE_LINE_ENDS)


def render_text(_logger: Any, _name: str, event: EventDict) -> str:
    head = f"{event.pop('timestamp')} {event.pop('level'):<8} {event.pop('message')}"
    event.pop("logger")
    error = event.pop("error", None)
    line = " ".join([head, *(f"{name}={value}" for name, value in event.items())]).translate(_LINE_ENDS)
    if not error:
        return line
    story = str(error).replace("\\n", "\n").split("\n")
    return "\n    ".join([line, *(each.translate(_LINE_ENDS) for each in story)])
