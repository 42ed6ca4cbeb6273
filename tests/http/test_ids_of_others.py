"""Another organisation's id and one that nobody has are the same: to the byte, on every operation with an id.

The operations are the document's own, the ids are of an organisation with a row in every table: a new route,
a new table, a new field are covered by being there.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg  # type: ignore[import-untyped]  # it ships no types
import httpx
import pytest
from dishka import Provider, Scope

from adapters.memory.mailer import MemoryMailer
from application.delivery.deliver_due import DeliverDue, DeliverDueHandler
from application.ports.mailer import Mail, Mailer
from tests.http.identity_app import Company, a_company, bearer, cheap_passwords
from tests.support.clock import FixedClock
from tests.support.database import TestDatabase
from tests.support.http import open_app, settings_for
from tests.support.log_lines import Lines, captured_lines
from tests.support.operations import Document, Operation, Place
from tests.support.photos import an_image
from tests.support.populated import NUMBER, Populated, populate
from tests.support.rates import COUNTING
from tests.support.row_ids import id_of

GONE = 204
EMPTY_HANDED = {
    "/v1/auth/sessions/{session_id}",
    "/v1/orders/{order_id}/photos/{photo_id}/signed-download",
}
"""Routes whose ids mean something to their own person alone, who is not the one that asks here, or to whoever
holds a token for them."""
METRICS_TOKEN = "metrics-token-of-neighbours"  # made up
ENDING_THE_SESSION = ("change-password", "logout", "logout-all", "sessions", "2fa/verify", "2fa/disable")
VARYING = COUNTING | {"date"}


type Seen = tuple[int, list[tuple[str, str]], bytes]


@dataclass
class Neighbours:
    """`company` asks, on the worker's own routes its worker; both organisations have a row in every table."""

    company: Company
    headers: dict[str, str]
    worker_headers: dict[str, str]
    ours: Populated
    theirs: Populated
    document: Document
    lines: Lines
    mailer: MemoryMailer
    leaks: list[str] = field(default_factory=list)

    @property
    def operations(self) -> list[Operation]:
        return list(self.document.operations())

    async def ask(self, operation: Operation, place: Place | None = None, value: str = "") -> httpx.Response:
        """The operation as its example has it, with our own ids, but for this one."""
        values = {known: id_of(self.ours, known) for known in operation.always()}
        if place is not None:
            values[place] = value
        path, query, body = operation.asked_with(values, org_slug=self.company.slug)
        headers = self.headers_of(operation)
        sent: dict[str, Any] = {"json": body}
        if operation.media_type == "multipart/form-data":
            fields = {name: value for name, value in body.items() if name != "file"}
            sent = {"data": fields, "files": {"file": ("kitchen.jpg", an_image())}}
        answer = await self.company.app.client.request(
            operation.method, path, params=query, headers=headers, **sent
        )
        if self.theirs.mark in repr(answer.headers) + answer.text:
            self.leaks.append(f"{operation}: {answer.text}")
        return answer

    async def seen(self, operation: Operation, place: Place, value: str) -> Seen:
        """All that the caller gets, but for their own path and id, where these are said back to them."""
        answer = await self.ask(operation, place, value)
        headers = [(name, text) for name, text in answer.headers.multi_items() if name not in VARYING]
        own_path = answer.request.url.raw_path.partition(b"?")[0]
        content = answer.content.replace(own_path, b"").replace(value.encode(), b"")
        return answer.status_code, sorted(headers), content

    async def mailed(self) -> list[Mail]:
        """Our mails, as a mailer gets them once the outbox has been emptied."""
        container = self.company.app.container
        self.company.app.clock.advance(hours=1)  # past every backoff
        await (await container.get(DeliverDueHandler)).handle(DeliverDue())
        return [mail for mail in self.mailer.sent if mail.org_id == self.company.created.org_id]

    async def hear_nothing(self) -> list[Mail]:
        """Of the other's: in no body or header so far, in no log line, mail or figure."""
        mails = await self.mailed()
        told = {"mails": repr(mails), "lines": self.lines.getvalue(), "metrics": await self.metrics()}
        assert not self.leaks, "\n".join(self.leaks)
        assert not [where for where, text in told.items() if self.theirs.mark in text]
        assert "sweepline_" in told["metrics"]
        return mails

    async def metrics(self) -> str:
        answer = await self.company.app.client.get(
            "/v1/metrics", headers={"authorization": f"Bearer {METRICS_TOKEN}"}
        )
        assert answer.status_code == 200, answer.text
        return answer.text

    def headers_of(self, operation: Operation) -> dict[str, str]:
        headers = {"x-request-id": "the-same-request"}
        if operation.takes_key:
            headers["idempotency-key"] = uuid4().hex
        if operation.is_public:
            return headers
        mine = operation.path.startswith("/v1/worker/")
        return {**(self.worker_headers if mine else self.headers), **headers}


@pytest.fixture(scope="module")
def apart(postgres: TestDatabase) -> Any:
    """A database of its own: rows are made in what all organisations share."""
    with postgres.clone("ids") as database:
        yield database


@pytest.fixture
async def neighbours(apart: TestDatabase, tmp_path: Path, clock: FixedClock) -> AsyncIterator[Neighbours]:
    superuser = await asyncpg.connect(apart.superuser_url.replace("+asyncpg", ""))
    mailer = MemoryMailer()
    sink = Provider(scope=Scope.APP)
    sink.provide(lambda: mailer, provides=Mailer)
    settings = settings_for(tmp_path, apart, METRICS_ENABLED="true", METRICS_TOKEN=METRICS_TOKEN)
    async with open_app(settings, clock, cheap_passwords(), sink) as app:
        company, rival = await a_company(app), await a_company(app)
        ours = await populate(superuser, company.created.org_id)
        theirs = await populate(superuser, rival.created.org_id)
        document = Document((await app.client.get("/openapi.json")).json())
        headers = await company.bearer()
        works = await a_worker_s_login(company, headers, ours)
        with captured_lines() as lines:
            yield Neighbours(company, headers, works, ours, theirs, document, lines, mailer)
    await superuser.close()


async def a_worker_s_login(company: Company, owner: dict[str, str], ours: Populated) -> dict[str, str]:
    """Of the worker that the rows have, whose one visit stands."""
    client, email = company.app.client, f"works-{uuid4().hex}@acme.example"
    made = await client.post("/v1/iam/users", json={"email": email, "role": "worker"}, headers=owner)
    password = made.json()["temp_password"]
    tokens = await client.post("/v1/auth/login", json={"email": email, "password": password})
    changed = await client.post(
        "/v1/auth/change-password",
        json={"current_password": password, "new_password": "four other words entirely"},
        headers=bearer(tokens.json()),
    )
    linked = "update workers set user_id = $1 where org_id = $2 and worker_id = $3"
    worker_id = ours.rows.row("workers", NUMBER)["worker_id"]
    await ours.superuser.execute(linked, made.json()["user_id"], ours.org_id, worker_id)
    standing = "update bookings set status = 'CONFIRMED' where org_id = $1"
    await ours.superuser.execute(standing, ours.org_id)
    return bearer(changed.json())


async def test_another_s_id_is_answered_like_one_that_nobody_has(neighbours: Neighbours) -> None:
    before = await neighbours.theirs.everything()
    different, asked = [], 0
    for operation in neighbours.operations:
        for place in operation.places:
            made_up = await neighbours.seen(operation, place, str(uuid4()))
            theirs = await neighbours.seen(operation, place, id_of(neighbours.theirs, place))
            asked += 1
            if theirs != made_up:
                different.append(f"{operation} {place.path}: {theirs} is not {made_up}")
    assert not different, "\n".join(different)
    assert asked >= 45
    assert neighbours.lines.all
    assert await neighbours.theirs.everything() == before
    assert neighbours.theirs.mark not in repr(await neighbours.ours.everything())
    await neighbours.hear_nothing()


async def test_nothing_that_is_read_without_an_id_shows_another_s_rows(neighbours: Neighbours) -> None:
    answered = 0
    for operation in neighbours.operations:
        if operation.method == "GET":
            answered += (await neighbours.ask(operation)).status_code == 200
    assert answered >= 20
    await neighbours.hear_nothing()


def least_harmful_first(one: Operation) -> tuple[bool, bool, bool]:
    """Reads, then writes, then what deletes; workers may delete the least."""
    return one.method == "DELETE", one.method != "GET", not one.path.startswith("/v1/worker/")


@pytest.mark.slow
async def test_an_id_of_our_own_is_known(neighbours: Neighbours) -> None:
    """The twin of the first: an id in a path leads to our row, so there was something to be refused."""
    unknown = []
    operations = sorted(neighbours.operations, key=least_harmful_first)
    for operation in operations:
        for place in operation.places:
            if place.where == "path" and operation.path not in EMPTY_HANDED:
                made_up = await neighbours.seen(operation, place, str(uuid4()))
                own = await neighbours.seen(operation, place, id_of(neighbours.ours, place))
                if own == made_up:
                    unknown.append(f"{operation}: {made_up}")
                if operation.method == "DELETE" and own[0] == GONE:
                    break  # all its ids led there
    assert not unknown, "\n".join(unknown)
    await neighbours.hear_nothing()


async def test_whatever_we_do_our_mails_tell_nothing_of_the_other(neighbours: Neighbours) -> None:
    """Every write as its example has it; then what it brought into mailboxes, as a mailer was given it."""
    for operation in sorted(neighbours.operations, key=lambda one: one.path.endswith(ENDING_THE_SESSION)):
        if operation.method != "GET":
            await neighbours.ask(operation)
    mails = await neighbours.hear_nothing()
    assert neighbours.ours.mark in repr(mails)
    assert len({mail.subject for mail in mails}) >= 3


async def test_their_texts_carry_a_mark(neighbours: Neighbours) -> None:
    """A text without one could leak unseen."""
    tables = {table for table, _ in neighbours.theirs.marked}
    assert {"org_profiles", "leads", "bookings", "teams", "workers", "blackouts", "add_ons"} <= tables
    assert len(neighbours.theirs.marked) >= 40
