"""Identity page, §4, "legacy Basic", and §1, rows 3, 5 and 8."""

import os
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from adapters.memory.unit_of_work import MemoryUnitOfWork
from application.ports.unit_of_work import UnitOfWork
from domain.identity.actor import Role
from domain.shared.ids import OrgId
from domain.tenancy.org import OrgStatus
from tests.http.identity_app import Company, a_company, cheap_passwords
from tests.support.clock import FixedClock
from tests.support.database import TestDatabase
from tests.support.gates import ORG, PASSED, Gates, basic, open_gates
from tests.support.http import App, open_app, settings_for
from tests.support.identity import IDS
from tests.support.orgs import found_org

ADMIN_ROUTE = "/v1/admin/org"
BOTH_SCHEMES = 'Bearer, Basic realm="sweepline"'
OWNER = basic("owner")


@pytest.fixture
async def gates(memory_uow: MemoryUnitOfWork, clock: FixedClock) -> AsyncIterator[Gates]:
    async with open_gates(memory_uow, clock) as opened:
        yield opened


def line(credential: bytes) -> list[tuple[bytes, bytes]]:
    return [(b"authorization", b"Basic " + credential)]


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, "" if answer.status_code == PASSED else answer.json()["type"]


PASS, REFUSED = (PASSED, ""), (401, "unauthenticated")


WRONG = [
    b"",
    b"!!!",
    b64encode(b"owner username long"),
    b64encode(b"owner username long:"),
    b64encode(b":owner password long"),
    b64encode(b"owner username long:owner password lon"),
    b64encode(b"owner username long:owner password long")[:-1],
    b64encode(b"owner username long:admin password long"),
    b64encode(b"\xff\xfe\x00:\x80\x81"),
    b64encode("öwner:パスワード".encode()),
    b64encode("öwner:grüße".encode("latin-1")),
    b64encode(b"a" * 4000 + b":" + b"b" * 4000),
    b64encode(b":"),
    "bäsic".encode("latin-1"),
]


async def test_a_wrong_credential_is_refused_whatever_its_bytes(gates: Gates) -> None:
    for credential in WRONG:
        answer = await gates.client.get(ADMIN_ROUTE, headers=line(credential))
        assert code_of(answer) == REFUSED, credential
        assert answer.headers["www-authenticate"] == BOTH_SCHEMES


async def test_the_right_pair_passes(gates: Gates) -> None:
    credential = b64encode(b"owner username long:owner password long")
    for scheme in (b"Basic ", b"basic ", b"BASIC "):
        answer = await gates.client.get(ADMIN_ROUTE, headers=[(b"authorization", scheme + credential)])
        assert code_of(answer) == PASS


async def test_pairs_are_the_bytes_of_the_environment(
    memory_uow: MemoryUnitOfWork, clock: FixedClock
) -> None:
    name, word = "Ölga".encode(), "pass:wörd \U0001f9f9".encode() + b"\xff"
    environ = {"OWNER_BASIC_USERNAME": os.fsdecode(name), "OWNER_BASIC_PASSWORD": os.fsdecode(word)}
    async with open_gates(memory_uow, clock, **environ) as gates:
        for password, expected in ((word, PASS), (word[:-1], REFUSED)):
            headers = line(b64encode(name + b":" + password))
            assert code_of(await gates.client.get(ADMIN_ROUTE, headers=headers)) == expected


@pytest.mark.parametrize("environ", [{"LEGACY_BASIC_AUTH_ENABLED": "false"}, {"APP_ENV": "prod"}])
async def test_off_is_off_on_every_route(
    memory_uow: MemoryUnitOfWork, clock: FixedClock, environ: dict[str, str]
) -> None:
    async with open_gates(memory_uow, clock, **environ) as gates:
        for path in (ADMIN_ROUTE, "/v1/auth/org-context", "/v1/auth/me", "/v1/public/maple-pine/catalog"):
            answer = await gates.client.get(path, auth=OWNER)
            assert code_of(answer) == REFUSED, path
            assert answer.headers["www-authenticate"] == "Bearer"
        assert memory_uow.shared.auth_failures == []


async def test_no_org_is_no_caller_and_a_suspended_one_says_so(gates: Gates) -> None:
    orgs = gates.uow.shared.orgs
    orgs[ORG] = replace(orgs[ORG], status=OrgStatus.SUSPENDED)
    assert code_of(await gates.client.get(ADMIN_ROUTE, auth=OWNER)) == (403, "org_suspended")
    del gates.uow.shared.orgs[ORG]
    assert code_of(await gates.client.get(ADMIN_ROUTE, auth=OWNER)) == REFUSED


async def test_a_test_header_that_names_no_org_makes_the_credential_bad(gates: Gates) -> None:
    for named in ("acme", "", str(IDS.new())):
        answer = await gates.client.get(ADMIN_ROUTE, auth=OWNER, headers={"x-test-org": named})
        assert code_of(answer) == REFUSED, named


async def test_two_test_headers_are_malformed_where_one_would_be_read(gates: Gates) -> None:
    twice = [("x-test-org", str(ORG)), ("x-test-org", str(ORG))]
    bearer = list((await gates.bearer(Role.OWNER)).items())
    slug = "/v1/public/maple-pine/catalog"
    assert code_of(await gates.client.get(ADMIN_ROUTE, headers=twice)) == (400, "malformed_request")
    both = await gates.client.get(ADMIN_ROUTE, headers=twice, auth=OWNER)
    assert code_of(both) == (400, "malformed_request")
    assert code_of(await gates.client.get(ADMIN_ROUTE, headers=[*twice, *bearer])) == PASS
    assert code_of(await gates.client.get(slug, headers=twice)) == PASS


async def test_outside_dev_and_testing_the_test_header_is_not_there(
    memory_uow: MemoryUnitOfWork, clock: FixedClock
) -> None:
    on = {"APP_ENV": "prod", "LEGACY_BASIC_AUTH_ENABLED": "true"}
    async with open_gates(memory_uow, clock, **on) as gates:
        for value in ([("x-test-org", "acme")], [("x-test-org", str(ORG))] * 2):
            assert code_of(await gates.client.get(ADMIN_ROUTE, headers=value)) == REFUSED
            assert code_of(await gates.client.get(ADMIN_ROUTE, headers=value, auth=OWNER)) == PASS
    async with open_gates(memory_uow, clock, **on, TESTING="true") as gates:
        answer = await gates.client.get(ADMIN_ROUTE, headers={"x-test-org": "acme"})
        assert code_of(answer) == (422, "validation_error")


async def test_a_refused_try_is_on_record_without_its_name(gates: Gates) -> None:
    await gates.client.get(ADMIN_ROUTE, auth=("owner username long", "guess"))
    (failure,) = gates.uow.shared.auth_failures
    assert failure.purpose == "basic"
    assert b"owner" not in failure.email_key


async def test_wrong_tries_are_throttled_as_logins_are_and_the_right_one_waits_with_them(
    gates: Gates,
) -> None:
    wrong = ("owner username long", "guess")
    assert code_of(await gates.client.get(ADMIN_ROUTE, auth=OWNER)) == PASS  # known here from now on
    codes = [code_of(await gates.client.get(ADMIN_ROUTE, auth=wrong)) for _ in range(11)]
    assert codes == [REFUSED] * 10 + [(429, "rate_limited")]
    refused = await gates.client.get(ADMIN_ROUTE, auth=OWNER)
    assert code_of(refused) == (429, "rate_limited")
    assert refused.headers["retry-after"] == "900"
    gates.clock.advance(minutes=15)
    assert code_of(await gates.client.get(ADMIN_ROUTE, auth=OWNER)) == PASS


# over PostgreSQL: what a Basic caller sees, and what stays of it


@pytest.fixture
async def app(postgres: TestDatabase, tmp_path: Path, clock: FixedClock) -> AsyncIterator[App]:
    settings = settings_for(
        tmp_path,
        postgres,
        OWNER_BASIC_USERNAME="owner username long",
        OWNER_BASIC_PASSWORD="owner password long",
        DEFAULT_ORG_ID=str(IDS.new()),
    )
    async with open_app(settings, clock, cheap_passwords()) as opened:
        await found_org(
            await opened.container.get(UnitOfWork), clock.now(), org_id=settings.general.default_org_id
        )
        yield opened


@pytest.fixture
async def company(app: App) -> Company:
    return await a_company(app)


async def test_the_context_tells_which_rule_chose_the_org(app: App, company: Company) -> None:
    async def context(**sent: object) -> tuple[str, str]:
        answer = await app.client.get("/v1/auth/org-context", **sent)  # type: ignore[arg-type]  # parts of a request
        return answer.json()["org_id"], answer.json()["via"]

    default, theirs = str(app.settings.general.default_org_id), str(company.created.org_id)
    assert await context(auth=OWNER) == (default, "basic")
    assert await context(auth=OWNER, headers={"x-test-org": theirs}) == (theirs, "test_header")
    bearer = await company.bearer()
    assert await context(headers={**bearer, "x-test-org": default}) == (theirs, "token")


async def test_a_basic_caller_has_a_profile_and_leaves_its_name(app: App, postgres: TestDatabase) -> None:
    profile = await app.client.get("/v1/admin/profile", auth=OWNER)
    assert profile.json() == {
        "username": "owner username long",
        "role": "owner",
        "permissions": ["admin", "dispatch", "finance", "view"],
        "auth_method": "basic",
        "mfa_verified": False,
    }
    sent = {"json": {"name": "Renamed"}, "headers": {"idempotency-key": "one"}, "auth": OWNER}
    answers = [await app.client.patch(ADMIN_ROUTE, **sent) for _ in range(2)]  # type: ignore[arg-type]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[1].headers["idempotency-replayed"] == "true"
    org_id = OrgId(app.settings.general.default_org_id)
    rows = postgres.execute(
        "select auth_method, actor, actor_id, role from admin_audit_logs "
        f"where org_id = '{org_id}' and action = 'org_updated'"
    )
    assert rows.strip() == "basic|owner username long||owner"
