"""Reading answers in tests."""

from typing import Any

import httpx


def ok(answer: httpx.Response, status: int = 200) -> Any:
    """The body, when the status is the expected one."""
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert (answer.status_code, answer.json()["type"]) == (status, code), answer.text
    found: dict[str, Any] = answer.json()
    return found


def fields_at_fault(answer: httpx.Response, code: str = "validation_error") -> set[str]:
    return {fault["field"] for fault in problem(answer, 422, code)["errors"]}


def missing_field(answer: httpx.Response) -> str:
    """The id that this organisation does not own."""
    (fault,) = problem(answer, 404, "not_found")["errors"]
    return str(fault["field"])


def without_request(answer: httpx.Response) -> dict[str, Any]:
    """The problem, but for what names this very request."""
    return {**answer.json(), "request_id": "", "instance": ""}
