"""Codes that any route may answer (README of the contract, "Errors")."""

from entrypoints.http.problem_pages.page import ProblemPage

PAGES: dict[str, ProblemPage] = {
    "malformed_request": ProblemPage(
        400,
        "Malformed request",
        "It breaks a rule of HTTP that we insist on: one Host, one Authorization, headers of at most 16 KiB.",
        "Send a well-formed request.",
    ),
    "malformed_body": ProblemPage(
        400,
        "Malformed body",
        "The body is not JSON in UTF-8, repeats a key, or is nested too deeply.",
        "Send one JSON document.",
    ),
    "unauthenticated": ProblemPage(
        401,
        "Not signed in",
        "The route needs a caller, and no credential was sent or the one sent is not valid (any more).",
        "Sign in at /v1/auth/login, send `Authorization: Bearer …`; refresh a token that has run out.",
    ),
    "plan_limit_reached": ProblemPage(
        402,
        "Plan limit reached",
        "The plan of your organisation does not allow more of what `metric` names.",
        "Move to a larger plan, or make room.",
    ),
    "forbidden": ProblemPage(
        403,
        "Not allowed",
        "You are signed in, but your role does not carry what this route needs.",
        "Ask an owner or admin of your organisation for the role, or for the deed.",
    ),
    "not_found": ProblemPage(
        404,
        "Not found",
        "There is no such address, or no such thing in your organisation; `errors` names an id at fault.",
        "Check the path and the ids; take ids from a list rather than from memory.",
    ),
    "method_not_allowed": ProblemPage(
        405,
        "Method not allowed",
        "The address exists, but not for this method.",
        "Use one of the methods that the header `Allow` names.",
    ),
    "conflict": ProblemPage(
        409,
        "Conflict",
        "The request contradicts the present state of what it is about.",
        "Read it again, then decide anew.",
    ),
    "gone": ProblemPage(
        410,
        "Gone",
        "It was here, and is not coming back.",
        "Ask for a new one.",
    ),
    "version_conflict": ProblemPage(
        412,
        "Changed meanwhile",
        "`If-Match` names a version that is not the present one: somebody else changed it after you read it.",
        "Read it again, apply your change to what you see, send the new `ETag`.",
    ),
    "payload_too_large": ProblemPage(
        413,
        "Body too large",
        "The body is larger than this route accepts (1 MiB, unless the route says otherwise).",
        "Send less at once.",
    ),
    "unsupported_media_type": ProblemPage(
        415,
        "Media type not supported",
        "The body is labelled as something that this route does not read.",
        "Send `Content-Type: application/json`, in UTF-8.",
    ),
    "validation_error": ProblemPage(
        422,
        "Validation failed",
        "One or more fields or parameters do not follow their rules; `errors` names every one of them.",
        "Correct what `errors` names: fields by JSON Pointer without its leading slash, parameters by name.",
    ),
    "rate_limited": ProblemPage(
        429,
        "Too many requests",
        "More was asked in this time than is allowed.",
        "Wait as many seconds as `Retry-After` says.",
    ),
    "internal_error": ProblemPage(
        500,
        "Internal error",
        "Something broke on our side. We have logged it under the `request_id`.",
        "Try again later; if it persists, report the `request_id`.",
    ),
    "upstream_refused": ProblemPage(
        502,
        "Another service refused",
        "A service that we depend on understood us and said no.",
        "Read `detail`; a repetition alone will hardly help.",
    ),
    "upstream_unavailable": ProblemPage(
        503,
        "Temporarily unavailable",
        "The database or another service that we need is out of reach or too busy. Nothing was changed.",
        "Repeat the request after `Retry-After` seconds.",
    ),
}
