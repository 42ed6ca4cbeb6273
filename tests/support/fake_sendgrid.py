"""A stand-in for SendGrid over real HTTP on loopback: as strict as the provider, with moods."""

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "SG.a-key-of-the-tests"
_ADDRESS = re.compile(r"[^@\s<>,;:\\\"()\[\]]{1,64}@[A-Za-z0-9.-]{1,250}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")
_RESERVED = {
    *("x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type", "content-transfer-encoding"),
    *("to", "from", "subject", "reply-to", "cc", "bcc"),
}
_TOP = {
    *("personalizations", "from", "reply_to", "subject", "content", "headers", "custom_args"),
    "tracking_settings",
}
_TRACKING = {"click_tracking": {"enable", "enable_text"}, "open_tracking": {"enable"}}
_MOST_CUSTOM_ARGS = 10_000


class BadShape(Exception):
    """The request does not fit the interface's description."""


@dataclass(slots=True)
class FakeSendGrid:
    """Knows one key. `answers` is the status and headers for whatever comes; `mood`: "", stall (until it is
    closed), drop (the line, before the mail is taken), forget (takes the mail and drops the line)."""

    url: str = ""
    mood: str = ""
    answers: tuple[int, Mapping[str, str]] | None = None
    scopes: tuple[str, ...] = ("mail.send", "user.profile.read")
    taken: list[dict[str, Any]] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)


def must_be(truth: object, what: str) -> None:
    if not truth:
        raise BadShape(what)


def check_mail(mail: Any) -> None:
    must_be(isinstance(mail, dict) and mail.keys() <= _TOP, "unknown member")
    people = mail.get("personalizations")
    must_be(isinstance(people, list) and len(people) == 1 and people[0].keys() == {"to"}, "personalizations")
    must_be(isinstance(people[0]["to"], list) and len(people[0]["to"]) == 1, "to")
    _check_mailbox(people[0]["to"][0])
    _check_mailbox(mail.get("from"))
    if "reply_to" in mail:
        _check_mailbox(mail["reply_to"])
    _check_line(mail.get("subject"))
    content = mail.get("content")
    must_be(isinstance(content, list), "content")
    must_be([part.get("type") for part in content] == ["text/plain", "text/html"], "plain, then HTML")
    must_be(all(part.keys() == {"type", "value"} and part["value"] for part in content), "empty content")
    _check_headers(mail.get("headers", {}))
    _check_custom_args(mail.get("custom_args", {}))
    for name, settings in mail.get("tracking_settings", {}).items():
        known = _TRACKING.get(name, {"enable"})
        must_be(settings.keys() <= known and all(type(v) is bool for v in settings.values()), name)


def _check_mailbox(mailbox: Any) -> None:
    must_be(isinstance(mailbox, dict) and {"email"} <= mailbox.keys() <= {"email", "name"}, "mailbox")
    must_be(isinstance(mailbox["email"], str) and _ADDRESS.fullmatch(mailbox["email"]), "email")
    if "name" in mailbox:
        _check_line(mailbox["name"])


def _check_line(text: Any) -> None:
    must_be(isinstance(text, str) and text and not _CONTROL.search(text), "a line")


def _check_headers(headers: Any) -> None:
    must_be(isinstance(headers, dict), "headers")
    for name, value in headers.items():
        must_be(name.lower() not in _RESERVED and re.fullmatch(r"[!-9;-~]+", name), "reserved header")
        _check_line(value)


def _check_custom_args(given: Any) -> None:
    must_be(
        isinstance(given, dict) and all(isinstance(value, str) for value in given.values()), "custom_args"
    )
    must_be(len(json.dumps(given)) < _MOST_CUSTOM_ARGS, "custom_args are too long")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    fake: FakeSendGrid

    def do_GET(self) -> None:
        if self.path != "/v3/scopes":
            self._answer(404)
        elif self._may_go_on():
            self._answer(200, body={"scopes": self.fake.scopes})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path != "/v3/mail/send":
            self._answer(404)
        elif self.headers.get("Content-Type") != "application/json":
            self._answer(415)
        elif self._may_go_on():
            self._take(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the library's name
        """The tests' output is no log of requests."""

    def _may_go_on(self) -> bool:
        fake = self.fake
        if fake.mood == "stall":
            fake.closing.wait()
        if fake.mood in {"stall", "drop"}:
            self.close_connection = True
            return False
        if self.headers.get("Authorization") != f"Bearer {KEY}":
            self._answer(401)
            return False
        if fake.answers is not None:
            self._answer(*fake.answers)
            return False
        return True

    def _take(self, body: bytes) -> None:
        try:
            mail = json.loads(body)
            check_mail(mail)
        except (BadShape, ValueError, AttributeError, TypeError) as error:
            self._answer(400, body={"errors": [{"message": str(error), "field": None}]})
            return
        self.fake.taken.append(mail)
        if self.fake.mood == "forget":
            self.close_connection = True
            return
        self._answer(202, {"X-Message-Id": f"sg-{len(self.fake.taken)}"})

    def _answer(self, status: int, headers: Mapping[str, str] | None = None, body: Any = None) -> None:
        content = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def open_fake_sendgrid() -> Iterator[FakeSendGrid]:
    fake = FakeSendGrid()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"fake": fake}))
    server.daemon_threads = True
    fake.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        fake.closing.set()
        server.shutdown()
        thread.join(timeout=5)
        server.server_close()
