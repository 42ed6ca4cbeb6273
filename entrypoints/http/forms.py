"""Bodies that browsers and mail programs send: forms, in both of their encodings."""

from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl

from litestar import Request

from entrypoints.http.problems import MalformedBody, UnsupportedMediaType

URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
MOST_FIELDS = 20
MOST_BYTES = 16 * 1024


async def read_form(request: Request[Any, Any, Any]) -> dict[str, list[str]]:
    """Of a small form without files. Raises MalformedBody, UnsupportedMediaType; an absent body is empty."""
    raw = await request.body()
    if not raw:
        return {}
    if len(raw) > MOST_BYTES:
        raise MalformedBody(f"This form is larger than {MOST_BYTES // 1024} KiB.")
    kind = request.content_type[0].lower()
    if kind == URLENCODED:
        pairs = _urlencoded(raw)
    elif kind == MULTIPART:
        pairs = _multipart(request.headers["content-type"], raw)
    else:
        raise UnsupportedMediaType(f"This route reads {URLENCODED} or {MULTIPART}.")
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return fields


def _urlencoded(raw: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError as error:
        raise MalformedBody("The body is not a form in percent-encoded UTF-8.") from error


def _multipart(content_type: str, raw: bytes) -> list[tuple[str, str]]:
    head = b"content-type: " + content_type.encode("latin-1", "replace") + b"\r\n\r\n"
    parts = BytesParser(policy=HTTP).parsebytes(head + raw).get_payload()
    if not isinstance(parts, list) or len(parts) > MOST_FIELDS:
        raise MalformedBody("The body is not a form of a few parts.")
    try:
        return [(_name(part), _content(part)) for part in parts if isinstance(part, Message)]
    except (ValueError, LookupError) as error:
        raise MalformedBody("The body is not a form in UTF-8.") from error


def _name(part: Message) -> str:
    return str(part.get_param("name", "", header="content-disposition"))


def _content(part: Message) -> str:
    content = part.get_payload(decode=True)
    return content.decode() if isinstance(content, bytes) else ""
