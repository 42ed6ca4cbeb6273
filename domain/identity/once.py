"""A caller's wish that a request has its effect once, however often it is sent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """What the first request was answered, ready to be sent again. It holds no secret."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Once:
    """The claim on one key. `answer` makes the stored answer from a use case's result."""

    caller: str  # a person's id, or the name of a Basic user
    key: str
    method: str
    path: str
    body_sha256: bytes
    answer: Callable[[Any], StoredAnswer]
    hold: bytes | None = None  # what an earlier transaction of the same work holds the key with

    def is_same_request(self, method: str, path: str, body_sha256: bytes) -> bool:
        return (self.method, self.path, self.body_sha256) == (method, path, body_sha256)
