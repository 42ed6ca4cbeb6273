"""Whatever is not exactly an access token of ours is refused, and never with another error."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from adapters.jose.access_tokens import JoseAccessTokens, kid_of
from adapters.system.identifiers import SystemIdentifiers
from application.ports.tokens import AccessClaims
from domain.identity.actor import Role
from domain.shared.errors import Unauthenticated
from domain.shared.ids import OrgId, SessionId, UserId
from tests.support.clock import START, FixedClock

KEY, OLD_KEY, FOREIGN_KEY = b"k" * 32, b"o" * 32, b"f" * 32
IDS = SystemIdentifiers()
NOW = int(START.timestamp())
HEADER = {"alg": "HS256", "typ": "at+jwt", "kid": kid_of(KEY)}
CLAIMS: dict[str, Any] = {
    "iss": "sweepline",
    "aud": "staff",
    "sub": str(UUID(int=1)),
    "org_id": str(UUID(int=2)),
    "role": "dispatcher",
    "sid": str(UUID(int=3)),
    "gen": 1,
    "jti": "id",
    "iat": NOW,
    "exp": NOW + 900,
}


def tokens(now: datetime = START, *keys: bytes) -> JoseAccessTokens:
    return JoseAccessTokens(keys or (KEY, OLD_KEY), FixedClock(now), IDS)


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed(header: Any, claims: Any, key: bytes = KEY, digest: str = "sha256") -> str:
    head = header if isinstance(header, bytes) else json.dumps(header).encode()
    body = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    text = f"{b64(head)}.{b64(body)}"
    return f"{text}.{b64(hmac.new(key, text.encode(), getattr(hashlib, digest)).digest())}"


def good(**changes: Any) -> str:
    return signed(HEADER, {**CLAIMS, **changes})


def without(name: str) -> str:
    return signed(HEADER, {key: value for key, value in CLAIMS.items() if key != name})


def misshapen() -> Iterator[tuple[str, str]]:
    token = good()
    head, body, signature = token.split(".")
    yield "empty", ""
    yield "blank", " "
    yield "dots", ".."
    yield "one dot", "."
    yield "many dots", "." * 500
    yield "two parts", f"{head}.{body}"
    yield "four parts", f"{token}.x"
    yield "no signature", f"{head}.{body}."
    yield "no header", f".{body}.{signature}"
    yield "no body", f"{head}..{signature}"
    yield "huge", "A" * 100_000
    yield "huge but signed", good(extra="x" * 5000)
    yield "not ascii", "é.é.é"
    yield "a NUL", f"{head}\x00.{body}.{signature}"
    yield "not base64", "!!!.???.***"
    yield "flipped signature", f"{head}.{body}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"
    yield "short signature", f"{head}.{body}.{signature[:-4]}"
    yield "someone else's body", f"{head}.{good(role='owner').split('.')[1]}.{signature}"
    yield "blank before", f" {token}"
    yield "line break after", f"{token}\n"
    yield "encrypted, five parts", f"{head}.{body}.{signature}.{body}.{signature}"


def disguised() -> Iterator[tuple[str, str]]:
    body = good().split(".")[1]
    yield "alg none", f"{b64(json.dumps({**HEADER, 'alg': 'none'}).encode())}.{body}."
    yield "alg None", signed({**HEADER, "alg": "None"}, CLAIMS)
    yield "alg absent", signed({"typ": "at+jwt", "kid": kid_of(KEY)}, CLAIMS)
    yield "alg null", signed({**HEADER, "alg": None}, CLAIMS)
    yield "alg a list", signed({**HEADER, "alg": ["HS256"]}, CLAIMS)
    yield "HS512", signed({**HEADER, "alg": "HS512"}, CLAIMS, digest="sha512")
    yield "HS384", signed({**HEADER, "alg": "HS384"}, CLAIMS, digest="sha384")
    yield "RS256", signed({**HEADER, "alg": "RS256"}, CLAIMS)
    yield "lower-case alg", signed({**HEADER, "alg": "hs256"}, CLAIMS)
    yield "typ JWT", signed({**HEADER, "typ": "JWT"}, CLAIMS)
    yield "typ absent", signed({"alg": "HS256", "kid": kid_of(KEY)}, CLAIMS)
    yield "typ in capitals", signed({**HEADER, "typ": "AT+JWT"}, CLAIMS)
    yield "kid absent", signed({"alg": "HS256", "typ": "at+jwt"}, CLAIMS)
    yield "kid unknown", signed({**HEADER, "kid": "00"}, CLAIMS)
    yield "kid a path", signed({**HEADER, "kid": "../../etc/passwd"}, CLAIMS)
    yield "kid a list", signed({**HEADER, "kid": [kid_of(KEY)]}, CLAIMS)
    yield "kid a number", signed({**HEADER, "kid": 1}, CLAIMS)
    yield "own key in header", signed({**HEADER, "jwk": {"kty": "oct", "k": b64(FOREIGN_KEY)}}, CLAIMS)
    yield "critical extension", signed({**HEADER, "crit": ["b64"], "b64": False}, CLAIMS)
    yield "zipped", signed({**HEADER, "zip": "DEF"}, CLAIMS)
    yield "foreign key", signed(HEADER, CLAIMS, FOREIGN_KEY)
    yield "foreign key, own kid", signed({**HEADER, "kid": kid_of(FOREIGN_KEY)}, CLAIMS, FOREIGN_KEY)
    yield "empty key", signed(HEADER, CLAIMS, b"")
    yield "header not JSON", signed(b"{", CLAIMS)
    yield "header a list", signed([HEADER], CLAIMS)
    yield "header a number", signed(1, CLAIMS)
    yield "header not UTF-8", signed(b"\xff\xfe", CLAIMS)
    yield "body not JSON", signed(HEADER, b"{")
    yield "body not UTF-8", signed(HEADER, b"\xff\xfe")
    yield "body a list", signed(HEADER, [CLAIMS])
    yield "body a text", signed(HEADER, "sub")
    yield "body null", signed(HEADER, None)
    yield "body nested deeply", signed(HEADER, b'{"a":' * 400 + b"1" + b"}" * 400)
    yield "NaN", signed(HEADER, json.dumps({**CLAIMS, "exp": float("nan")}).encode())
    yield "Infinity", signed(HEADER, json.dumps({**CLAIMS, "exp": float("inf")}).encode())


def untrue() -> Iterator[tuple[str, str]]:
    for name, value in CLAIMS.items():
        yield f"without {name}", without(name)
        yield f"{name} null", good(**{name: None})
        yield f"{name} a list", good(**{name: [value]})
        yield f"{name} an object", good(**{name: {}})
        yield f"{name} true", good(**{name: True})
    yield "another issuer", good(iss="elsewhere")
    yield "another audience", good(aud="client")
    yield "several audiences", good(aud=["staff", "client"])
    yield "unknown role", good(role="superuser")
    yield "sub no UUID", good(sub="1")
    yield "sub in braces", good(sub="{" + CLAIMS["sub"] + "}")
    yield "sub as urn", good(sub="urn:uuid:" + CLAIMS["sub"])
    yield "org in capitals", good(org_id=str(UUID(int=0xABC)).upper())
    yield "gen 0", good(gen=0)
    yield "gen negative", good(gen=-1)
    yield "gen a float", good(gen=1.0)
    yield "gen a text", good(gen="1")
    yield "gen too large", good(gen=2**31)
    yield "expired now", good(exp=NOW)
    yield "expired long ago", good(exp=1)
    yield "exp a text", good(exp=str(NOW + 900))
    yield "exp a float", good(exp=NOW + 0.5)
    yield "exp beyond time", good(exp=10**18)
    yield "exp negative", good(exp=-1)
    yield "issued in the future", good(iat=NOW + 31)
    yield "iat beyond time", good(iat=10**18)
    yield "mfa_verified a text", good(mfa_verified="true")
    yield "mfa_verified 1", good(mfa_verified=1)
    yield "mfa_verified null", good(mfa_verified=None)


CORPUS = [*misshapen(), *disguised(), *untrue()]


def test_the_corpus_is_large_enough() -> None:
    assert len({token for _, token in CORPUS}) >= 60


@pytest.mark.parametrize("token", [pytest.param(token, id=name) for name, token in CORPUS])
def test_a_hostile_token_is_refused(token: str) -> None:
    with pytest.raises(Unauthenticated):
        tokens().verify(token)


def test_the_corpus_s_starting_point_is_good() -> None:
    claims = tokens().verify(good(mfa_verified=True))
    assert claims.role is Role.DISPATCHER
    assert claims.mfa_verified
    assert tokens().verify(good(iat=NOW + 30)).generation == 1
    assert tokens().verify(good(exp=NOW + 1)).session_id == UUID(int=3)


def test_a_token_says_what_it_was_issued_for() -> None:
    claims = AccessClaims(
        user_id=UserId(IDS.new()),
        org_id=OrgId(IDS.new()),
        role=Role.FINANCE,
        session_id=SessionId(IDS.new()),
        generation=7,
        issued_at=START,
        expires_at=START + timedelta(minutes=15),
        mfa_verified=True,
    )
    token = tokens().issue(claims)
    assert tokens().verify(token) == claims
    assert tokens().issue(claims) != token
    header = json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))
    assert header == HEADER
    with pytest.raises(Unauthenticated):
        tokens(START + timedelta(minutes=15)).verify(token)


def test_an_earlier_key_verifies_and_does_not_sign() -> None:
    old = signed({**HEADER, "kid": kid_of(OLD_KEY)}, CLAIMS, OLD_KEY)
    assert tokens().verify(old).generation == 1
    with pytest.raises(Unauthenticated):
        tokens(START, KEY).verify(old)
    issued = tokens().issue(tokens().verify(old))
    assert tokens(START, KEY).verify(issued).generation == 1


def test_a_remembered_token_is_refused_once_its_time_is_over() -> None:
    clock = FixedClock(START)
    verifier = JoseAccessTokens((KEY,), clock, IDS)
    token = good()
    assert verifier.verify(token) == verifier.verify(token)
    clock.advance(seconds=900)
    with pytest.raises(Unauthenticated):
        verifier.verify(token)
    clock.set(START - timedelta(seconds=31))
    with pytest.raises(Unauthenticated):
        verifier.verify(token)
