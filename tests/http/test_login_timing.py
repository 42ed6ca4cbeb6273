"""How long a refused login takes tells nobody who exists."""

import random
from math import inf
from pathlib import Path
from statistics import median
from time import perf_counter

import pytest

from application.identity.origin import Origin
from application.identity.throttling import Throttling
from application.ports.unit_of_work import UnitOfWork
from domain.identity.membership import MembershipStatus
from domain.identity.wrong_tries import PASSWORD_TRIES
from tests.http.identity_app import PASSWORD, Company, a_company
from tests.support.clock import FixedClock
from tests.support.database import TestDatabase
from tests.support.http import App, open_app, settings_for
from tests.support.identity import IDS, an_address, join

CLOSE_ENOUGH = 1.05  # bar 5: medians within 5 %
WRONG, THROTTLED = 401, 429
FEWEST_ROUNDS = 30
MOST_ROUNDS = {WRONG: 90, THROTTLED: 600}  # of wrong tries fewer than a hundred in a row

pytestmark = pytest.mark.slow


async def everybody(app: App, company: Company) -> dict[str, dict[str, str]]:
    """What each kind of caller sends."""
    uow = await app.container.get(UnitOfWork)
    org_id, now = company.created.org_id, app.clock.now()
    disabled = await join(uow, org_id, now, status=MembershipStatus.INACTIVE)
    passwordless = await join(uow, org_id, now)
    other = await a_company(app)
    return {
        "known": {"email": company.email, "password": "wrong"},
        "unknown": {"email": f"nobody-{IDS.new().hex[-12:]}@acme.example", "password": "wrong"},
        "disabled": {"email": disabled.email, "password": "wrong"},
        "passwordless": {"email": passwordless.email, "password": "wrong"},
        "elsewhere": {"email": other.email, "password": PASSWORD, "org_slug": company.slug},
    }


async def seconds(app: App, body: dict[str, str], status: int) -> float:
    started = perf_counter()
    response = await app.client.post("/v1/auth/login", json=body)
    took = perf_counter() - started
    assert response.status_code == status, response.text
    return took


async def spread(app: App, bodies: dict[str, dict[str, str]], status: int) -> float:
    """Slowest median over fastest. The kinds take turns in an order of chance, and each try is measured
    against its own round, so that a machine with other work to do slows all alike. More rounds are asked
    for until what is left of it is evened out: what differs by nature never is."""
    relative: dict[str, list[float]] = {kind: [] for kind in bodies}
    apart = inf
    for number in range(1, MOST_ROUNDS[status] + 1):
        order = random.sample(sorted(bodies), len(bodies))
        took = {kind: await seconds(app, bodies[kind], status) for kind in order}
        for kind in order:
            relative[kind].append(took[kind] / median(took.values()))
        if status == WRONG:
            app.clock.advance(minutes=3)  # or the next ones would wait
        if number % FEWEST_ROUNDS == 0:
            medians = [median(taken) for taken in relative.values()]
            apart = max(medians) / min(medians)
            if apart < CLOSE_ENOUGH:
                break
    return apart


async def test_a_wrong_try_takes_as_long_whoever_it_is_for(
    postgres: TestDatabase, tmp_path: Path, clock: FixedClock
) -> None:
    async with open_app(settings_for(tmp_path, postgres), clock) as app:
        bodies = await everybody(app, await a_company(app))
        del bodies["elsewhere"]  # one statement more: it is compared with its own kind
        assert await spread(app, bodies, WRONG) < CLOSE_ENOUGH


async def test_an_organisation_that_is_named_makes_no_difference_between_its_own_and_others(
    postgres: TestDatabase, tmp_path: Path, clock: FixedClock
) -> None:
    async with open_app(settings_for(tmp_path, postgres), clock) as app:
        company = await a_company(app)
        bodies = await everybody(app, company)
        named = {kind: {**body, "org_slug": company.slug} for kind, body in bodies.items()}
        assert await spread(app, named, WRONG) < CLOSE_ENOUGH


async def test_a_full_bucket_answers_as_fast_whoever_s_it_is(
    postgres: TestDatabase, tmp_path: Path, clock: FixedClock
) -> None:
    async with open_app(settings_for(tmp_path, postgres), clock) as app:
        bodies = await everybody(app, await a_company(app))
        del bodies["elsewhere"]
        throttling = await app.container.get(Throttling)
        for body in bodies.values():
            for _ in range(PASSWORD_TRIES.most):
                await throttling.admit_password(Origin("request-1", an_address(), None), body["email"])
        assert await spread(app, bodies, THROTTLED) < CLOSE_ENOUGH
