import inspect
import pkgutil
from importlib import import_module

import httpx
import pytest

import adapters
import application
import domain
import entrypoints
from domain.shared.errors import Conflict, DomainError, FieldFault, Invalid
from entrypoints.http.problem_pages import PAGES
from entrypoints.http.problems import from_domain, status_of

MEMBERS = {"type", "title", "status", "detail", "instance", "request_id", "errors"}


def all_errors() -> list[type[DomainError]]:
    for room in (domain, application, adapters, entrypoints):
        for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            import_module(module.name)
    found: list[type[DomainError]] = []
    queue = [DomainError]
    while queue:
        for kind in queue.pop().__subclasses__():
            queue.append(kind)
            if not kind.__module__.startswith("tests"):
                found.append(kind)
    return found


def test_every_code_that_can_be_raised_has_a_page_with_the_same_status() -> None:
    for kind in all_errors():
        assert kind.code in PAGES, f"{kind.__module__}.{kind.__name__}: no page for {kind.code}"
        error = kind.__new__(kind)
        assert PAGES[kind.code].status == status_of(error), kind


def test_every_page_says_what_happened_and_what_to_do() -> None:
    for code, page in PAGES.items():
        assert code.replace("_", "").isalnum()
        assert code.islower()
        assert page.title
        assert page.what.endswith(".")
        assert page.remedy.endswith(".")
        assert 400 <= page.status < 600


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/v1/admin/examples/not-a-uuid", 404, "not_found"),
        ("DELETE", "/healthz", 405, "method_not_allowed"),
        ("BREW", "/healthz", 405, "method_not_allowed"),
        ("GET", "/v1/admin/examples/broken/conflict", 409, "conflict"),
        ("GET", "/v1/admin/examples/broken/busy", 503, "upstream_unavailable"),
        ("GET", "/v1/admin/examples/broken/down", 500, "internal_error"),
        ("PATCH", "/v1/admin/examples/019a0000-0000-7000-8000-000000000000", 401, "unauthenticated"),
    ],
)
async def test_every_refusal_is_a_problem_document(
    edge: httpx.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    answer = await edge.request(method, path)
    problem = answer.json()
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(problem) >= MEMBERS
    assert problem["type"] == code
    assert problem["status"] == status
    assert problem["instance"] == path
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert problem["title"] == PAGES[code].title


async def test_an_internal_error_tells_nothing(edge: httpx.AsyncClient) -> None:
    answer = await edge.get("/v1/admin/examples/broken/down")
    assert "secret-detail" not in answer.text
    assert set(answer.json()) == MEMBERS


async def test_members_and_retry_after_are_passed_on(edge: httpx.AsyncClient) -> None:
    conflict = await edge.get("/v1/admin/examples/broken/conflict")
    assert conflict.json()["alternatives"] == [1]
    busy = await edge.get("/v1/admin/examples/broken/busy")
    assert busy.headers["retry-after"] == "7"


async def test_a_405_names_the_methods(edge: httpx.AsyncClient) -> None:
    answer = await edge.put("/healthz")
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"


async def test_a_401_says_how_to_sign_in(edge: httpx.AsyncClient) -> None:
    answer = await edge.patch("/v1/admin/examples/019a0000-0000-7000-8000-000000000000")
    assert answer.headers["www-authenticate"] == 'Bearer, Basic realm="sweepline"'


async def test_pages_are_served(edge: httpx.AsyncClient) -> None:
    listed = (await edge.get("/problems")).json()["items"]
    assert [item["type"] for item in listed] == sorted(PAGES)
    one = await edge.get("/problems/not_found")
    assert one.json() in listed
    assert (await edge.get("/problems/no_such_code")).status_code == 404


def test_the_walk_finds_errors() -> None:
    assert len(all_errors()) > 15
    assert all(inspect.isclass(kind) for kind in all_errors())


def test_a_detail_shows_no_personal_data() -> None:
    assert "ann@example.com" not in from_domain(Conflict("Sent to ann@example.com.")).detail


def test_a_problem_is_cleaned_as_a_log_line_is() -> None:
    fault = FieldFault("email", "belongs to ann@example.com, see https://x.example/?sig=abc")
    problem = from_domain(Invalid("Call +1 206 555 0134.", errors=[fault]))
    assert problem.detail == "Call <redacted>."
    message = "belongs to <redacted>, see https://x.example/?sig=<redacted>"
    assert problem.errors == [{"field": "email", "message": message}]
