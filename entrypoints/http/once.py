"""`Idempotency-Key`: what makes two requests the same, and what is kept to answer the second."""

import hashlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

import msgspec
from litestar import Request, Response
from litestar.serialization import decode_json, encode_json

from application.ports.idempotency import Replay
from application.ports.unit_of_work import UnitOfWork
from domain.identity.actor import Actor
from domain.identity.once import Once, StoredAnswer
from domain.shared.errors import Invalid

KEY = "idempotency-key"
KEYED_REQUEST = "keyed_request"  # where the request's state holds a request that carries a key
FITTING_KEY = re.compile(r"[\x21-\x7e]{1,128}").fullmatch
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
SECRETS = frozenset(
    {
        "access_token",
        "refresh_token",
        "temp_password",
        "token",
        "secret",
        "otpauth_uri",
        "qr_svg",
        "recovery_codes",
    }
)
NOTICE = ("replay_notice", "secret_not_repeated")
JSON = "application/json"


class Handler[C, R](Protocol):
    """Any use case."""

    def handle(self, actor: Actor, command: C, /) -> Awaitable[R]: ...


def carries_key(request: Request[Any, Any, Any], actor: Actor) -> bool:
    """Only signed-in callers' writes; uploads go without."""
    return (
        KEY in request.headers
        and request.method in UNSAFE
        and actor.role is not None
        and not request.route_handler.opt.get("raw_body")
    )


async def claim_of(request: Request[Any, Any, Any], actor: Actor) -> Once:
    """Raises Invalid for a key that is none."""
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
        answer=partial(stored_answer, default_status=request.route_handler.status_code),
    )


def body_sha256(raw: bytes) -> bytes:
    """Of what the body says, not of how it is spaced or ordered."""
    said = msgspec.json.encode(msgspec.json.decode(raw), order="deterministic") if raw else b""
    return hashlib.sha256(said).digest()


async def was_done(uow: UnitOfWork, actor: Actor) -> bool:
    """Whether an answer is stored under the caller's key. Raises IdempotencyKeyReused or …InProgress."""
    try:
        async with uow.begin(actor.org_id) as unit:
            await unit.recall(actor.once)
    except Replay:
        return True
    return False


async def answer_once[C, R, A: Response[Any] | msgspec.Struct](
    actor: Actor, handler: Handler[C, R], command: C, respond: Callable[[R], A]
) -> A:
    """Carry out a write and answer with what `respond` makes of its result.

    Under a key that same answer is stored by the use case itself, before it commits."""
    if (once := actor.once) is not None:
        keep = once.answer
        actor = replace(actor, once=replace(once, answer=lambda result: keep(respond(result))))
    return respond(await handler.handle(actor, command))


def stored_answer(answer: object, *, default_status: int) -> StoredAnswer:
    """What the client is about to get, without its secrets."""
    if not isinstance(answer, Response | msgspec.Struct | None):
        raise TypeError("This route's controller does not answer through answer_once.")
    if not isinstance(answer, Response):
        return StoredAnswer(default_status, _encoded(answer))
    headers = {name: str(value) for name, value in answer.headers.items()}
    return StoredAnswer(answer.status_code or default_status, _encoded(answer.content), headers)


def _encoded(content: object) -> bytes:
    return b"" if content is None else without_secrets(encode_json(content))


def without_secrets(body: bytes) -> bytes:
    """What may be kept: a replay has null where the secrets were, and says so."""
    content = decode_json(body) if body else None
    if not isinstance(content, dict) or not SECRETS & content.keys():
        return body
    kept = {name: None if name in SECRETS else value for name, value in content.items()}
    return encode_json({**kept, NOTICE[0]: NOTICE[1]})


def answer_replay(_request: Request[Any, Any, Any], replay: Exception) -> Response[bytes | None]:
    """The exception handler for a key whose work was done before."""
    if not isinstance(replay, Replay):
        raise replay
    answer = replay.answer
    return Response(
        answer.body or None,
        status_code=answer.status,
        media_type=JSON,
        headers={**answer.headers, "idempotency-replayed": "true"},
    )
