"""The document says what the routes do; the page needs nothing from elsewhere."""

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Litestar

from domain.shared.errors import FieldFault
from entrypoints.http import documentation
from entrypoints.http.app import create_app
from entrypoints.http.openapi import document_of
from entrypoints.http.openapi.document import operations_of
from entrypoints.http.openapi.schemas import LINES, PRINTABLE, SOME_TEXT
from entrypoints.http.problem_pages import PAGES
from entrypoints.http.validation import NoFields
from entrypoints.http.values import shape_of
from entrypoints.settings.load import read_settings
from entrypoints.wiring import make_container

OPAQUE = {"If-Match", "If-None-Match", "Idempotency-Key", "X-Break-Glass-Token", "cursor"}
PROBLEM = "application/problem+json"


@pytest.fixture(scope="module")
def app() -> Litestar:
    settings, _ = read_settings({"APP_ENV": "dev"})
    return create_app(settings, make_container(settings))


@pytest.fixture(scope="module")
def document(app: Litestar) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(document_of(app))
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_it_is_openapi_3_1_with_every_route(app: Litestar, document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert {f"{o.method} {o.path}" for o in operations_of(app)} == {name for name, _ in operations(document)}
    assert len(document["paths"]) > 30


def test_every_operation_tells_summary_need_and_its_problems(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for _, operation in operations(document)]
    assert len(ids) == len(set(ids))
    for name, operation in operations(document):
        assert operation["summary"], name
        assert operation["x-need"], name
        problems = [a for s, a in operation["responses"].items() if s >= "4"]
        assert problems, name
        for answer in problems:
            assert set(answer["content"]) == {PROBLEM}, name
            for code, example in answer["content"][PROBLEM]["examples"].items():
                assert example == {"$ref": f"#/components/examples/{code}"}
        assert bool(operation["security"]) is (operation["x-need"] != "none"), name


def test_every_operation_tells_what_gate_one_and_two_say(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        assert {"400", "413", "429"} <= set(operation["responses"]), name


def test_every_parameter_and_body_has_an_example(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        for parameter in operation["parameters"]:
            assert "schema" in parameter, name
            assert "example" in parameter or parameter["name"] in OPAQUE, (name, parameter["name"])
        for content in operation.get("requestBody", {}).get("content", {}).values():
            assert content["example"] is not None, name


def test_documented_bodies_are_accepted(app: Litestar, document: dict[str, Any]) -> None:
    refused: dict[str, list[FieldFault]] = {}
    for operation in operations_of(app):
        if operation.body in {None, NoFields}:
            continue
        written = document["paths"][operation.path][operation.method.lower()]
        example = written["requestBody"]["content"]["application/json"]["example"]
        faults: list[FieldFault] = []
        shape_of(operation.body).settle(example, "", faults)
        if faults:
            refused[f"{operation.method} {operation.path}"] = faults
    assert not refused


def test_every_text_has_a_limit_and_every_number_bounds(app: Litestar, document: dict[str, Any]) -> None:
    """What arrives without a limit ends in a database error."""
    loose: set[str] = set()
    for operation in operations_of(app):
        written = document["paths"][operation.path][operation.method.lower()]
        name = f"{operation.method} {operation.path}"
        for parameter in written["parameters"]:
            if not parameter["name"].startswith(
                ("If-", "X-Break-Glass-")
            ):  # nothing that they say is a fault
                _look(document, parameter["schema"], f"{name} {parameter['name']}", loose, set())
        for content in written.get("requestBody", {}).get("content", {}).values():
            _look(document, content["schema"], name, loose, set())
    assert not loose


def _look(document: dict[str, Any], schema: dict[str, Any], at: str, loose: set[str], seen: set[str]) -> None:
    if "$ref" in schema:
        if schema["$ref"] not in seen:
            target = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
            _look(document, target, at, loose, seen | {schema["$ref"]})
        return
    own_pattern = schema.get("pattern") not in {None, PRINTABLE, SOME_TEXT, LINES}
    if not own_pattern and not {"enum", "const", "format"} & set(schema):
        limits = {"string": {"maxLength"}, "integer": {"maximum", "exclusiveMaximum"}}
        wanted = limits.get(schema.get("type", ""))
        if wanted and not wanted & set(schema):
            loose.add(at)
    for name, part in _parts(schema):
        _look(document, part, f"{at} {name}", loose, seen)


def _parts(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from schema.get("properties", {}).items()
    for key in ("items", "additionalProperties", "anyOf", "oneOf", "allOf"):
        below = schema.get(key)
        for part in below if isinstance(below, list) else [below]:
            if isinstance(part, dict):
                yield key, part


def test_no_two_bodies_share_a_name(document: dict[str, Any]) -> None:
    """Else both are named after the modules that they are in."""
    assert not [name for name in document["components"]["schemas"] if "." in name]


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    for reference in set(re.findall(r'"\$ref": "([^"]+)"', json.dumps(document))):
        target: Any = document
        for step in reference.removeprefix("#/").split("/"):
            target = target[step]
        assert target
    assert set(document["components"]["examples"]) == set(PAGES)


def test_an_answer_with_secrets_may_come_again_without_them(document: dict[str, Any]) -> None:
    answer = document["paths"]["/v1/admin/break-glass/start"]["post"]["responses"]["200"]
    first, again = answer["content"]["application/json"]["schema"]["anyOf"]
    assert first["$ref"].endswith("/StartAnswer")
    assert again["properties"]["token"] == {"type": "null"}
    assert again["properties"]["replay_notice"] == {"const": "secret_not_repeated"}
    assert set(again["required"]) == {"session_id", "token", "expires_at", "replay_notice"}
    login = document["paths"]["/v1/auth/login"]["post"]["responses"]["200"]
    assert "$ref" in login["content"]["application/json"]["schema"]


async def test_the_document_is_served(edge: httpx.AsyncClient) -> None:
    answer = await edge.get("/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    assert "/healthz" in answer.json()["paths"]


async def test_the_page_asks_nobody_else_and_needs_no_inline_code(edge: httpx.AsyncClient) -> None:
    page = await edge.get("/docs")
    policy = page.headers["content-security-policy"]
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "unsafe-inline" not in policy
    assert "default-src 'none'" in policy
    assert "<script>" not in page.text
    assert "style=" not in page.text
    wanted = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(wanted) >= 5
    for address in wanted:
        assert address.startswith("/"), address
        answer = await edge.get(address)
        assert answer.status_code == 200
        assert answer.headers["content-type"].count("charset") <= 1
        assert "max-age" in answer.headers["cache-control"] or address == "/openapi.json"


@pytest.mark.parametrize("asset", ["manifest.json", "..%2f..%2fapp.py", "docs.html", "%00"])
async def test_only_parts_of_the_page_are_served(edge: httpx.AsyncClient, asset: str) -> None:
    assert (await edge.get(f"/docs/{asset}")).status_code in {400, 404}


def test_vendored_files_are_what_the_manifest_says() -> None:
    vendor = Path(documentation.__file__).parent / "static" / "vendor"
    manifest = json.loads((vendor / "manifest.json").read_text())
    listed = {name: digest for package in manifest["packages"] for name, digest in package["files"].items()}
    present = {
        str(p.relative_to(vendor)) for p in vendor.rglob("*") if p.is_file() and p.name != "manifest.json"
    }
    assert present == set(listed)
    for name, digest in listed.items():
        assert hashlib.sha256((vendor / name).read_bytes()).hexdigest() == digest, name
    assert all(package["version"] and package["license"] for package in manifest["packages"])


def test_texts_of_several_lines_are_documented_as_such(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for name, field in (("PreviewAnswer", "text"), ("PreviewAnswer", "html"), ("TemplateAnswer", "html")):
        assert re.search(schemas[name]["properties"][field].get("pattern", ""), "one\nand two"), name
    assert not {"multiline", "verbatim"} & set(re.findall(r'"(\w+)":', json.dumps(document)))


@pytest.mark.parametrize(
    ("path", "required", "fields"),
    [("/unsubscribe", True, {"token", "List-Unsubscribe"}), ("/unsubscribe/undo", False, {"token"})],
)
def test_small_forms_are_documented_in_both_encodings(
    document: dict[str, Any], path: str, required: bool, fields: set[str]
) -> None:
    body = document["paths"][path]["post"]["requestBody"]
    assert body["required"] == required
    assert set(body["content"]) == {"application/x-www-form-urlencoded", "multipart/form-data"}
    for content in body["content"].values():
        schema = document["components"]["schemas"][content["schema"]["$ref"].rpartition("/")[2]]
        assert set(schema["properties"]) == fields
        assert not schema.get("required")
        assert set(content["example"]) <= fields


def test_what_may_be_sent_with_lines_is_answered_with_lines(document: dict[str, Any]) -> None:
    """An address of two lines was one that no answer could have, by the answer's own schema."""
    sent: dict[str, set[str]] = {}
    told: dict[str, set[str]] = {}
    for _, operation in operations(document):
        for content in operation.get("requestBody", {}).get("content", {}).values():
            _patterns(document, content["schema"], sent, frozenset())
        for content in (c for _, c in _successes(operation)):
            _patterns(document, content["schema"], told, frozenset())
    with_lines = {name for name, patterns in sent.items() if LINES in patterns}
    assert {"address", "access_notes", "reason"} <= with_lines
    assert sent["name"] <= {PRINTABLE, SOME_TEXT}
    assert not {name for name in with_lines & told.keys() if {PRINTABLE, SOME_TEXT} & told[name]}


def test_what_is_no_json_is_text_of_any_lines(document: dict[str, Any]) -> None:
    """Figures, tables, pages: neither base64, as bytes are in JSON, nor of one line."""
    others = {
        (name, kind): content["schema"]
        for name, operation in operations(document)
        for kind, content in _successes(operation)
        if kind != "application/json"
    }
    assert {kind for _, kind in others} >= {"text/plain", "text/html", "text/csv", "image/webp"}
    assert not {at: schema for at, schema in others.items() if {"pattern", "contentEncoding"} & schema.keys()}


def test_a_public_route_tells_what_a_credential_that_comes_along_may_cost(document: dict[str, Any]) -> None:
    """A bad one is refused there all the same, and so is one whose password must be changed first."""
    public = [(name, o["responses"]) for name, o in operations(document) if "401" in o["responses"]]
    assert any("/v1/public/" in name for name, _ in public)
    for name, answers in public:
        codes = answers["403"]["content"][PROBLEM]["examples"]
        assert {"password_change_required", "org_suspended"} <= codes.keys(), name


def test_every_way_to_succeed_says_what_it_answers(document: dict[str, Any]) -> None:
    """The photo that the same bytes became, the booking that was made before."""
    for name, operation in operations(document):
        told = {tuple(a.get("content", {})) for s, a in operation["responses"].items() if s in {"200", "201"}}
        assert len(told) <= 1, name
    repeated = document["paths"]["/v1/public/{org_slug}/bookings"]["post"]["responses"]
    assert repeated["200"]["content"] == repeated["201"]["content"]


def test_an_export_is_a_table_or_a_document(document: dict[str, Any]) -> None:
    content = document["paths"]["/v1/admin/exports/events/{event_id}/content"]["get"]["responses"]["200"]
    assert set(content["content"]) == {"text/csv", "application/json"}
    assert content["content"]["application/json"]["schema"] == {"type": "object"}


def _successes(operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for status, answer in operation["responses"].items():
        if status.startswith("2"):
            yield from answer.get("content", {}).items()


def _patterns(
    document: dict[str, Any],
    schema: dict[str, Any],
    found: dict[str, set[str]],
    seen: frozenset[str],
    name: str = "",
) -> None:
    """The patterns of every text in it, by the name of its field."""
    if "$ref" in schema:
        target = schema["$ref"].rpartition("/")[2]
        if target not in seen:
            _patterns(document, document["components"]["schemas"][target], found, seen | {target}, name)
        return
    if schema.get("type") == "string":
        found.setdefault(name, set()).add(schema.get("pattern", ""))
    for key, part in _parts(schema):
        _patterns(document, part, found, seen, key if key in schema.get("properties", {}) else name)
