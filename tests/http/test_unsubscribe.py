"""Unsubscribing over HTTP, on both databases: people, mail programs and scanners."""

import html
import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest

from application.delivery.unsubscribe_links import UnsubscribeLinks
from application.ports.outbox import Message
from application.ports.unit_of_work import UnitOfWork
from tests.support.clock import FixedClock
from tests.support.shop import Shop, open_shop
from tests.support.unsubscribing import LINKS

JANE, PATH = "jane@example.com", "/unsubscribe"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
SUPPRESSIONS = "/messaging/suppressions"


@pytest.fixture
async def shop(uow: UnitOfWork, clock: FixedClock) -> AsyncIterator[Shop]:
    async with open_shop(uow, clock, given={UnsubscribeLinks: LINKS}) as opened:
        yield opened


@pytest.fixture
async def token(shop: Shop) -> str:
    """Of a survey that Jane was sent."""
    message = Message(kind="email", event_type="nps_survey", dedupe_key="k", payload={"to": JANE})
    async with shop.uow.begin(shop.org_id) as unit:
        event_id = await unit.outbox.add(message)
    return LINKS.url(shop.org_id, "nps", event_id, JANE).partition("token=")[2]


async def suppressed(shop: Shop) -> list[dict[str, Any]]:
    answer = await shop.staff("GET", SUPPRESSIONS, "admin")
    assert answer.status_code == 200
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def form_of(page: httpx.Response) -> tuple[str, dict[str, str]]:
    """Where its button leads, and what it sends."""
    (action,) = re.findall(r'<form method="post" action="([^"]*)">', page.text)
    fields = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page.text))
    return str(page.url.join(html.unescape(action))), {name: html.unescape(v) for name, v in fields.items()}


def code_of(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["type"]


async def test_a_page_asks_and_changes_nothing(shop: Shop, token: str) -> None:
    for method in ("GET", "HEAD", "GET"):
        answer = await shop.client.request(method, PATH, params={"token": token})
        assert (answer.status_code, JANE in answer.text) == (200, False)
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["cache-control"] == "no-store"
        assert "noindex" in answer.headers["x-robots-tag"]
        assert "set-cookie" not in answer.headers
        assert ("<button" in answer.text) == (method == "GET")
    assert await suppressed(shop) == []


async def test_the_page_works_under_its_policy(shop: Shop, token: str) -> None:
    page = await shop.client.get(PATH, params={"token": token})
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    assert not re.search(r"(?i)<script|\son\w+=|https?:|<img|<link|\sstyle=", page.text)


async def test_its_button_stops_them_and_the_next_one_takes_it_back(shop: Shop, token: str) -> None:
    async def press(page: httpx.Response) -> httpx.Response:
        action, fields = form_of(page)
        answer = await shop.client.post(action, data=fields)
        assert (answer.status_code, "set-cookie" in answer.headers) == (200, False)
        return answer

    asked = await shop.client.get(PATH, params={"token": token})
    await press(asked)
    done = await press(asked)
    assert "You are unsubscribed" in done.text
    (made,) = await suppressed(shop)
    assert (made["recipient"], made["scope"], made["reason"]) == (JANE, "nps", "unsubscribed")
    assert form_of(done)[0].endswith("/unsubscribe/undo")
    await press(done)
    undone = await press(done)
    assert await suppressed(shop) == []
    await press(undone)
    assert len(await suppressed(shop)) == 1


@pytest.mark.parametrize("encoding", ["data", "files"])
async def test_one_click_of_a_mail_program(shop: Shop, token: str, encoding: str) -> None:
    """RFC 8058 allows both encodings of a form; the second time is like the first."""
    sent: Any = ONE_CLICK if encoding == "data" else {"List-Unsubscribe": (None, "One-Click")}
    for _ in range(2):
        answer = await shop.client.post(PATH, params={"token": token}, **{encoding: sent})
        assert answer.status_code == 200, answer.text
        assert not answer.history
    assert len(await suppressed(shop)) == 1


async def test_what_the_recipient_stopped_no_admin_lifts(shop: Shop, token: str) -> None:
    await shop.client.post(PATH, params={"token": token}, data=ONE_CLICK)
    (made,) = await suppressed(shop)
    refused = await shop.staff("DELETE", f"{SUPPRESSIONS}/{made['suppression_id']}", "admin")
    assert code_of(refused) == (409, "suppression_by_recipient")


async def test_an_erased_mail_leaves_an_address_that_only_its_owner_can_name(shop: Shop) -> None:
    from domain.shared.ids import EventId

    gone = LINKS.url(shop.org_id, "marketing", EventId(UUID(int=9)), JANE).partition("token=")[2]
    assert (await shop.client.post(PATH, params={"token": gone}, data=ONE_CLICK)).status_code == 200
    (made,) = await suppressed(shop)
    assert made["recipient"] is None
    for address, found in ((JANE.upper(), 1), ("bob@example.com", 0)):
        answer = await shop.staff("GET", SUPPRESSIONS, "admin", params={"recipient": address})
        assert len(answer.json()["items"]) == found


@pytest.mark.parametrize("bad", ["x", "a.b", "A" * 88 + "." + "A" * 43, "%00", "é", "sample"])
async def test_a_bad_token_is_refused_everywhere(shop: Shop, bad: str) -> None:
    for method, path in (("GET", PATH), ("POST", PATH), ("POST", f"{PATH}/undo")):
        sent = {"data": ONE_CLICK} if method == "POST" else {}
        answer = await shop.client.request(method, path, params={"token": bad}, **sent)  # type: ignore[arg-type]  # as httpx has it
        assert code_of(answer) == (400, "unsubscribe_token_invalid")
    assert await suppressed(shop) == []


@pytest.mark.parametrize(
    ("parts", "fields"),
    [
        ({}, {"List-Unsubscribe"}),
        ({"data": {"List-Unsubscribe": "yes"}}, {"List-Unsubscribe"}),
        ({"data": {**ONE_CLICK, "email": JANE}}, {"email"}),
        ({"data": {**ONE_CLICK, "token": "another"}}, {"token"}),
        ({"data": {"token": ["a", "b"]}}, {"token"}),
        ({"data": {"token": "x" * 1025}}, {"token"}),
    ],
)
async def test_a_body_that_says_something_else_stops_nothing(
    shop: Shop, token: str, parts: dict[str, Any], fields: set[str]
) -> None:
    answer = await shop.client.post(PATH, params={"token": token}, **parts)
    assert code_of(answer) == (422, "validation_error")
    assert {fault["field"] for fault in answer.json()["errors"]} == fields
    assert await suppressed(shop) == []


@pytest.mark.parametrize(
    ("content_type", "content", "status"),
    [
        ("application/json", b'{"List-Unsubscribe": "One-Click"}', 415),
        ("application/x-www-form-urlencoded", b"\xff=%ff", 400),
        ("application/x-www-form-urlencoded", b"&".join(b"a=b" for _ in range(99)), 400),
        ("multipart/form-data", b"no boundary", 400),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\n\xff\xfe\r\n--x--", 400),
        ("multipart/form-data; boundary=x", b"--x--", 400),
        ("multipart/form-data; boundary=\xe9", b"--x\r\n\r\nhello", 400),
        ("application/x-www-form-urlencoded", b"List-Unsubscribe=" + b"x" * 16384, 400),
        ("text/plain", b"List-Unsubscribe=One-Click", 415),
    ],
)
async def test_a_body_that_is_no_form(
    shop: Shop, token: str, content_type: str, content: bytes, status: int
) -> None:
    headers = {"content-type": content_type.encode("latin-1")}
    answer = await shop.client.post(PATH, params={"token": token}, content=content, headers=headers)  # type: ignore[arg-type]  # bytes that no text is
    assert (answer.status_code, await suppressed(shop)) == (status, [])


async def test_the_token_is_required(shop: Shop) -> None:
    assert code_of(await shop.client.get(PATH)) == (422, "validation_error")
    assert code_of(await shop.client.post(PATH, data=ONE_CLICK)) == (422, "validation_error")
