"""A server that speaks S3 on loopback: moto's, behind a gate that checks signatures as the real one does.

moto itself lets every key, signature and date pass.
"""

import hmac
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import anyio
import httpx

from tests.support.loopback import body_of, serving

BUCKET, ACCESS_KEY, SECRET_KEY = "photos", "an-access-key", "a-secret-key"
DROPPED = {b"host", b"content-length", b"transfer-encoding", b"connection", b"expect"}
FAULTS = {"error": 500, "busy": 503, "garbage": 200, "rejected": 403, "stall": 504}
LET_IN = b"AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=x"
"""moto wants some signature, for a link too: that ours is good has been seen by then."""
XML = [(b"content-type", b"application/xml")]
STAMP = "%Y%m%dT%H%M%SZ"
OPENED = count()


@dataclass(slots=True)
class S3Server:
    """`fault`: error (500), busy (503 SlowDown), garbage, stall (and does nothing), rejected; drop (does it,
    and tells nobody).

    `own_bucket`: what BUCKET is called behind the gate, since all of a process's motos share their buckets.
    `ahead`: how far the store's clock is before the machine's, for links that grow old."""

    moto: str
    own_bucket: str
    url: str = ""
    fault: str = ""
    ahead: Callable[[], timedelta] = timedelta
    calls: int = 0
    client: httpx.AsyncClient = field(default_factory=httpx.AsyncClient)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.calls += 1
        fault = self.fault  # as it came: whoever stalls past the end of a test does nothing in the next
        body = await body_of(receive)
        if fault == "stall":
            await anyio.sleep(5)
        status, headers, content = await self._answer(scope, body, fault)
        kept = [(name, value) for name, value in headers if name.lower() not in DROPPED]
        length = headers_length(headers, content) + (fault == "drop")
        kept.append((b"content-length", str(length).encode()))
        await send({"type": "http.response.start", "status": status, "headers": kept})
        await send({"type": "http.response.body", "body": content, "more_body": fault == "drop"})

    async def _answer(
        self, scope: Any, body: bytes, fault: str
    ) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        if fault in FAULTS:
            return (
                FAULTS[fault],
                [(b"content-type", b"application/xml")],
                b"<Error><Code>SlowDown</Code></Error>",
            )
        if not self._is_signed(scope):
            return 403, XML, b"<Error><Code>SignatureDoesNotMatch</Code></Error>"
        headers = {name: value for name, value in scope["headers"] if name not in DROPPED}
        headers.setdefault(b"authorization", LET_IN)
        asked = parse_qsl(scope["query_string"].decode(), keep_blank_values=True)
        query = urlencode([(name, value) for name, value in asked if not name.startswith("X-Amz-")])
        path = scope["raw_path"].decode().replace(f"/{BUCKET}", f"/{self.own_bucket}", 1)
        url = self.moto + path + (f"?{query}" if query else "")
        answer = await self.client.request(scope["method"], url, content=body, headers=headers)
        return answer.status_code, answer.headers.raw, answer.content

    def _is_signed(self, scope: Any) -> bool:
        query = dict(parse_qsl(scope["query_string"].decode(), keep_blank_values=True))
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        if "X-Amz-Signature" in query:
            at = datetime.strptime(query["X-Amz-Date"], STAMP).replace(tzinfo=UTC)
            age = datetime.now(UTC) + self.ahead() - at
            if age >= timedelta(seconds=int(query["X-Amz-Expires"])):
                return False
            given, payload = query.pop("X-Amz-Signature"), "UNSIGNED-PAYLOAD"
            told = {"Credential": query["X-Amz-Credential"], "SignedHeaders": query["X-Amz-SignedHeaders"]}
            date = query["X-Amz-Date"]
        elif headers.get("authorization", "").startswith("AWS4-HMAC-SHA256 "):
            parts = headers["authorization"].partition(" ")[2].split(",")
            told = dict(part.strip().split("=", 1) for part in parts)
            given, payload, date = told["Signature"], headers["x-amz-content-sha256"], headers["x-amz-date"]
        else:
            return False
        access_key, *scope_of = told["Credential"].split("/")
        signed_headers = told["SignedHeaders"].split(";")
        canonical = "\n".join(
            [
                scope["method"],
                scope["raw_path"].decode(),
                "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in sorted(query.items())),
                *(f"{name}:{' '.join(headers.get(name, '').split())}" for name in signed_headers),
                "",
                told["SignedHeaders"],
                payload,
            ]
        )
        to_sign = "\n".join(
            ["AWS4-HMAC-SHA256", date, "/".join(scope_of), sha256(canonical.encode()).hexdigest()]
        )
        key = f"AWS4{SECRET_KEY}".encode()
        for part in scope_of:
            key = hmac.digest(key, part.encode(), sha256)
        expected = hmac.new(key, to_sign.encode(), sha256).hexdigest()
        return access_key == ACCESS_KEY and hmac.compare_digest(expected, given)


def _quoted(text: str) -> str:
    return quote(text, safe="-_.~")


def headers_length(headers: list[tuple[bytes, bytes]], content: bytes) -> int:
    """As the answer to HEAD has it, which has no body."""
    told = next((value for name, value in headers if name.lower() == b"content-length"), None)
    return int(told) if told and not content else len(content)


@contextmanager
def open_s3_server() -> Iterator[S3Server]:
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    server = S3Server(f"http://{host}:{port}", f"{BUCKET}-{next(OPENED)}")
    httpx.put(f"{server.moto}/{server.own_bucket}").raise_for_status()
    try:
        with serving(server) as server.url:
            yield server
    finally:
        moto.stop()
