"""Identity page, §2 and §14, 9: every route asked as every caller, and answered as docs/routes.md says."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from adapters.memory.unit_of_work import MemoryUnitOfWork
from domain.identity.actor import Need, Role
from entrypoints.http.gate import UNSAFE
from entrypoints.http.role_matrix import PASSES, Line, document, lines_of
from tests.support.clock import FixedClock
from tests.support.gates import PASSED, ROLES_OF_PAIRS, SCHEDULER, SLUG, Gates, basic, open_gates

PAGE = Path(__file__).parents[2] / "docs/routes.md"
SAMPLES = {"uuid": str(UUID(int=9)), "int": "1", "org_slug": SLUG}
ELSEWHERE = "192.0.2.0/24"
EXEMPT = ("/v1/admin/break-glass/start", "/v1/admin/break-glass/{session_id:uuid}/revoke")
"""From read-only alone."""
BY_SCHEDULER = {"headers": {"authorization": f"Bearer {SCHEDULER}"}}
SCHEDULED = {
    "/v1/admin/email-scan",
    "/v1/admin/cleanup",
    "/v1/admin/retention/cleanup",
    "/v1/admin/outbox/dead-letter",
    "/v1/admin/export-dead-letter",
}


@pytest.fixture
async def gates(memory_uow: MemoryUnitOfWork, clock: FixedClock) -> AsyncIterator[Gates]:
    async with open_gates(memory_uow, clock) as opened:
        yield opened


def url_of(line: Line) -> str:
    def sample(found: re.Match[str]) -> str:
        return SAMPLES.get(found[1]) or SAMPLES.get(found[2] or "", "sample")

    return re.sub(r"\{(\w+)(?::(\w+))?\}", sample, line.path)


async def status_of(gates: Gates, line: Line, **caller: Any) -> int:
    answer = await gates.client.request(line.method, url_of(line), **caller)
    return PASSES if answer.status_code == PASSED else answer.status_code


async def test_every_cell_of_the_matrix_is_what_the_gates_answer(gates: Gates) -> None:
    bearers = {role: await gates.bearer(role) for role in Role}
    lines = list(lines_of(gates.app))
    assert len(lines) > 50
    wrong = []
    for line in lines:
        found = [("anonymous", line.answer_to(None), await status_of(gates, line))]
        for role, headers in bearers.items():
            found += [(role, line.answer_to(role), await status_of(gates, line, headers=headers))]
        for name, role in ROLES_OF_PAIRS.items():
            got = await status_of(gates, line, auth=basic(name))
            found += [(f"Basic {name}", line.answer_to_basic(role), got)]
        by_scheduler = await status_of(gates, line, **BY_SCHEDULER)
        found += [("scheduler", line.answer_to_scheduler(), by_scheduler)]
        wrong += [(line.method, line.path, *cell) for cell in found if cell[1] != cell[2]]
    assert wrong == []


def test_the_page_is_what_the_application_says(gates: Gates) -> None:
    assert PAGE.read_text(encoding="utf-8") == document(gates.app), "run `just matrix`"


async def code_of(gates: Gates, line: Line, **caller: Any) -> str:
    answer = await gates.client.request(line.method, url_of(line), **caller)
    return "passed" if answer.status_code == PASSED else str(answer.json()["type"])


async def test_the_allowlist_stands_before_every_admin_route_and_before_no_other(
    memory_uow: MemoryUnitOfWork, clock: FixedClock
) -> None:
    async with open_gates(memory_uow, clock, ADMIN_IP_ALLOWLIST_CIDRS=ELSEWHERE) as gates:
        owner = {"headers": await gates.bearer(Role.OWNER)}
        for line in lines_of(gates.app):
            for caller in ({}, owner, {"auth": basic("owner")}, BY_SCHEDULER):
                refused = await code_of(gates, line, **caller) == "ip_not_allowed"
                assert refused is line.rules.admin_route, line


async def test_where_a_factor_is_required_nobody_administers_without_one(
    memory_uow: MemoryUnitOfWork, clock: FixedClock
) -> None:
    async with open_gates(memory_uow, clock, ADMIN_MFA_REQUIRED="true") as gates:
        gated, free = [Role.OWNER, Role.ADMIN], [Role.DISPATCHER, Role.FINANCE, Role.VIEWER, Role.WORKER]
        without = {role: {"headers": await gates.bearer(role)} for role in (*gated, *free)}
        shown = [{"headers": await gates.bearer(role, mfa_verified=True)} for role in gated]
        for line in lines_of(gates.app):
            administers = line.rules.admin_route or line.rules.need in {Need.ADMIN, Need.OWNER}
            for role, bearer in without.items():
                stopped = await code_of(gates, line, **bearer) == "mfa_required"
                assert stopped is (administers and role in gated), (line, role)
            others: list[dict[str, Any]] = [*shown, {"auth": basic("owner")}, BY_SCHEDULER, {}]
            for caller in others:
                assert await code_of(gates, line, **caller) != "mfa_required", line


async def test_read_only_stops_every_write_of_an_admin_route_and_no_other(
    memory_uow: MemoryUnitOfWork, clock: FixedClock
) -> None:
    async with open_gates(memory_uow, clock, ADMIN_READ_ONLY="true") as gates:
        owner = {"headers": await gates.bearer(Role.OWNER)}
        for line in lines_of(gates.app):
            write = line.rules.admin_route and line.method in UNSAFE and line.path not in EXEMPT
            for caller, known in ((owner, True), ({"auth": basic("owner")}, line.takes_basic)):
                stopped = await code_of(gates, line, **caller) == "admin_read_only"
                assert stopped is (write and known and line.answer_to(Role.OWNER) == PASSES), line
            assert not write or await code_of(gates, line) == "unauthenticated", line
            stopped = await code_of(gates, line, **BY_SCHEDULER) == "admin_read_only"
            assert stopped is (line.path in SCHEDULED and line.method == "POST"), line


def test_basic_is_taken_everywhere_but_where_tokens_are_made(gates: Gates) -> None:
    """Said again without the application's own words for it (identity page, §4)."""
    for line in lines_of(gates.app):
        tokens_only = line.path.startswith(("/v1/iam/", "/v1/auth/")) and line.path != "/v1/auth/org-context"
        assert line.takes_basic is not tokens_only, line


def test_every_route_has_a_need_and_open_ones_serve_anybody(gates: Gates) -> None:
    for line in lines_of(gates.app):
        assert isinstance(line.rules.need, Need), line
        assert not line.rules.ungated or line.rules.need is Need.PUBLIC, line


async def test_the_scheduler_s_token_opens_its_routes_alone_and_only_where_it_is_set(
    memory_uow: MemoryUnitOfWork, clock: FixedClock, gates: Gates
) -> None:
    """Said again without the application's own words for it (delivery page, §5)."""
    others = ["", SCHEDULER[:-1], f"{SCHEDULER}x", SCHEDULER.swapcase(), f"{SCHEDULER} x", "ä" * 40]
    async with open_gates(memory_uow, clock, SCHEDULER_TOKEN="") as off:
        for line in lines_of(gates.app):
            opens = line.path in SCHEDULED and line.method == "POST"
            got = await status_of(gates, line, **BY_SCHEDULER)
            assert (got == PASSES) is (opens or line.rules.ungated), line
            if not line.rules.ungated:
                assert got == (PASSES if opens else 401), line
                assert await status_of(off, line, **BY_SCHEDULER) == 401, line
            if opens:
                for wrong in others:
                    raw = {"headers": [(b"authorization", b"Bearer " + wrong.encode())]}
                    assert await status_of(gates, line, **raw) == 401, wrong
                as_basic = {"auth": httpx.BasicAuth("scheduler", SCHEDULER)}
                assert await status_of(gates, line, **as_basic) == 401
                lower = {"headers": {"authorization": f"bearer {SCHEDULER}"}}
                assert await status_of(gates, line, **lower) == PASSES
