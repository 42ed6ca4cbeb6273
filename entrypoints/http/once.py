"""`Idempotency-Key`: what makes two requests the same, and what is kept to answer the second."""

import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.serialization import decode_json, encode_json

from application.ports.idempotency import Replay
from domain.identity.actor import Actor
from domain.identity.once import Once, StoredAnswer
from domain.shared.errors import Invalid

KEY = "idempotency-key"
FITTING_KEY = re.compile(r"[\x21-\x7e]{1,128}").fullmatch
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
SECRETS = frozenset(
    {"access_token", "refresh_token", "temp_password", "token", "secret", "otpauth_uri", "recovery_codes"}
)
NOTICE = ("replay_notice", "secret_not_repeated")
JSON = "application/json"


def carries_key(request: Request[Any, Any, Any], actor: Actor) -> bool:
    """Only signed-in callers' writes; uploads go without."""
    return (
        KEY in request.headers
        and request.method in UNSAFE
        and actor.role is not None
        and not request.route_handler.opt.get("raw_body")
    )


async def claim_of(request: Request[Any, Any, Any], actor: Actor) -> Once:
    key = request.headers[KEY]
    if FITTING_KEY(key) is None:
        raise Invalid.field("Idempotency-Key", "is not 1 to 128 visible ASCII characters")
    query = request.scope["query_string"].decode("latin-1")
    return Once(
        caller=str(actor.user_id) if actor.user_id else f"basic {actor.name}",
        key=key,
        method=request.method,
        path=f"{request.scope['path']}?{query}" if query else request.scope["path"],
        body_sha256=body_sha256(await request.body()),
        answer=_not_prepared,
    )


def body_sha256(raw: bytes) -> bytes:
    """Of what the body says, not of how it is spaced or ordered."""
    said = msgspec.json.encode(msgspec.json.decode(raw), order="deterministic") if raw else b""
    return hashlib.sha256(said).digest()


def _not_prepared(_result: object) -> StoredAnswer:
    raise TypeError("This route's controller does not answer through answer_once.")


async def answer_once[R, B](
    actor: Actor,
    work: Callable[[Actor], Awaitable[R]],
    body: Callable[[R], B],
    *,
    status_code: int = 200,
    headers: Callable[[R], Mapping[str, str]] = lambda _: {},
) -> Response[B]:
    """Carry out the work and answer with `body` of its result; under a key the same answer is stored with it.

    `work` is given the actor to hand to its use case."""

    def stored(result: R) -> StoredAnswer:
        return StoredAnswer(status_code, without_secrets(encode_json(body(result))), headers(result))

    if actor.once is not None:
        actor = replace(actor, once=replace(actor.once, answer=stored))
    result = await work(actor)
    return Response(body(result), status_code=status_code, headers=dict(headers(result)))


def without_secrets(body: bytes) -> bytes:
    """What may be kept: a replay has null where the secrets were, and says so."""
    content = decode_json(body) if body else None
    if not isinstance(content, dict) or not SECRETS & content.keys():
        return body
    kept = {name: None if name in SECRETS else value for name, value in content.items()}
    return encode_json({**kept, NOTICE[0]: NOTICE[1]})


def answer_replay(_request: Request[Any, Any, Any], replay: Replay) -> Response[bytes | None]:
    """The exception handler for a key whose work was done before."""
    answer = replay.answer
    empty = answer.body in {b"", b"null"}
    return Response(
        None if empty else answer.body,
        status_code=answer.status,
        media_type=JSON,
        headers={**answer.headers, "idempotency-replayed": "true"},
    )
