"""How large a body may be, known before the request is routed: gate 1 refuses what is announced too large."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from litestar.types import Receive, ReceiveMessage

from domain.shared.errors import DomainError
from entrypoints.http.problems import MalformedRequest, PayloadTooLarge

MOST_BODY_BYTES = 1024 * 1024
MULTIPART_BYTES = 64 * 1024  # of boundaries, part headers and the fields beside a file
DIGITS_THAT_COUNT = 19  # more would be larger than any limit, and slow to read

type Declared = tuple[str, str]  # a method, and a path as `/v1/orders/{order_id:uuid}/photos`


@dataclass(frozen=True, slots=True)
class BodySizes:
    """1 MiB, and more on the routes that take a file."""

    most_upload_bytes: int = MOST_BODY_BYTES
    uploads: tuple[tuple[str, re.Pattern[str]], ...] = ()

    def is_upload(self, method: str, path: str) -> bool:
        return any(taken == method and pattern.fullmatch(path) for taken, pattern in self.uploads)

    def refusal(self, method: str, path: str, announced: str | None) -> DomainError | None:
        """For a Content-Length that is none, or too large for where it is sent."""
        if announced is None:
            return None
        if not (announced.isascii() and announced.isdigit()):
            return MalformedRequest("Content-Length is not a number.")
        size = int(announced[:DIGITS_THAT_COUNT])
        if size <= MOST_BODY_BYTES:
            return None
        if size > self.most_upload_bytes or not self.is_upload(method, path):
            return TOO_LARGE
        return None

    def counted(self, method: str, path: str, receive: Receive) -> Receive:
        """What cuts an upload while it streams in; on all other routes Litestar does."""
        if not self.is_upload(method, path):
            return receive
        left = self.most_upload_bytes

        async def receive_some() -> ReceiveMessage:
            nonlocal left
            message = await receive()
            if message["type"] == "http.request":
                left -= len(message["body"])
                if left < 0:
                    raise TOO_LARGE
            return message

        return receive_some


TOO_LARGE = PayloadTooLarge("The body is larger than this route accepts.")


def body_sizes(uploads: Iterable[Declared], most_file_bytes: int) -> BodySizes:
    patterns = tuple((method, _pattern(path)) for method, path in sorted(uploads))
    return BodySizes(max(MOST_BODY_BYTES, most_file_bytes + MULTIPART_BYTES), patterns)


def _pattern(path: str) -> re.Pattern[str]:
    """Of the paths that the router takes for this one: it forgives slashes twice and at the end."""
    parts = ("[^/]+" if part.startswith("{") else re.escape(part) for part in path.strip("/").split("/"))
    return re.compile("/+" + "/+".join(parts) + "/*")
