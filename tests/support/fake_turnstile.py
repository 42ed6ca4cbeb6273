"""A stand-in for Turnstile's verification endpoint, over real HTTP on loopback."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import anyio
import uvicorn

SECRET = "1x0000000000000000000000000000000AA"
GOOD_TOKEN = "a-good-token"


@dataclass(slots=True)
class FakeTurnstile:
    """Knows one secret; every token it has seen once is spent."""

    url: str = ""
    fault: str = ""  # "", error (500), garbage, stall, busy (internal-error)
    spent: set[str] = field(default_factory=set)
    addresses: list[str | None] = field(default_factory=list)

    def verdict(self, form: dict[str, str]) -> dict[str, Any]:
        if form.get("secret") != SECRET:
            return {"success": False, "error-codes": ["invalid-input-secret"]}
        if self.fault == "busy":
            return {"success": False, "error-codes": ["internal-error"]}
        token = form.get("response", "")
        if token != GOOD_TOKEN:
            return {"success": False, "error-codes": ["invalid-input-response"]}
        if token in self.spent:
            return {"success": False, "error-codes": ["timeout-or-duplicate"]}
        self.spent.add(token)
        return {"success": True, "error-codes": []}

    async def __call__(self, _scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        if self.fault == "stall":
            await anyio.sleep(3)
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        self.addresses.append(form.get("remoteip"))
        answer = b"<html>" if self.fault == "garbage" else json.dumps(self.verdict(form)).encode()
        status = 500 if self.fault == "error" else 200
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": answer})


@contextmanager
def open_fake_turnstile() -> Iterator[FakeTurnstile]:
    fake = FakeTurnstile()
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    fake.url = f"http://127.0.0.1:{listener.getsockname()[1]}/turnstile/v0/siteverify"
    server = uvicorn.Server(uvicorn.Config(fake, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield fake
    finally:
        server.should_exit = server.force_exit = True
        thread.join(timeout=5)
        listener.close()
