"""Gate 2 seen from outside: who is counted as whom, what the headers say, what is refused."""

from dataclasses import dataclass
from typing import Annotated

import httpx
import msgspec
import pytest
from dishka import FromDishka, Provider, Scope
from litestar import Controller

from application.ports.unit_of_work import UnitOfWork
from domain.identity.actor import Actor, Need
from entrypoints.http.once import answer_once
from entrypoints.http.routes import post
from tests.http.conftest import edge_client

FEW = {"RATE_LIMIT_PER_MINUTE": "3", "RATE_LIMIT_CALLER_PER_MINUTE": "5"}
BEHIND_A_PROXY = FEW | {"TRUST_PROXY_HEADERS": "true", "TRUSTED_PROXY_IPS": "127.0.0.1"}
ANY = "/v1/admin/examples/not-here"
KNOWN = "/v1/admin/examples"
LIMITS = ("ratelimit-limit", "ratelimit-remaining", "ratelimit-reset")


async def statuses(client: httpx.AsyncClient, times: int, path: str = ANY, **headers: str) -> list[int]:
    return [(await client.get(path, headers=_dashed(headers))).status_code for _ in range(times)]


def _dashed(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


async def test_every_counted_answer_says_how_the_limit_stands() -> None:
    async with edge_client(FEW) as client:
        for remaining in ("2", "1", "0"):
            answer = await client.get(ANY)
            assert answer.status_code == 404  # an address that no route has is counted like any other
            assert [answer.headers[name] for name in LIMITS[:2]] == ["3", remaining]
            assert 1 <= int(answer.headers["ratelimit-reset"]) <= 60


async def test_one_too_many_is_refused_with_all_that_other_answers_have() -> None:
    async with edge_client(FEW | {"CORS_ORIGINS": "https://app.example"}) as client:
        await statuses(client, 3)
        answer = await client.get(ANY, headers={"origin": "https://app.example", "x-request-id": "mine-0001"})
    assert answer.status_code == 429
    assert answer.json()["type"] == "rate_limited"
    assert answer.json()["request_id"] == answer.headers["x-request-id"] == "mine-0001"
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == answer.headers["ratelimit-reset"]
    assert [answer.headers[name] for name in LIMITS[:2]] == ["3", "0"]
    assert answer.headers["access-control-allow-origin"] == "https://app.example"
    assert "RateLimit-Limit" in answer.headers["access-control-expose-headers"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"


async def test_the_limit_comes_before_allowlist_credential_and_body() -> None:
    async with edge_client(FEW | {"ADMIN_IP_ALLOWLIST_CIDRS": "10.0.0.0/8"}) as client:
        path = "/v1/admin/examples"
        assert await statuses(client, 3, path) == [403] * 3
        assert (await client.post(path, content=b"{")).status_code == 429
        junk = await client.post(path, content=b"{", headers={"authorization": "Bearer junk"})
        assert junk.status_code == 429


async def test_what_is_no_sound_request_is_refused_before_anybody_counts() -> None:
    async with edge_client(FEW) as client:
        for _ in range(5):
            answer = await client.get(ANY, headers={"x-filler": "x" * 17_000})
            assert (answer.status_code, "ratelimit-limit" in answer.headers) == (400, False)
        assert await statuses(client, 1) == [404]


@pytest.mark.parametrize("path", [KNOWN, ANY, "/nowhere", "/healthz"])
async def test_a_body_announced_too_large_is_refused_before_anybody_counts(path: str) -> None:
    async with edge_client(FEW) as client:
        for _ in range(5):
            answer = await client.post(path, content=b"{}", headers={"content-length": str(1024 * 1024 + 1)})
            assert (answer.status_code, answer.json()["type"]) == (413, "payload_too_large")
            assert "ratelimit-limit" not in answer.headers
        assert await statuses(client, 4) == [404, 404, 404, 429]
        late = await client.post(path, content=b"{}", headers={"content-length": str(1024 * 1024 + 1)})
        assert late.status_code == 413


async def test_a_caller_has_a_limit_of_its_own_wherever_it_calls_from() -> None:
    async with edge_client(BEHIND_A_PROXY) as client:
        found = [
            await statuses(client, 1, authorization="Bearer owner", x_forwarded_for=f"1.2.3.{n}")
            for n in range(6)
        ]
        assert found == [[404]] * 5 + [[429]]
        assert await statuses(client, 1, authorization="Bearer viewer") == [404]
        assert await statuses(client, 1) == [404]


async def test_a_credential_that_is_not_genuine_counts_for_its_address() -> None:
    async with edge_client(FEW) as client:
        answers = [await client.get(ANY, headers={"authorization": f"Bearer junk-{n}"}) for n in range(4)]
    assert [answer.status_code for answer in answers] == [404] * 3 + [429]


async def test_a_password_is_limited_before_anybody_knows_whether_it_is_right() -> None:
    """Else the limits would be an oracle: whoever gets through had guessed right."""
    async with edge_client(FEW) as client:
        found = [
            await client.get(KNOWN, headers={"authorization": f"Basic {guess}"})
            for guess in ("junk", "owner", "junk", "owner", "junk")
        ]
    assert [answer.status_code for answer in found] == [401, 200, 401, 429, 429]
    assert [answer.headers["ratelimit-limit"] for answer in found] == ["3"] * 5
    assert [answer.headers["ratelimit-remaining"] for answer in found] == ["2", "1", "0", "0", "0"]


async def test_a_basic_user_has_a_limit_over_all_addresses() -> None:
    async with edge_client(BEHIND_A_PROXY) as client:
        found = [
            await statuses(client, 1, KNOWN, authorization="Basic owner", x_forwarded_for=f"1.2.3.{n}")
            for n in range(6)
        ]
    assert found == [[200]] * 5 + [[429]]


async def test_a_thousand_forged_forwarded_for_values_buy_nothing() -> None:
    async with edge_client(FEW) as client:
        found = [
            await statuses(client, 1, x_forwarded_for=f"198.51.{n // 250}.{n % 250}") for n in range(1000)
        ]
    assert found.count([404]) == 3
    assert found.count([429]) == 997


async def test_behind_a_trusted_proxy_what_the_client_wrote_itself_buys_nothing() -> None:
    """The proxy appends the true address; everything to its left is the client's own invention."""
    async with edge_client(BEHIND_A_PROXY) as client:
        found = [await statuses(client, 1, x_forwarded_for=f"198.51.100.{n}, 203.0.113.9") for n in range(50)]
        assert found == [[404]] * 3 + [[429]] * 47
        assert await statuses(client, 1, x_forwarded_for="203.0.113.10") == [404]


@pytest.mark.parametrize(
    "twins",
    [
        ["2001:db8:0:1::1", "2001:db8:0:1:ffff::9", "[2001:0db8:0:1::7]:443", "2001:db8:0:1::8%eth0"],
        ["203.0.113.9", "::ffff:203.0.113.9", "203.0.113.9:8080", "::ffff:cb00:7109"],
        ["unknown", "_hidden", "203.0.113.999", "1.2.3"],
    ],
    ids=["one /64", "one IPv4 address", "all who are unknown"],
)
async def test_one_network_is_one_customer(twins: list[str]) -> None:
    async with edge_client(BEHIND_A_PROXY) as client:
        found = [await statuses(client, 1, x_forwarded_for=twin) for twin in twins]
        assert found == [[404]] * 3 + [[429]]
        assert await statuses(client, 1, x_forwarded_for="2001:db8:0:2::1") == [404]


async def test_probes_and_preflights_have_caps_of_their_own() -> None:
    preflight = {"origin": "http://localhost:3000", "access-control-request-method": "GET"}
    async with edge_client(FEW) as client:
        assert await statuses(client, 5) == [404] * 3 + [429] * 2
        assert set(await statuses(client, 600, "/healthz")) == {200}
        refused = await client.get("/healthz")
        assert (refused.status_code, refused.headers["ratelimit-limit"]) == (429, "600")
        assert (await client.options(ANY, headers=preflight)).status_code == 204
        assert (await client.options(ANY)).status_code == 429  # no preflight


class Deed(msgspec.Struct, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(max_length=5)] = "x"


@dataclass
class DoDeedHandler:
    uow: UnitOfWork

    async def handle(self, actor: Actor, command: Deed) -> Deed:
        async with self.uow.begin(actor.org_id, once=actor.once) as unit:
            await unit.seal(command)
        return command


class DeedsController(Controller):
    path = "/v1/admin/deeds"

    @post(need=Need.ADMIN, admin_route=True, action="create_user", summary="Do one")
    async def do(self, data: Deed, actor: FromDishka[Actor], handler: FromDishka[DoDeedHandler]) -> Deed:
        return await answer_once(actor, handler, data, lambda deed: deed)

    @post("/other", need=Need.ADMIN, admin_route=True, action="reset_temp_password", summary="Another")
    async def do_other(self) -> Deed:
        return Deed()


def office(memory_uow: UnitOfWork, most: int) -> httpx.AsyncClient:
    handlers = Provider(scope=Scope.APP)
    handlers.provide(lambda: memory_uow, provides=UnitOfWork)
    handlers.provide(DoDeedHandler)
    limit = {"ADMIN_ACTION_RATE_LIMIT_PER_MINUTE": str(most)}
    client = edge_client(limit, handlers, controllers=[DeedsController])
    client.headers["authorization"] = "Bearer owner"
    return client


async def test_an_action_has_a_limit_per_organisation_and_the_headers_tell_of_the_tightest(
    memory_uow: UnitOfWork,
) -> None:
    async with office(memory_uow, 2) as client:
        first = await client.post("/v1/admin/deeds", json={})
        assert first.status_code == 201, first.text
        assert [first.headers[name] for name in LIMITS[:2]] == ["2", "1"]
        colleague = {"authorization": "Bearer admin"}
        assert (await client.post("/v1/admin/deeds", json={}, headers=colleague)).status_code == 201
        refused = await client.post("/v1/admin/deeds", json={})
        assert (refused.status_code, refused.json()["type"]) == (429, "rate_limited")
        assert refused.headers["retry-after"] == refused.headers["ratelimit-reset"]
        assert [refused.headers[name] for name in LIMITS[:2]] == ["2", "0"]
        assert (await client.post("/v1/admin/deeds/other")).status_code == 201
        assert (await client.get(KNOWN)).status_code == 200


async def test_a_refused_body_or_role_spends_no_action(memory_uow: UnitOfWork) -> None:
    async with office(memory_uow, 1) as client:
        assert (await client.post("/v1/admin/deeds", json={"name": "too long"})).status_code == 422
        assert (await client.post("/v1/admin/deeds", content=b"{")).status_code == 400
        viewer = {"authorization": "Bearer viewer"}
        assert (await client.post("/v1/admin/deeds", json={}, headers=viewer)).status_code == 403
        assert (await client.post("/v1/admin/deeds", json={})).status_code == 201
        assert (await client.post("/v1/admin/deeds", json={"name": "too long"})).status_code == 422
        assert (await client.post("/v1/admin/deeds", json={})).status_code == 429


async def test_a_replayed_answer_spends_no_action_and_comes_though_the_limit_is_spent(
    memory_uow: UnitOfWork,
) -> None:
    async with office(memory_uow, 1) as client:
        mine = {"idempotency-key": "deed-1"}
        assert (await client.post("/v1/admin/deeds", json={}, headers=mine)).status_code == 201
        assert (await client.post("/v1/admin/deeds", json={})).status_code == 429
        again = await client.post("/v1/admin/deeds", json={}, headers=mine)
        assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
        other = await client.post("/v1/admin/deeds", json={"name": "y"}, headers=mine)
        assert (other.status_code, other.json()["type"]) == (422, "idempotency_key_reused")
