"""What every answer carries, and what is refused before anything else looks at a request."""

from typing import Any

import httpx
import pytest

from tests.http.conftest import edge_client
from tests.support.log_lines import captured_lines

PATCHED = "/v1/admin/examples/019a0000-0000-7000-8000-000000000000"


async def test_liveness(edge: httpx.AsyncClient) -> None:
    assert (await edge.get("/healthz")).json() == {"status": "ok"}
    assert (await edge.head("/healthz")).status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/nowhere", "/v1/admin/examples/broken/down", "/problems?x=1"])
async def test_security_headers_are_on_every_answer(edge: httpx.AsyncClient, path: str) -> None:
    headers = (await edge.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert "camera=()" in headers["permissions-policy"]
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"
    assert headers["cache-control"] == "no-store"
    assert "server" not in headers
    assert "strict-transport-security" not in headers


async def test_hsts_in_production() -> None:
    async with edge_client({"APP_ENV": "prod"}) as client:
        assert "max-age=31536000" in (await client.get("/nowhere")).headers["strict-transport-security"]


@pytest.mark.parametrize("taken", ["abcdefgh", "A.b_c-9" * 3, "x" * 64])
async def test_a_good_request_id_is_taken(edge: httpx.AsyncClient, taken: str) -> None:
    answer = await edge.get("/nowhere", headers={"x-request-id": taken})
    assert answer.headers["x-request-id"] == taken
    assert answer.json()["request_id"] == taken


@pytest.mark.parametrize("bad", ["short", "x" * 65, "has space", "new/line", ""])
async def test_another_is_made(edge: httpx.AsyncClient, bad: str) -> None:
    answer = await edge.get("/healthz", headers={"x-request-id": bad})
    assert answer.headers["x-request-id"] != bad
    assert len(answer.headers["x-request-id"]) == 32


@pytest.mark.parametrize("name", ["host", "authorization"])
async def test_a_header_that_must_be_single_is_refused_twice(edge: httpx.AsyncClient, name: str) -> None:
    answer = await edge.get("/healthz", headers=[("host", "a"), (name, "b"), (name, "c")])
    assert answer.status_code == 400
    assert answer.json()["type"] == "malformed_request"
    assert answer.headers["x-frame-options"] == "DENY"


async def test_large_headers_are_refused(edge: httpx.AsyncClient) -> None:
    assert (await edge.get("/healthz", headers={"x-a": "y" * 17_000})).status_code == 400


@pytest.mark.parametrize("path", ["/nowhere/%00", "/problems/a%0ab", "/v1/admin/examples/broken/%00"])
async def test_control_characters_in_a_path_are_refused(edge: httpx.AsyncClient, path: str) -> None:
    assert (await edge.get(path)).status_code == 400


async def test_the_allowlist_guards_admin_routes_alone() -> None:
    async with edge_client({"ADMIN_IP_ALLOWLIST_CIDRS": "10.0.0.0/8"}, peer="192.0.2.1") as client:
        answer = await client.patch(PATCHED)
        assert (answer.status_code, answer.json()["type"]) == (403, "ip_not_allowed")
        assert (await client.get("/healthz")).status_code == 200
    async with edge_client({"ADMIN_IP_ALLOWLIST_CIDRS": "10.0.0.0/8"}, peer="10.1.1.1") as client:
        assert (await client.patch(PATCHED)).json()["type"] == "unauthenticated"


async def test_the_allowlist_guards_every_method() -> None:
    guarded = {"ADMIN_IP_ALLOWLIST_CIDRS": "10.0.0.0/8"}
    async with edge_client(guarded, peer="192.0.2.1") as client:
        for method, path in (("HEAD", "/v1/admin/examples"), ("OPTIONS", PATCHED), ("GET", "/v1/admin/org")):
            assert (await client.request(method, path)).status_code == 403, method
        assert (await client.options("/v1/auth/me")).status_code == 204


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", PATCHED),
        ("PUT", "/v1/admin/org"),
        ("HEAD", "/v1/admin/examples/bare"),
        ("TRACE", "/v1/iam/users"),
    ],
)
async def test_a_method_that_an_admin_path_does_not_have_tells_outsiders_nothing(
    method: str, path: str
) -> None:
    guarded = {"ADMIN_IP_ALLOWLIST_CIDRS": "10.0.0.0/8"}
    async with edge_client(guarded, peer="192.0.2.1") as client:
        answer = await client.request(method, path)
        assert answer.status_code == 403
        assert "allow" not in answer.headers
        assert method == "HEAD" or answer.json()["type"] == "ip_not_allowed"
    async with edge_client(guarded, peer="10.1.1.1") as client:
        answer = await client.request(method, path)
        assert answer.status_code == 405
        assert method not in answer.headers["allow"].split(", ")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("DELETE", "/v1/admin/nothing", 404),
        ("DELETE", "/v1/admin/examples/not-an-id", 404),
        ("OPTIONS", "/v1/admin/examples/not-an-id", 404),
        ("PUT", "/healthz", 405),
        ("PUT", "/v1/auth/me", 405),
    ],
)
async def test_the_allowlist_knows_admin_routes_by_the_route(method: str, path: str, status: int) -> None:
    async with edge_client({"ADMIN_IP_ALLOWLIST_CIDRS": "10.0.0.0/8"}, peer="192.0.2.1") as client:
        assert (await client.request(method, path)).status_code == status


async def test_a_missing_method_turned_away_is_in_the_log_by_its_route() -> None:
    with captured_lines() as lines:
        async with edge_client({"ADMIN_IP_ALLOWLIST_CIDRS": "10.0.0.0/8"}, peer="192.0.2.1") as client:
            await client.delete(PATCHED)
    (line,) = [line for line in lines.all if line["message"] == "admin_safety_denied"]
    assert (line["method"], line["path"]) == ("DELETE", "/v1/admin/examples/{example_id}")


async def test_whoever_the_allowlist_turns_away_is_in_the_log() -> None:
    with captured_lines() as lines:
        async with edge_client({"ADMIN_IP_ALLOWLIST_CIDRS": "10.0.0.0/8"}, peer="192.0.2.1") as client:
            answer = await client.patch(PATCHED)
    (line,) = [line for line in lines.all if line["message"] == "admin_safety_denied"]
    assert (line["level"], line["method"], line["error"]) == ("warning", "PATCH", "ip_not_allowed")
    assert line["path"].startswith("/v1/admin/")
    assert "{" in line["path"]
    assert line["request_id"] == answer.headers["x-request-id"]


async def test_needs_are_checked_then_read_only() -> None:
    async with edge_client({"ADMIN_READ_ONLY": "true"}) as client:

        async def patch(role: str) -> tuple[int, str]:
            answer = await client.patch(PATCHED, headers={"authorization": f"Bearer {role}"})
            return answer.status_code, answer.json()["type"]

        assert await patch("stranger") == (401, "unauthenticated")
        assert await patch("viewer") == (403, "forbidden")
        assert await patch("dispatcher") == (409, "admin_read_only")
        assert (await client.get("/v1/admin/examples")).status_code == 200


async def test_the_caller_reaches_the_handler(edge: httpx.AsyncClient) -> None:
    answer = await edge.patch(PATCHED, headers={"authorization": "Bearer dispatcher"})
    assert answer.json()["who"] == "dispatcher@example.com"


async def test_options_names_every_method_of_the_path(edge: httpx.AsyncClient) -> None:
    answer = await edge.options("/v1/admin/examples")
    assert (answer.status_code, answer.headers["allow"]) == (204, "GET, HEAD, OPTIONS, POST")
    answer = await edge.options(PATCHED)
    assert (answer.status_code, answer.headers["allow"]) == (204, "GET, HEAD, OPTIONS, PATCH")


async def test_head_is_answered_wherever_get_is(edge: httpx.AsyncClient) -> None:
    assert (await edge.head("/v1/admin/examples")).status_code == 200
    assert (await edge.head("/problems/slot_taken")).headers["content-type"] == "application/json"
    assert (await edge.head("/v1/admin/examples/bare")).status_code == 405


@pytest.mark.parametrize(("version", "status"), [("1.1", 400), ("1.0", 200)])
async def test_a_request_without_a_host_is_refused(version: str, status: int) -> None:
    assert await statuses_of(received=[], http_version=version) == [status]


async def test_a_body_that_ends_early_is_no_fault_of_ours(caplog: pytest.LogCaptureFixture) -> None:
    cut: list[dict[str, Any]] = [
        {"type": "http.request", "body": b'{"na', "more_body": True},
        {"type": "http.disconnect"},
    ]
    host = [(b"host", b"a")]
    assert await statuses_of(cut, method="POST", path="/v1/admin/examples", headers=host) == [400]
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def statuses_of(received: list[dict[str, Any]], **scope: Any) -> list[int]:
    """What the application sends over bare ASGI."""
    sent: list[dict[str, Any]] = []
    messages = iter([*received, {"type": "http.request", "body": b"", "more_body": False}])
    path = scope.get("path", "/healthz")
    async with edge_client() as client:
        transport = client._transport
        assert isinstance(transport, httpx.ASGITransport)
        whole = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
            "scheme": "http", "path": path, "raw_path": path.encode(), "root_path": "", "query_string": b"",
            "headers": [], "client": ("127.0.0.1", 1), "server": ("a", 80), "extensions": {}, "state": {},
            **scope,
        }  # fmt: skip

        async def receive() -> dict[str, Any]:
            return next(messages)

        async def send(message: Any) -> None:
            sent.append(message)

        await transport.app(whole, receive, send)
    return [message["status"] for message in sent if message["type"] == "http.response.start"]
