"""What must not be shown: secrets by their key, secrets and personal data in free text (identity page, §11).

One filter for logs, problem details, job errors and `last_error` columns.
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
_ENDINGS = ("_password", "_secret", "_token", "_email", "_phone")

_TEXT = re.compile(
    r"(?P<scheme>\b(?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]+"
    r"|\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.?[A-Za-z0-9_-]*"
    r"|\b(?:sk|rk|pk)_[A-Za-z0-9_]{6,}"
    r"|\bwhsec_[A-Za-z0-9+/=_-]+"
    r"|(?P<url>\b[a-z][a-z0-9+.-]*://)[^\s/@:]*(?::[^\s/@]*)?@"
    r"|(?P<query>[?&](?:sig|signature|token|expires|exp|x-amz-[a-z-]+|key|secret|code)=)[^&\s\"']*"
    r"|[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
    r"|\(\d{2,4}\)[ .-]?\d{2,4}(?:[ .-]\d{2,4}){1,3}(?![\w:-])"
    r"|(?<![\w.:-])\+?(?:\(\d{2,4}\)[ .-]?)?\d{2,4}(?:[ .-]\d{2,4}){2,4}(?![\w:-])"
    r"|(?<![\w.:-])(?:\+\d{8,15}|\d{10,15})(?![\w:-])",
    re.IGNORECASE,
)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
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
    if _DATE.match(match.group()):
        return match.group()
    kept = match["scheme"] or match["url"] or match["query"] or ""
    return f"{kept}{REDACTED}{'@' if match['url'] else ''}"


def _escaped(match: re.Match[str]) -> str:
    return match.group().encode("unicode_escape").decode("ascii")
