"""Strong entity tags made of a row's version: `If-Match` on writes, `If-None-Match` on reads."""

import re
from typing import Any

from litestar import Request, Response

from domain.shared.errors import PreconditionFailed
from domain.shared.versions import Expected

VERSION_TAG = re.compile(r'"([1-9][0-9]{0,8})(-[0-9a-f]{8})?"').fullmatch


def entity_tag(version: int) -> str:
    return f'"{version}"'


def expected_version(request: Request[Any, Any, Any]) -> Expected:
    """The versions that the caller insists on; None if any will do.

    Raises PreconditionFailed for a header that no version can satisfy: weak, or not ours."""
    lines = request.headers.getall("if-match", [])
    if not lines:
        return None
    tags = _tags(lines)
    if "*" in tags:
        return None
    versions = frozenset(int(found[1]) for tag in tags if (found := VERSION_TAG(tag)))
    if not versions:
        raise PreconditionFailed
    return versions


def tagged[T](
    request: Request[Any, Any, Any],
    body: T,
    version: int,
    *,
    status_code: int = 200,
    headers: dict[str, str] | None = None,
) -> Response[T | None]:
    """The body under its tag; an empty 304 when the reader has this version already."""
    return tagged_as(request, body, entity_tag(version), status_code=status_code, headers=headers)


def tagged_as[T](
    request: Request[Any, Any, Any],
    body: T,
    tag: str,
    *,
    status_code: int = 200,
    headers: dict[str, str] | None = None,
) -> Response[T | None]:
    """As tagged, for what has no version of its own: `tag` is quoted and changes with the body."""
    given = {"etag": tag, **(headers or {})}
    if request.method in {"GET", "HEAD"} and _known(request.headers.getall("if-none-match", []), tag):
        return Response(None, status_code=304, headers=given)
    return Response(body, status_code=status_code, headers=given)


def _known(lines: list[str], tag: str) -> bool:
    tags = _tags(lines)
    return "*" in tags or tag in {given.removeprefix("W/") for given in tags}


def _tags(lines: list[str]) -> list[str]:
    return [tag.strip() for tag in ",".join(lines).split(",") if tag.strip()]
