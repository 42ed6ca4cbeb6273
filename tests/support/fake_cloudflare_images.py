"""A stand-in for Cloudflare Images, its API and its delivery, over real HTTP on loopback.

Strict where the real one is, and where a mistake of ours would show a private photo to the world.
"""

import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, parse_qsl
from uuid import uuid4

import anyio
from python_multipart.multipart import parse_form

from tests.support.loopback import body_of, serving

ACCOUNT, HASH, TOKEN, SIGNING_KEY = "a-account", "a-hash", "a-token-of-the-api", "a-signing-key"
MOST_BYTES = 10 * 1024 * 1024
MOST_METADATA = 1024
FAULTS = {"error": 500, "busy": 429, "garbage": 200, "rejected": 403, "stall": 504}


@dataclass(slots=True)
class Image:
    id: str
    content: bytes
    content_type: str
    creator: str | None
    meta: dict[str, Any]


@dataclass(slots=True)
class Answer:
    status: int
    content: bytes
    content_type: str = "application/json"


def told(result: Any) -> Answer:
    return Answer(200, json.dumps({"success": True, "errors": [], "messages": [], "result": result}).encode())


def refused(status: int, code: int, message: str) -> Answer:
    errors = [{"code": code, "message": message}]
    return Answer(status, json.dumps({"success": False, "errors": errors, "result": None}).encode())


@dataclass(slots=True)
class Form:
    fields: dict[str, str] = field(default_factory=dict)
    content: bytes | None = None
    content_type: str = ""

    @classmethod
    def read(cls, headers: Mapping[str, str], body: bytes) -> "Form":
        form = cls()
        if "multipart/form-data" in headers.get("content-type", ""):
            given = {"Content-Type": headers["content-type"].encode()}
            parse_form(given, BytesIO(body), form._take_field, form._take_file)
        return form

    def _take_field(self, part: Any) -> None:
        self.fields[part.field_name.decode()] = part.value.decode()

    def _take_file(self, part: Any) -> None:
        part.file_object.seek(0)
        self.content, self.content_type = part.file_object.read(), part.content_type or ""


@dataclass(slots=True)
class FakeCloudflareImages:
    """`fault`: error (500), busy (429), garbage, stall (and does nothing), rejected; drop (does it, and tells
    nobody)."""

    url: str = ""
    fault: str = ""
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    images: dict[str, Image] = field(default_factory=dict)
    calls: int = 0
    page: int = 1000

    @property
    def api(self) -> str:
        return f"{self.url}/client/v4"

    @property
    def delivery(self) -> str:
        return f"{self.url}/delivery"

    def copy(self, key: str) -> None:
        """One more image under this key, whose id nobody was told."""
        image = next(image for image in self.images.values() if image.creator == key)
        twin = replace(image, id=str(uuid4()))
        self.images[twin.id] = twin

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.calls += 1
        fault = self.fault  # as it came: whoever stalls past the end of a test does nothing in the next
        if fault == "stall":
            await anyio.sleep(5)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        answer = self._answer(scope, headers, await body_of(receive), fault)
        length = len(answer.content) + (fault == "drop")  # a body that ends too early
        told_headers = [
            (b"content-type", answer.content_type.encode()),
            (b"content-length", str(length).encode()),
        ]
        await send({"type": "http.response.start", "status": answer.status, "headers": told_headers})
        await send({"type": "http.response.body", "body": answer.content, "more_body": fault == "drop"})

    def _answer(self, scope: Any, headers: Mapping[str, str], body: bytes, fault: str) -> Answer:
        if fault in FAULTS:
            return Answer(FAULTS[fault], b"<html>", "text/html")
        path, query = scope["path"], scope["query_string"].decode()
        if path.startswith("/delivery/"):
            return self._deliver(path.removeprefix("/delivery"), query)
        own = f"/client/v4/accounts/{ACCOUNT}/images/"
        if headers.get("authorization") != f"Bearer {TOKEN}" or not path.startswith(own):
            return refused(403, 10000, "Authentication error")
        return self._of_api(scope["method"], path.removeprefix(own), query, Form.read(headers, body))

    def _of_api(self, method: str, path: str, query: str, form: "Form") -> Answer:
        match method, path.split("/"):
            case "POST", ["v1"]:
                return self._upload(form)
            case "GET", ["v2"]:
                return self._list(dict(parse_qsl(query)))
            case "DELETE", ["v1", image_id] if self.images.pop(image_id, None):
                return told({})
        return refused(404, 5404, "Image not found")

    def _upload(self, form: "Form") -> Answer:
        fields = form.fields
        if form.content is None or set(fields) - {"requireSignedURLs", "metadata", "creator", "id"}:
            return refused(400, 5400, "Bad request")
        if fields.get("requireSignedURLs") != "true" or "id" in fields:
            return refused(400, 5411, "Private images are signed, and take no id of ours")
        if not 0 < len(form.content) <= MOST_BYTES:
            return refused(413, 5413, "Image too large, or empty")
        if any(len(fields.get(name, "")) > MOST_METADATA for name in ("metadata", "creator")):
            return refused(400, 5400, "Metadata too large")
        image = Image(
            id=str(uuid4()),
            content=form.content,
            content_type=form.content_type,
            creator=fields.get("creator"),
            meta=json.loads(fields.get("metadata", "{}")),
        )
        self.images[image.id] = image
        return told({"id": image.id, "requireSignedURLs": True, "meta": image.meta, "variants": []})

    def _list(self, query: Mapping[str, str]) -> Answer:
        creator, start = query.get("creator"), int(query.get("continuation_token", 0))
        found = [image for image in self.images.values() if creator in {None, image.creator}]
        rest = found[start : start + self.page]
        more = str(start + self.page) if len(found) > start + self.page else None
        images = [{"id": image.id, "creator": image.creator, "meta": image.meta} for image in rest]
        return told({"images": images, "continuation_token": more})

    def _deliver(self, path: str, query: str) -> Answer:
        signed, _, signature = query.rpartition("&sig=")
        expected = hmac.new(SIGNING_KEY.encode(), f"{path}?{signed}".encode(), sha256).hexdigest()
        expires = int(parse_qs(signed).get("exp", ["0"])[0])
        if signature != expected or self.now().timestamp() >= expires:
            return Answer(403, b"forbidden", "text/plain")
        _, account, image_id, variant = path.split("/")
        image = self.images.get(image_id)
        if account != HASH or variant not in {"public", "thumbnail"} or image is None:
            return Answer(404, b"not found", "text/plain")
        if variant == "thumbnail":
            return Answer(200, b"small " + image.content[:20], "image/webp")
        return Answer(200, image.content, image.content_type)


@contextmanager
def open_fake_cloudflare_images() -> Iterator[FakeCloudflareImages]:
    fake = FakeCloudflareImages()
    with serving(fake) as fake.url:
        yield fake
