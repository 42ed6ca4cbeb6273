"""What must not be shown: secrets by their key, secrets and personal data in free text (identity page, §11).

One filter for logs, problem details, job errors and `last_error` columns. Its patterns take linear time, for
anybody may have written what they read.
"""

import re
from collections.abc import Mapping

REDACTED = "<redacted>"
DEEPEST = 12

_KEYS = frozenset(
    {
        "password",
        "passwd",
        "secret",
        "token",
        "api_key",
        "authorization",
        "cookie",
        "set_cookie",
        "mfa_code",
        "recovery_code",
        "recovery_codes",
        "otpauth_uri",
        "signature",
        "sig",
        "signed_url",
        "stripe_signature",
        "idempotency_key",
        "email",
        "recipient",
        "phone",
        "address",
        "card",
    }
)
_ENDINGS = ("_password", "_secret", "_token", "_api_key", "_email", "_phone")

_LOCAL = r"[\w.!#$&'*+^`{|}~-]"
_VALUE = r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s,;&"'()\[\]{}<>]+)"""
_NAMES = (
    r"(?:(?:[a-z0-9_-]{1,40}[_-])?(?:password|secret|token|api[_-]key|email|phone)|passwd|mfa[_-]code"
    r"|recovery[_-]codes?|otpauth[_-]uri|signed[_-]url|(?:stripe[_-])?signature|sig|idempotency[_-]key"
    r"|recipient|address|card|authorization|(?:client|worker)_session)"
)
_TEXT = re.compile(
    # what looks like a number to call and is none: ids, instants, addresses of machines
    r"(?P<keep>\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"
    r"|(?<![\w-])\d{4}-\d\d-\d\d(?!\d|-\d)(?:[T ]\d\d:\d\d[\d:.]*)?"
    r"|(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?!\.?\d))"
    r"|(?P<header>\b(?:authorization|(?:set-)?cookie):[ \t]*)[^\r\n]+"
    r"|(?P<scheme>\b(?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]+"
    rf"|(?P<named>(?<![\w-])(?:{_NAMES}=|(?P<quote>[\"']){_NAMES}(?P=quote)\s*:\s*)){_VALUE}"
    r"|(?P<row>\([\w, ]{1,200}\)=\()[^\n]*\)"  # the database says which values clashed
    r"|\beyJ[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)+"
    r"|\b(?:sk|rk|pk)_[A-Za-z0-9_]{4,}"
    r"|\bwhsec_[A-Za-z0-9+/=_-]+"
    r"|(?P<url>\b[a-z][a-z0-9+.-]{1,20}://)[^\s/?#\"'<>]*@"
    r"|(?P<query>[?&;](?:expires|exp|x-(?:amz|goog)-[a-z-]+|key|key-pair-id|policy|code|hash)=)[^&\s\"'<>#]*"
    rf"|(?:\"[^\"\n]{{1,64}}\"|(?<!{_LOCAL}){_LOCAL}++)@\[?[\w-]+(?:[.:][\w-]+)*\]?"
    r"|(?<![\w.+-])[\w.+-]++%40[\w-]+(?:\.[\w-]+)*"
    r"|(?<![\w:-])(?:\+|00(?=[1-9]))\d(?:[ ./()-]{0,2}\d){6,14}(?!\w)"
    r"|\(\d{2,5}\)[ ./-]?\d{2,8}(?:[ .-]\d{2,6}){0,3}(?![\w:-])"
    r"|(?<![\w.:-])\d{2,4}(?:[ .-]\d{2,4}){2,4}(?![\w:-])"
    r"|(?<![\w.:-])0\d{1,4}[ /-]\d{3,8}(?:[ -]\d{2,6}){0,3}(?![\w:-])"
    r"|(?<![\w.:-])(?!10+(?!\d)|2147483647)\d{10,15}(?![\w:-])",  # but bounds that we name ourselves
    re.IGNORECASE,
)
_HEADS = ("header", "scheme", "named", "row", "url", "query")
_TAILS = {"url": "@", "row": ")"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def is_secret_key(key: str) -> bool:
    """In any case, with `-` or `_`."""
    plain = key.lower().replace("-", "_")
    return plain in _KEYS or plain.endswith(_ENDINGS)


def redact_text(text: str) -> str:
    """Free text without credentials, addresses and numbers; control characters escaped."""
    return _CONTROL.sub(_escaped, _TEXT.sub(_masked, text))


def redact(value: object, _depth: int = 0) -> object:
    """A JSON value with every secret key's value masked and every text cleaned."""
    if isinstance(value, str):
        return redact_text(value)
    if _depth > DEEPEST:
        return REDACTED
    if isinstance(value, Mapping):
        return {
            str(key): REDACTED if is_secret_key(str(key)) and item is not None else redact(item, _depth + 1)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [redact(item, _depth + 1) for item in value]
    return value


def _masked(match: re.Match[str]) -> str:
    if match["keep"]:
        return match["keep"]
    kept = next(filter(None, (match[name] for name in _HEADS)), "")
    return f"{kept}{REDACTED}{_TAILS.get(match.lastgroup or '', '')}"


def _escaped(match: re.Match[str]) -> str:
    return match.group().encode("unicode_escape").decode("ascii")
