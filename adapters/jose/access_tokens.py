"""Access tokens as JWTs. Whatever is not exactly ours is refused, and nothing says why."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from joserfc.jws import JWSRegistry

from application.ports.clock import Clock
from application.ports.identifiers import Identifiers
from application.ports.tokens import AccessClaims
from domain.identity.actor import Role
from domain.shared.errors import Unauthenticated
from domain.shared.ids import OrgId, SessionId, UserId

ALGORITHM = "HS256"
TYPE = "at+jwt"
ISSUER = "sweepline"
AUDIENCE = "staff"
FUTURE_IAT_SECONDS = 30
LONGEST = 2048
REMEMBERED = 4096
LARGEST_GENERATION = 2**31 - 1
LATEST_SECOND = 253_402_300_799  # the end of the year 9999
REGISTRY = JWSRegistry(algorithms=[ALGORITHM])
CLAIMS = frozenset({"iss", "aud", "sub", "org_id", "role", "sid", "gen", "jti", "iat", "exp"})
WHEN_TRUE = frozenset({"mfa_verified"})


def kid_of(key: bytes) -> str:
    return hashlib.sha256(b"kid" + key).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class JoseAccessTokens:
    """`keys`: the first signs, all verify.

    What a good token says never changes, so it is remembered for its next request; its times are looked at
    each time, and whether its session still lives is another's question."""

    keys: Sequence[bytes] = field(repr=False)
    clock: Clock
    ids: Identifiers
    _by_kid: Mapping[str, OctKey] = field(init=False)
    _said_by: Callable[[str], AccessClaims] = field(init=False)

    def __post_init__(self) -> None:
        by_kid = {kid_of(key): OctKey.import_key(key) for key in self.keys}
        object.__setattr__(self, "_by_kid", by_kid)
        object.__setattr__(self, "_said_by", lru_cache(REMEMBERED)(self._read))

    def issue(self, claims: AccessClaims) -> str:
        kid = kid_of(self.keys[0])
        content: dict[str, Any] = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(claims.user_id),
            "org_id": str(claims.org_id),
            "role": claims.role.value,
            "sid": str(claims.session_id),
            "gen": claims.generation,
            "jti": str(self.ids.new()),
            "iat": int(claims.issued_at.timestamp()),
            "exp": int(claims.expires_at.timestamp()),
        }
        if claims.mfa_verified:
            content["mfa_verified"] = True
        header = {"alg": ALGORITHM, "typ": TYPE, "kid": kid}
        return jwt.encode(header, content, self._by_kid[kid], registry=REGISTRY)

    def read(self, token: str) -> AccessClaims | None:
        try:
            return self._said_by(token)
        except (JoseError, ValueError, TypeError, KeyError, RecursionError):
            return None

    def verify(self, token: str) -> AccessClaims:
        claims = self.read(token)
        if claims is None:
            raise Unauthenticated
        now = self.clock.now()
        if now >= claims.expires_at or (claims.issued_at - now).total_seconds() > FUTURE_IAT_SECONDS:
            raise Unauthenticated
        return claims

    def _content(self, token: str) -> dict[str, Any]:
        if len(token) > LONGEST or not token.isascii():
            raise ValueError("not a token of ours")
        decoded = jwt.decode(token, self._key_for, registry=REGISTRY)
        if decoded.header.get("typ") != TYPE or decoded.header.keys() != {"alg", "typ", "kid"}:
            raise ValueError("another kind of token")
        if self._as_we_write(decoded) != token:
            raise ValueError("not written by us")
        return decoded.claims

    def _as_we_write(self, decoded: jwt.Token) -> str:
        """A claim that stands there twice, another encoding: parsers are lenient, and each in its own way."""
        key = self._by_kid[decoded.header["kid"]]
        return jwt.encode(decoded.header, decoded.claims, key, registry=REGISTRY)

    def _key_for(self, candidate: Any) -> OctKey:
        return self._by_kid[candidate.headers()["kid"]]

    def _read(self, token: str) -> AccessClaims:
        claims = self._content(token)
        if claims.keys() - WHEN_TRUE != CLAIMS or claims.get("mfa_verified", True) is not True:
            raise ValueError("other claims")
        if claims["iss"] != ISSUER or claims["aud"] != AUDIENCE or not text(claims["jti"]):
            raise ValueError("not for us")
        return AccessClaims(
            user_id=UserId(identifier(claims["sub"])),
            org_id=OrgId(identifier(claims["org_id"])),
            role=Role(text(claims["role"])),
            session_id=SessionId(identifier(claims["sid"])),
            generation=whole(claims["gen"], LARGEST_GENERATION),
            issued_at=instant(claims["iat"]),
            expires_at=instant(claims["exp"]),
            mfa_verified="mfa_verified" in claims,
        )


def text(value: Any) -> str:
    if type(value) is not str or not value:
        raise ValueError("not a text")
    return value


def identifier(value: Any) -> UUID:
    found = UUID(text(value))
    if str(found) != value:
        raise ValueError("an identifier in disguise")
    return found


def whole(value: Any, largest: int) -> int:
    if type(value) is not int or not 0 < value <= largest:
        raise ValueError("not a whole number")
    return value


def instant(value: Any) -> datetime:
    return datetime.fromtimestamp(whole(value, LATEST_SECOND), UTC)
