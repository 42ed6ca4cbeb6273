import io
import json
import logging
from collections.abc import Iterator

import httpx
import pytest
import structlog

from entrypoints import log_context
from entrypoints.logs import FIELDS, LineHandler, configure_logging
from entrypoints.settings.groups import GeneralSettings
from tests.support.log_lines import Lines, captured_lines


@pytest.fixture
def lines() -> Iterator[Lines]:
    with captured_lines() as captured:
        yield captured


async def test_one_line_a_request_with_template_and_no_query(lines: Lines, edge: httpx.AsyncClient) -> None:
    path = "/v1/admin/examples/019a0000-0000-7000-8000-000000000001?x=canary"
    await edge.get(path, headers={"x-request-id": "request-1"})
    (line,) = [line for line in lines.all if line["message"] == "request"]
    assert line["path"] == "/v1/admin/examples/{example_id}"
    assert line["request_id"] == "request-1"
    assert (line["method"], line["status_code"]) == ("GET", 422)
    assert line["latency_ms"] >= 0
    assert "canary" not in lines.getvalue()


async def test_the_caller_is_in_the_line_and_ends_with_it(lines: Lines, edge: httpx.AsyncClient) -> None:
    path = "/v1/admin/examples/019a0000-0000-7000-8000-000000000000"
    await edge.patch(path, headers={"authorization": "Bearer dispatcher"})
    await edge.get("/healthz")
    first, second = [line for line in lines.all if line["message"] == "request"]
    assert (first["role"], "org_id" in first) == ("dispatcher", True)
    assert "role" not in second


async def test_an_unhandled_error_is_logged_with_its_story(lines: Lines, edge: httpx.AsyncClient) -> None:
    answer = await edge.get("/v1/admin/examples/broken/down")
    (line,) = [line for line in lines.all if line["level"] == "error"]
    assert line["request_id"] == answer.json()["request_id"]
    assert "RuntimeError" in line["error"]


async def test_trace_ids_are_honoured(lines: Lines, edge: httpx.AsyncClient) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    await edge.get("/healthz", headers={"traceparent": f"00-{trace}-b7ad6b7169203331-01"})
    await edge.get("/healthz", headers={"traceparent": "00-canary"})
    first, second = [line for line in lines.all if line["message"] == "request"]
    assert first["trace_id"] == trace
    assert "trace_id" not in second


def test_fields_come_in_order_and_strangers_are_dropped(lines: Lines) -> None:
    with log_context.scope(request_id="r", job="outbox-delivery"):
        logging.getLogger("x").warning(
            "hello", extra={"attempt": 2, "body": "canary", "error": "a@b.example"}
        )
    (line,) = lines.all
    assert list(line) == ["timestamp", "level", "logger", "message", "request_id", "job", "attempt", "error"]
    assert line["timestamp"].endswith("Z")
    assert line["error"] == "<redacted>"
    assert "canary" not in lines.getvalue()


def test_structlog_and_the_standard_library_write_alike(lines: Lines) -> None:
    structlog.get_logger("y").info("hello", attempt=3)
    logging.getLogger("y").info("hello", extra={"attempt": 3})
    first, second = lines.all
    assert first["attempt"] == second["attempt"] == 3
    assert first["message"] == second["message"] == "hello"


def test_messages_lose_secrets_and_line_breaks(lines: Lines) -> None:
    logging.getLogger("x").info("Bearer abcdef for ann@example.com\nand more")
    (line,) = lines.all
    assert line["message"] == "Bearer <redacted> for <redacted>\\nand more"


def test_what_cannot_be_said_is_told_of_without_its_values(
    lines: Lines, capsys: pytest.CaptureFixture[str]
) -> None:
    """The standard library told of it on standard error, in no line of JSON and with the secret."""
    told = {"name": "x", "levelname": "WARNING", "msg": "%d tries", "args": ("Bearer abcdef",)}
    LineHandler("json", lines).emit(logging.makeLogRecord(told))  # past pytest's own, which raises
    (line,) = lines.all
    assert line == {**line, "level": "warning", "logger": "x", "error": "TypeError"}
    assert "abcdef" not in lines.getvalue()
    assert capsys.readouterr().err == ""


def test_a_log_that_nobody_reads_any_more_stops_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    with captured_lines() as closed:
        closed.close()
        logging.getLogger("x").warning("Bearer abcdef")
    assert capsys.readouterr().err == ""


def test_a_line_is_utf_8_whatever_the_locale() -> None:
    written = io.BytesIO()
    with captured_lines():
        configure_logging(GeneralSettings(), io.TextIOWrapper(written, encoding="ascii"))
        logging.getLogger("x").warning("Zoë")
        assert json.loads(written.getvalue())["message"] == "Zoë"


def test_text_is_for_terminals() -> None:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    stream = io.StringIO()
    try:
        configure_logging(GeneralSettings(log_format="text", log_level="WARNING"), stream)
        logging.getLogger("x").info("unseen")
        logging.getLogger("x").warning("seen", extra={"attempt": 1})
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        logging.captureWarnings(capture=False)
    assert stream.getvalue().rstrip().endswith("warning  seen attempt=1")
    assert "unseen" not in stream.getvalue()


def test_known_fields_are_those_of_the_contract() -> None:
    assert {"request_id", "org_id", "path", "status_code", "latency_ms", "job", "attempt"} <= set(FIELDS)
