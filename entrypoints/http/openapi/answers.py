"""Which problems a route may answer: what its rules and its input imply, and what it declares itself."""

from collections.abc import Mapping, Sequence
from typing import Any

from domain.identity.actor import Need
from entrypoints.http.once import NOTICE, SECRETS
from entrypoints.http.problem_pages import PAGES
from entrypoints.http.problems import MEDIA_TYPE
from entrypoints.http.routes import FRESH, READ_ONLY_EXEMPT, RouteRules
from entrypoints.http.validation import RequestPlan

UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
EXAMPLE_REQUEST_ID = "019a0000000070008000000000000001"


def problem_codes(rules: RouteRules, plan: RequestPlan, method: str) -> tuple[str, ...]:
    """Every code, without twins, in no particular order of raising."""
    unsafe = method in UNSAFE
    codes = ["malformed_request", "payload_too_large", "validation_error", "rate_limited"]
    if plan.path:
        codes.append("not_found")
    if unsafe and plan.body is not None:
        codes += ["malformed_body", "unsupported_media_type"]
    if not rules.ungated:
        codes += [
            "upstream_unavailable",
            "unauthenticated",
            "password_change_required",
            "org_suspended",
            *_of_callers(rules, unsafe=unsafe),
        ]
    if rules.admin_route:
        codes += [
            "ip_not_allowed",
            *(["admin_read_only"] if unsafe and READ_ONLY_EXEMPT not in rules.traits else []),
        ]
    return tuple(dict.fromkeys([*codes, *rules.problems]))


def _of_callers(rules: RouteRules, *, unsafe: bool) -> Sequence[str]:
    if rules.need is Need.PUBLIC:
        return ()
    codes = ["forbidden"]
    if rules.admin_route or rules.need in {Need.ADMIN, Need.OWNER}:
        codes.append("mfa_required")
    if FRESH in rules.traits:
        codes.append("step_up_required")
    if unsafe and not rules.upload:
        codes += ["idempotency_in_progress", "idempotency_key_reused"]
    return codes


def with_repetition(schema: Mapping[str, Any], resolved: Mapping[str, Any]) -> Mapping[str, Any]:
    """An answer that is given again under its key has null where its secrets were, and says so."""
    told = resolved.get("properties", {})
    hidden = sorted(SECRETS & told.keys())
    if not hidden:
        return schema
    again = {
        "title": f"{resolved.get('title', 'Answer')}Again",
        "description": "To a repetition under the same Idempotency-Key.",
        "type": "object",
        "required": [*resolved.get("required", ()), NOTICE[0]],
        "properties": {
            **told,
            **{name: {"type": "null"} for name in hidden},
            NOTICE[0]: {"const": NOTICE[1]},
        },
    }
    return {"anyOf": [schema, again]}


def problem_answers(codes: Sequence[str]) -> dict[str, Any]:
    """One answer a status, with an example for each of its codes."""
    answers: dict[str, Any] = {}
    for code in sorted(codes, key=lambda code: (PAGES[code].status, code)):
        page = PAGES[code]
        answer = answers.setdefault(str(page.status), {"description": "", "content": {MEDIA_TYPE: {}}})
        answer["description"] = " or ".join(filter(None, [answer["description"], page.title]))
        content = answer["content"][MEDIA_TYPE]
        content.setdefault("schema", {"$ref": "#/components/schemas/Problem"})
        content.setdefault("examples", {})[code] = {"$ref": f"#/components/examples/{code}"}
    return answers


def example_problem(code: str) -> Mapping[str, Any]:
    page = PAGES[code]
    faults = [{"field": "name", "message": "is required"}] if code == "validation_error" else []
    problem = {
        "type": code,
        "title": page.title,
        "status": page.status,
        "detail": page.what,
        "instance": "/v1/…",
        "request_id": EXAMPLE_REQUEST_ID,
        "errors": faults,
    }
    return {"summary": page.title, "value": problem}


PROBLEM_SCHEMA: Mapping[str, Any] = {
    "title": "Problem",
    "description": "RFC 9457. Some codes add members of their own.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance", "request_id", "errors"],
    "properties": {
        "type": {
            "type": "string",
            "enum": sorted(PAGES),
            "description": "Stable code; see /problems/{code}.",
        },
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {
                    "field": {"type": "string", "description": "JSON Pointer without its slash, or a name."},
                    "message": {"type": "string"},
                },
            },
        },
    },
}
