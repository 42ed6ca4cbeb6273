"""Canaries in every secret setting, password, token, e-mail, phone and address, every operation asked: none
sings in a log line, a problem document, the config view, the audit log, the metrics or the OpenAPI document.

Settings are found by their type and operations in the document, so new ones are covered by being there.
"""

import base64
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg  # type: ignore[import-untyped]  # it ships no types
import httpx
import pytest

from entrypoints.settings.groups import GeneralSettings
from tests.http.identity_app import Company, a_company, cheap_passwords
from tests.support.clock import FixedClock
from tests.support.database import TestDatabase
from tests.support.http import open_app, settings_for
from tests.support.log_lines import Lines, captured_lines
from tests.support.operations import Document, Operation
from tests.support.populated import Populated, populate
from tests.support.row_ids import id_of
from tests.support.secret_settings import secret_variables

PASSWORD = "a canary in seven cages 7731"  # it is to be found nowhere
PERSONAL = {
    "email": "canary.7731@cage.example",
    "phone": "+15550107731",
    "address": "7731 Canary Lane",
    "access_notes": "Key 7731 under the canary",
}
SECRET_FIELDS = ("password", "token", "secret", "code", "uri", "codes")
NOT_SECRET = {"reason_code", "code", "postal_code", "referral_code", "country_code"}
"""Codes that are names. The `code` of a factor is six digits, and digits are no canary."""
DESCRIBING = {"/openapi.json", "/problems", "/problems/{code}"}
"""Their secrets are examples."""
SHAPED = {
    "FIELD_ENCRYPTION_KEYS": f"k1:{base64.b64encode(b'canary-7731'.ljust(32, b'-')).decode()}",
    "REDIS_URL": "redis://canary:canary-redis-7731@127.0.0.1:1/0",
    "EXPORT_WEBHOOK_URL": "https://canary:canary-hook-7731@hooks.example/canary-path-7731",
    "STRIPE_SECRET_KEY": "sk_canary_7731_0123456789",
    "STRIPE_WEBHOOK_SECRET": "whsec_canary7731canary7731",
}
REACHED = {"DATABASE_URL", "DATABASE_OWNER_URL"}


def planted() -> dict[str, str]:
    """A value for each, and the names of pairs where a secret needs one."""
    names = [name for name in secret_variables() if name not in REACHED]
    given = {name: SHAPED.get(name, f"canary-{name.lower()}-7731".ljust(40, "-")) for name in names}
    users = {
        name.replace("_PASSWORD", "_USERNAME"): name for name in names if name.endswith("BASIC_PASSWORD")
    }
    return given | {user: f"canary-user-{name.lower()}" for user, name in users.items()}


@dataclass
class Cage:
    company: Company
    headers: dict[str, str]
    rows: Populated
    document: Document
    lines: Lines
    planted: Mapping[str, str]
    secrets: set[str] = field(default_factory=set)
    heard: list[str] = field(default_factory=list)

    @property
    def personal(self) -> set[str]:
        return {*PERSONAL.values(), self.company.email}

    async def ask(self, operation: Operation, body: Any, **headers: str) -> httpx.Response:
        values = {known: id_of(self.rows, known) for known in operation.always()}
        path, query, _ = operation.asked_with(values, org_slug=self.company.slug)
        sent = {"idempotency-key": uuid4().hex} if operation.takes_key else {}
        own = {} if operation.is_public else self.headers
        answer = await self.company.app.client.request(
            operation.method, path, params=query, json=body, headers={**own, **sent, **headers}
        )
        self.listen(operation, answer)
        return answer

    def listen(self, operation: Operation, answer: httpx.Response) -> None:
        """A success may show staff what they look after; a refusal shows nothing of anybody."""
        if operation.path not in DESCRIBING:
            self.secrets |= {value for name, value in self.given_away(answer) if name not in NOT_SECRET}
        forbidden = {*self.secrets_of_settings, PASSWORD}
        if answer.status_code >= 400:
            forbidden |= self.personal | self.secrets
        text = answer.text + repr(answer.headers)
        self.heard += [f"{operation} {answer.status_code}: {song}" for song in forbidden if song in text]

    @property
    def secrets_of_settings(self) -> set[str]:
        return {value for name, value in self.planted.items() if not name.endswith("USERNAME")}

    def given_away(self, answer: httpx.Response) -> Iterator[tuple[str, str]]:
        """Fresh secrets, which from now on may not be seen again."""
        if answer.status_code < 400 and answer.headers.get("content-type") == "application/json":
            for name, value in leaves(answer.json()):
                if name.rpartition("_")[2] in SECRET_FIELDS and isinstance(value, str) and len(value) > 9:
                    yield name, value

    def heard_in(self, text: str, but: str = "") -> list[str]:
        everything = {*self.secrets_of_settings, *self.secrets, *self.personal, PASSWORD} - {but}
        return [song for song in everything if song in text]


def leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from leaves(part, key)
    elif isinstance(value, list):
        for part in value:
            yield from leaves(part, name)
    else:
        yield name, value


def sung(body: Any, name: str = "") -> Any:
    """The example with our canaries in it."""
    if isinstance(body, Mapping):
        return {key: sung(part, key) for key, part in body.items()}
    if isinstance(body, list):
        return [sung(part, name) for part in body]
    if name.endswith("password"):
        return PASSWORD
    return next((song for word, song in PERSONAL.items() if name.endswith(word)), body)


def shouted(body: Any) -> Any:
    """In every text at once, where it will be refused."""
    if isinstance(body, Mapping):
        return {key: shouted(part) for key, part in body.items()} | {"unknown": PASSWORD}
    if isinstance(body, list):
        return [shouted(part) for part in body]
    return " ".join([*PERSONAL.values(), PASSWORD]) * 30 if isinstance(body, str) else body


@pytest.fixture(scope="module")
def apart(postgres: TestDatabase) -> Any:
    with postgres.clone("canaries") as database:
        yield database


@pytest.fixture
async def cage(apart: TestDatabase, tmp_path: Path, clock: FixedClock) -> AsyncIterator[Cage]:
    superuser = await asyncpg.connect(apart.superuser_url.replace("+asyncpg", ""))
    settings = settings_for(tmp_path, apart, **planted())
    with captured_lines(GeneralSettings(log_level="DEBUG")) as lines:
        async with open_app(settings, clock, cheap_passwords()) as app:
            company = await a_company(app, email=f"canary-{uuid4().hex}@cage.example", password=PASSWORD)
            rows = await populate(superuser, company.created.org_id)
            document = Document((await app.client.get("/openapi.json")).json())
            tokens = await company.tokens(PASSWORD)
            headers = {"authorization": f"Bearer {tokens['access_token']}"}
            cage = Cage(company, headers, rows, document, lines, planted())
            cage.secrets |= {tokens["access_token"], tokens["refresh_token"]}
            yield cage
    await superuser.close()


ENDING_THE_SESSION = ("change-password", "logout", "logout-all", "sessions", "2fa/verify", "2fa/disable")


async def journey(cage: Cage) -> None:
    """Every operation with canaries everywhere, with canaries for credentials, and as its example has it."""
    operations = sorted(cage.document.operations(), key=lambda one: one.path.endswith(ENDING_THE_SESSION))
    pair = base64.b64encode(f"{PERSONAL['email']}:{PASSWORD}".encode()).decode()
    bad = {"authorization": f"Bearer {PASSWORD}"}, {"authorization": f"Basic {pair}"}
    for operation in operations:
        if operation.body is not None:
            await cage.ask(operation, shouted(operation.body))
        for headers in bad:
            tokens = {"cookie": f"client_session={PASSWORD}", "x-break-glass-token": PASSWORD}
            await cage.ask(operation, sung(operation.body), **headers, **tokens)
    for operation in operations:
        await cage.ask(operation, sung(operation.body))


@pytest.mark.slow
async def test_no_canary_is_heard_anywhere(cage: Cage) -> None:
    await journey(cage)
    assert not cage.heard, "\n".join(cage.heard)
    assert len(cage.lines.all) > 300
    assert not cage.heard_in(cage.lines.getvalue())
    stored = await cage.rows.everything()
    assert not cage.heard_in(repr(stored["idempotency_keys"]))
    # An actor is named by e-mail, as the page says.
    assert not cage.heard_in(repr(stored["admin_audit_logs"]), but=cage.company.email)
    assert len(stored["admin_audit_logs"]) > 20


async def test_no_canary_is_shown_by_what_describes_the_installation(cage: Cage) -> None:
    client = cage.company.app.client
    operator = {"authorization": f"Bearer {cage.planted['METRICS_TOKEN']}"}
    asked = {"/openapi.json": {}, "/metrics": operator, "/readyz": operator, "/v1/admin/config": cage.headers}
    for path, headers in asked.items():
        answer = await client.get(path, headers=headers)
        assert answer.status_code == 200, (path, answer.text)
        assert not cage.heard_in(answer.text), path
        assert not [name for name, value in cage.planted.items() if value in answer.text], path


def test_there_are_canaries_in_all_secret_settings() -> None:
    assert len(secret_variables()) >= 25
    assert {"AUTH_SECRET_KEY", "FIELD_ENCRYPTION_KEYS", "SMTP_PASSWORD", "REDIS_URL"} <= set(planted())
