"""`X-Test-Org`: in dev and under TESTING, which organisation a caller without one of its own means."""

from typing import Any

from litestar import Request

from entrypoints.http.problems import MalformedRequest

TEST_ORG = "x-test-org"


def named_org(request: Request[Any, Any, Any]) -> str | None:
    """What the header says, None without it. Raises MalformedRequest for two of them."""
    given = request.headers.getall(TEST_ORG, [])
    if len(given) > 1:
        raise MalformedRequest(f"The header {TEST_ORG} is there twice.")
    return given[0] if given else None
