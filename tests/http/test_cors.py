"""Identity page, §10, "CORS": exact origins, on every answer, never credentials."""

import httpx
import pytest

from tests.http.conftest import edge_client

KNOWN, STRANGER = "https://b.example", "https://c.example"
LISTED = {"CORS_ORIGINS": "https://a.example,https://b.example"}
ASKS = {"access-control-request-method": "PUT", "access-control-request-headers": "authorization"}
DISPATCHER = {"authorization": "Bearer dispatcher"}
EXPOSED = {
    "ETag",
    "Retry-After",
    "X-Request-ID",
    "Idempotency-Replayed",
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
}
TAKEN = {
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "X-Request-ID",
    "X-CSRF-Token",
    "X-Break-Glass-Token",
}


def cors_of(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.startswith("access-control-")}


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/healthz", {}, 200),
        ("GET", "/nowhere", {}, 404),
        ("DELETE", "/healthz", {}, 405),
        ("PATCH", "/v1/admin/examples/019a0000-0000-7000-8000-000000000000", {}, 401),
        ("PATCH", "/v1/admin/examples/019a0000-0000-7000-8000-000000000000", DISPATCHER, 409),
        ("GET", "/v1/admin/examples?limit=0", {}, 422),
        ("GET", "/v1/admin/examples/broken/busy", {}, 503),
        ("GET", "/v1/admin/examples/broken/down", {}, 500),
        ("GET", "/healthz", {"x-large": "y" * 17_000}, 400),
    ],
)
async def test_a_known_origin_is_echoed_on_every_answer_and_a_stranger_on_none(
    method: str, path: str, headers: dict[str, str], status: int
) -> None:
    async with edge_client(LISTED | {"ADMIN_READ_ONLY": "true"}) as client:
        known = await client.request(method, path, headers={**headers, "origin": KNOWN})
        assert known.status_code == status
        assert cors_of(known).keys() == {"access-control-allow-origin", "access-control-expose-headers"}
        assert known.headers["access-control-allow-origin"] == KNOWN
        assert set(known.headers["access-control-expose-headers"].split(", ")) == EXPOSED
        for origin in (STRANGER, "null", "https://B.example", "https://b.example/", "http://b.example", ""):
            answer = await client.request(method, path, headers={**headers, "origin": origin})
            assert cors_of(answer) == {}, origin
            assert answer.headers["vary"] == "Origin"
        assert (await client.request(method, path, headers=headers)).headers["vary"] == "Origin"


@pytest.mark.parametrize("path", ["/healthz", "/v1/admin/examples", "/nowhere"])
async def test_a_preflight_is_answered_before_any_gate(path: str) -> None:
    async with edge_client(LISTED | {"ADMIN_IP_ALLOWLIST_CIDRS": "10.0.0.0/8"}, peer="192.0.2.1") as client:
        known = await client.options(path, headers={"origin": KNOWN, **ASKS})
        assert (known.status_code, known.content) == (204, b"")
        assert known.headers["access-control-allow-origin"] == KNOWN
        assert known.headers["access-control-allow-methods"] == "GET, POST, PUT, PATCH, DELETE"
        assert set(known.headers["access-control-allow-headers"].split(", ")) == TAKEN
        assert known.headers["access-control-max-age"] == "600"
        assert "access-control-allow-credentials" not in known.headers
        assert known.headers["vary"] == "Origin"
        assert known.headers["x-frame-options"] == "DENY"
        assert cors_of(await client.options(path, headers={"origin": STRANGER, **ASKS})) == {}


@pytest.mark.parametrize(
    ("environ", "origin", "allowed"),
    [
        ({}, "http://localhost:3000", True),
        ({}, "http://localhost:3001", False),
        ({"CORS_ORIGINS": "https://a.example"}, "http://localhost:3000", False),
        ({"STRICT_CORS": "yes"}, "http://localhost:3000", False),
        ({"STRICT_POLICY_MODE": "yes"}, "http://localhost:3000", False),
        ({"APP_ENV": "prod"}, "http://localhost:3000", False),
        ({"CORS_ORIGINS": "*"}, STRANGER, True),
        ({"CORS_ORIGINS": "*", "STRICT_CORS": "yes"}, STRANGER, False),
        ({"CORS_ORIGINS": '["https://b.example", "*"]', "STRICT_POLICY_MODE": "yes"}, KNOWN, True),
    ],
)
async def test_who_is_let_in_by_which_settings(environ: dict[str, str], origin: str, allowed: bool) -> None:
    async with edge_client(environ) as client:
        answer = await client.get("/healthz", headers={"origin": origin})
        assert answer.headers.get("access-control-allow-origin") == (origin if allowed else None)
        assert "access-control-allow-credentials" not in answer.headers
