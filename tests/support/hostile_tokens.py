"""Tokens that are not quite access tokens, made with the very key and session of a good one."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from adapters.jose.access_tokens import kid_of

FOREIGN_KEY = b"f" * 32


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def compact(content: Any) -> bytes:
    """As we write it ourselves."""
    return json.dumps(content, separators=(",", ":")).encode()


def with_more(content: Any, more: bytes) -> bytes:
    return compact(content)[:-1] + more + b"}"


def twisted(part: str) -> str:
    """The same bytes to a lenient decoder: only bits that base64 leaves unused differ."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return part[:-1] + alphabet[alphabet.index(part[-1]) ^ 1]


@dataclass(frozen=True)
class Forge:
    """`claims` with this `key` are good at the second `now`; `old_key` verifies too."""

    key: bytes
    old_key: bytes
    claims: dict[str, Any]
    now: int

    @property
    def header(self) -> dict[str, Any]:
        return {"typ": "at+jwt", "alg": "HS256", "kid": kid_of(self.key)}

    def signed(self, header: Any, claims: Any, key: bytes | None = None, digest: str = "sha256") -> str:
        head = header if isinstance(header, bytes) else compact(header)
        body = claims if isinstance(claims, bytes) else compact(claims)
        text = f"{b64(head)}.{b64(body)}"
        signature = hmac.new(self.key if key is None else key, text.encode(), getattr(hashlib, digest))
        return f"{text}.{b64(signature.digest())}"

    def good(self, **changes: Any) -> str:
        return self.signed(self.header, {**self.claims, **changes})

    def without(self, name: str) -> str:
        return self.signed(self.header, {key: value for key, value in self.claims.items() if key != name})

    def retyped(self, old: str, new: str) -> bytes:
        return compact(self.claims).replace(old.encode(), new.encode())

    def corpus(self) -> list[tuple[str, str]]:
        """Names and tokens: every one of them is to be refused."""
        return [*self.misshapen(), *self.disguised(), *self.almost_ours(), *self.untrue()]

    def misshapen(self) -> Iterator[tuple[str, str]]:
        token = self.good()
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
        yield "huge but signed", self.good(extra="x" * 5000)
        yield "not ascii", "é.é.é"
        yield "a NUL", f"{head}\x00.{body}.{signature}"
        yield "not base64", "!!!.???.***"
        yield "flipped signature", f"{head}.{body}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"
        yield "short signature", f"{head}.{body}.{signature[:-4]}"
        yield "someone else's body", f"{head}.{self.good(jti='another').split('.')[1]}.{signature}"
        yield "blank before", f" {token}"
        yield "line break after", f"{token}\n"
        yield "encrypted, five parts", f"{head}.{body}.{signature}.{body}.{signature}"

    def disguised(self) -> Iterator[tuple[str, str]]:
        body = self.good().split(".")[1]
        yield "alg none", f"{b64(json.dumps({**self.header, 'alg': 'none'}).encode())}.{body}."
        yield "alg None", self.signed({**self.header, "alg": "None"}, self.claims)
        yield "alg absent", self.signed({"typ": "at+jwt", "kid": kid_of(self.key)}, self.claims)
        yield "alg null", self.signed({**self.header, "alg": None}, self.claims)
        yield "alg a list", self.signed({**self.header, "alg": ["HS256"]}, self.claims)
        yield "HS512", self.signed({**self.header, "alg": "HS512"}, self.claims, digest="sha512")
        yield "HS384", self.signed({**self.header, "alg": "HS384"}, self.claims, digest="sha384")
        yield "RS256", self.signed({**self.header, "alg": "RS256"}, self.claims)
        yield "lower-case alg", self.signed({**self.header, "alg": "hs256"}, self.claims)
        yield "typ JWT", self.signed({**self.header, "typ": "JWT"}, self.claims)
        yield "typ absent", self.signed({"alg": "HS256", "kid": kid_of(self.key)}, self.claims)
        yield "typ in capitals", self.signed({**self.header, "typ": "AT+JWT"}, self.claims)
        yield "kid absent", self.signed({"alg": "HS256", "typ": "at+jwt"}, self.claims)
        yield "kid unknown", self.signed({**self.header, "kid": "00"}, self.claims)
        yield "kid a path", self.signed({**self.header, "kid": "../../etc/passwd"}, self.claims)
        yield "kid a list", self.signed({**self.header, "kid": [kid_of(self.key)]}, self.claims)
        yield "kid a number", self.signed({**self.header, "kid": 1}, self.claims)
        yield (
            "own key in header",
            self.signed({**self.header, "jwk": {"kty": "oct", "k": b64(FOREIGN_KEY)}}, self.claims),
        )
        yield "critical extension", self.signed({**self.header, "crit": ["b64"], "b64": False}, self.claims)
        yield "zipped", self.signed({**self.header, "zip": "DEF"}, self.claims)
        yield "foreign key", self.signed(self.header, self.claims, FOREIGN_KEY)
        yield (
            "foreign key, own kid",
            self.signed({**self.header, "kid": kid_of(FOREIGN_KEY)}, self.claims, FOREIGN_KEY),
        )
        yield "empty key", self.signed(self.header, self.claims, b"")
        yield "header not JSON", self.signed(b"{", self.claims)
        yield "header a list", self.signed([self.header], self.claims)
        yield "header a number", self.signed(1, self.claims)
        yield "header not UTF-8", self.signed(b"\xff\xfe", self.claims)
        yield "body not JSON", self.signed(self.header, b"{")
        yield "body not UTF-8", self.signed(self.header, b"\xff\xfe")
        yield "body a list", self.signed(self.header, [self.claims])
        yield "body a text", self.signed(self.header, "sub")
        yield "body null", self.signed(self.header, None)
        yield "body nested deeply", self.signed(self.header, b'{"a":' * 400 + b"1" + b"}" * 400)
        yield "NaN", self.signed(self.header, json.dumps({**self.claims, "exp": float("nan")}).encode())
        yield "Infinity", self.signed(self.header, json.dumps({**self.claims, "exp": float("inf")}).encode())

    def almost_ours(self) -> Iterator[tuple[str, str]]:
        """Signed with our key, or nearly: what a lenient reader would let through."""
        token = self.good()
        head, body, signature = token.split(".")
        yield "signature with other unused bits", f"{head}.{body}.{twisted(signature)}"
        yield "padded signature", f"{token}="
        yield "padded header", f"{head}=.{body}.{signature}"
        yield "blank in the signature", f"{head}.{body}.{signature[:5]} {signature[5:]}"
        yield "junk in the signature", f"{head}.{body}.{signature[:5]}!{signature[5:]}"
        yield "dot before", f".{token}"
        yield "dot after", f"{token}."
        yield "blank after", f"{token} "
        yield "in quotes", f'"{token}"'
        yield "twice", f"{token},{token}"
        yield "scheme twice", f"Bearer {token}"
        yield "percent-encoded dots", token.replace(".", "%2E")
        yield "full-width dots", token.replace(".", "\uff0e")
        yield "as JSON", json.dumps({"protected": head, "payload": body, "signature": signature})
        yield "role twice", self.signed(self.header, with_more(self.claims, b',"role":"owner"'))
        yield (
            "exp twice",
            self.signed(self.header, with_more(self.claims, f',"exp":{self.now + 9000}'.encode())),
        )
        yield "alg twice", self.signed(with_more(self.header, b',"alg":"HS256"'), self.claims)
        yield (
            "kid twice",
            self.signed(with_more(self.header, f',"kid":"{kid_of(self.key)}"'.encode()), self.claims),
        )
        yield "blanks in the body", self.signed(self.header, json.dumps(self.claims).encode())
        yield "body with a byte order mark", self.signed(self.header, b"\xef\xbb\xbf" + compact(self.claims))
        yield "body in UTF-16", self.signed(self.header, compact(self.claims).decode().encode("utf-16"))
        yield "header in UTF-16", self.signed(compact(self.header).decode().encode("utf-16"), self.claims)
        yield "escaped letters", self.signed(self.header, self.retyped("staff", "st\\u0061ff"))
        yield "something after the body", self.signed(self.header, compact(self.claims) + b"{}")
        yield "a token in a token", self.signed({**self.header, "cty": "JWT"}, token.encode())
        yield "unencoded payload", self.signed({**self.header, "b64": False}, self.claims)
        yield "empty crit", self.signed({**self.header, "crit": []}, self.claims)
        yield "keys from elsewhere", self.signed({**self.header, "jku": "https://keys.example"}, self.claims)
        yield (
            "certificate from elsewhere",
            self.signed({**self.header, "x5u": "https://keys.example"}, self.claims),
        )
        yield "kid an object", self.signed({**self.header, "kid": {}}, self.claims)
        yield "kid null", self.signed({**self.header, "kid": None}, self.claims)
        yield "kid with a NUL", self.signed({**self.header, "kid": kid_of(self.key) + "\x00"}, self.claims)
        yield "kid a query", self.signed({**self.header, "kid": "' or '1'='1"}, self.claims)
        yield "kid of another key", self.signed({**self.header, "kid": kid_of(self.old_key)}, self.claims)
        yield "ES256", self.signed({**self.header, "alg": "ES256"}, self.claims)
        yield "EdDSA", self.signed({**self.header, "alg": "EdDSA"}, self.claims)
        yield "typ a media type", self.signed({**self.header, "typ": "application/at+jwt"}, self.claims)
        yield "lists, 900 deep", self.signed(self.header, b"[" * 900 + b"]" * 900)
        yield "header nested deeply", self.signed(b'{"a":' * 300 + b"1" + b"}" * 300, self.claims)
        yield "exp with 1500 digits", self.signed(self.header, self.retyped(str(self.now + 900), "1" * 1500))
        yield "exp 1e10", self.signed(self.header, self.retyped(str(self.now + 900), "1e10"))
        yield "exp -0", self.signed(self.header, self.retyped(str(self.now + 900), "-0"))
        yield "gen 1e0", self.signed(self.header, self.retyped('"gen":1', '"gen":1e0'))

    def untrue(self) -> Iterator[tuple[str, str]]:
        for name, value in self.claims.items():
            yield f"without {name}", self.without(name)
            yield f"{name} null", self.good(**{name: None})
            yield f"{name} a list", self.good(**{name: [value]})
            yield f"{name} an object", self.good(**{name: {}})
            yield f"{name} true", self.good(**{name: True})
        yield "another issuer", self.good(iss="elsewhere")
        yield "another audience", self.good(aud="client")
        yield "several audiences", self.good(aud=["staff", "client"])
        yield "unknown role", self.good(role="superuser")
        yield "sub no UUID", self.good(sub="1")
        yield "sub in braces", self.good(sub="{" + self.claims["sub"] + "}")
        yield "sub as urn", self.good(sub="urn:uuid:" + self.claims["sub"])
        yield "org in capitals", self.good(org_id=str(UUID(int=0xABC)).upper())
        yield "gen 0", self.good(gen=0)
        yield "gen negative", self.good(gen=-1)
        yield "gen a float", self.good(gen=1.0)
        yield "gen a text", self.good(gen="1")
        yield "gen too large", self.good(gen=2**31)
        yield "expired now", self.good(exp=self.now)
        yield "expired long ago", self.good(exp=1)
        yield "exp a text", self.good(exp=str(self.now + 900))
        yield "exp a float", self.good(exp=self.now + 0.5)
        yield "exp beyond time", self.good(exp=10**18)
        yield "exp negative", self.good(exp=-1)
        yield "issued in the future", self.good(iat=self.now + 31)
        yield "iat beyond time", self.good(iat=10**18)
        yield "exp a whole float", self.good(exp=float(self.now + 900))
        yield "issued far in the future", self.good(iat=self.now + 10**8, exp=self.now + 2 * 10**8)
        yield "role in capitals", self.good(role="OWNER")
        yield "role in another alphabet", self.good(role="\u043ewner")
        yield "role with a NUL", self.good(role="owner\x00")
        yield "role with a blank", self.good(role="owner ")
        yield "sub without dashes", self.good(sub=UUID(int=1).hex)
        yield "not yet", self.good(nbf=self.now + 500)
        yield "a claim too many", self.good(admin=True)
        yield "mfa_verified false", self.good(mfa_verified=False)
        yield "mfa_verified a text", self.good(mfa_verified="true")
        yield "mfa_verified 1", self.good(mfa_verified=1)
        yield "mfa_verified null", self.good(mfa_verified=None)
