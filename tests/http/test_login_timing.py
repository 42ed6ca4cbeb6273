"""How long a refused login takes tells nobody who exists."""

import random
from pathlib import Path
from time import perf_counter, process_time

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
from tests.support.timing import Round, Took, busy_spread, undisturbed_gap, undisturbed_spread

CLOSE_ENOUGH = 1.05  # bar 5: within 5 %
WRONG, THROTTLED = 401, 429
ROUNDS = {
    WRONG: 90,
    THROTTLED: 400,
}  # always all of them, or all twice; of wrong tries fewer than a hundred in a row


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


async def took(app: App, body: dict[str, str], status: int) -> Took:
    busy, started = process_time(), perf_counter()
    response = await app.client.post("/v1/auth/login", json=body)
    taken = Took(process_time() - busy, perf_counter() - started)
    assert response.status_code == status, response.text
    return taken


async def rounds(app: App, bodies: dict[str, dict[str, str]], status: int) -> list[Round]:
    """The kinds take turns in an order of chance, so that whatever else the machine does slows all alike."""
    measured = []
    for _ in range(ROUNDS[status]):
        order = random.sample(sorted(bodies), len(bodies))
        measured.append({kind: await took(app, bodies[kind], status) for kind in order})
        if status == WRONG:
            app.clock.advance(minutes=3)  # or the next ones would wait
    return measured


async def tries(app: App, bodies: dict[str, dict[str, str]]) -> list[Round]:
    """Where they look unlike, once more as many: what is so stays so among twice as many, and what the
    machine did meanwhile weighs half."""
    measured = await rounds(app, bodies, WRONG)
    if max(busy_spread(measured), undisturbed_spread(measured)) >= CLOSE_ENOUGH:
        measured += await rounds(app, bodies, WRONG)
    return measured


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.timeout(600)
async def test_a_wrong_try_takes_as_long_whoever_it_is_for(
    postgres: TestDatabase, tmp_path: Path, clock: FixedClock
) -> None:
    async with open_app(settings_for(tmp_path, postgres), clock) as app:
        bodies = await everybody(app, await a_company(app))
        del bodies["elsewhere"]  # one statement more: it is compared with its own kind
        measured = await tries(app, bodies)
    assert busy_spread(measured) < CLOSE_ENOUGH
    assert undisturbed_spread(measured) < CLOSE_ENOUGH


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.timeout(600)
async def test_an_organisation_that_is_named_makes_no_difference_between_its_own_and_others(
    postgres: TestDatabase, tmp_path: Path, clock: FixedClock
) -> None:
    async with open_app(settings_for(tmp_path, postgres), clock) as app:
        company = await a_company(app)
        bodies = await everybody(app, company)
        named = {kind: {**body, "org_slug": company.slug} for kind, body in bodies.items()}
        measured = await tries(app, named)
    assert busy_spread(measured) < CLOSE_ENOUGH
    assert undisturbed_spread(measured) < CLOSE_ENOUGH


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.timeout(600)
async def test_a_full_bucket_answers_as_fast_whoever_s_it_is(
    postgres: TestDatabase, tmp_path: Path, clock: FixedClock
) -> None:
    async with open_app(settings_for(tmp_path, postgres), clock) as app:
        bodies = await everybody(app, await a_company(app))
        del bodies["elsewhere"]
        usual = min([(await took(app, bodies["unknown"], WRONG)).seconds for _ in range(5)])
        throttling = await app.container.get(Throttling)
        for body in bodies.values():
            for _ in range(PASSWORD_TRIES.most - (5 if body is bodies["unknown"] else 0)):
                await throttling.admit_password(Origin("request-1", an_address(), None), body["email"])
        measured = await rounds(app, bodies, THROTTLED)
    assert busy_spread(measured) < CLOSE_ENOUGH
    assert undisturbed_gap(measured) < (CLOSE_ENOUGH - 1) * usual  # of a tenth of the time, too little to see


SECONDS = 0.03


def a_round(chance: random.Random, **more: Took) -> Round:
    """As a busy machine measures them: most tries wait for others, some for long."""

    def try_once(extra: Took) -> Took:
        busy = SECONDS * (1 + chance.expovariate(1 / 0.08)) + extra.busy
        waited = 0.0 if chance.random() < 1 / 3 else chance.expovariate(1 / SECONDS)
        return Took(busy, busy + waited + extra.seconds)

    kinds = ("known", "unknown", "disabled", "passwordless")
    return {kind: try_once(more.get(kind, Took(0, 0))) for kind in kinds}


@pytest.mark.parametrize("seed", range(40))
def test_a_tenth_more_is_seen_and_a_noisy_machine_is_not(seed: int) -> None:
    chance = random.Random(seed)  # not for secrets
    alike = [a_round(chance) for _ in range(ROUNDS[WRONG])]
    assert busy_spread(alike) < CLOSE_ENOUGH
    assert undisturbed_spread(alike) < CLOSE_ENOUGH
    busier = [a_round(chance, known=Took(SECONDS / 10, 0)) for _ in range(ROUNDS[WRONG])]
    assert busy_spread(busier) > CLOSE_ENOUGH
    slower = [a_round(chance, unknown=Took(0, SECONDS / 10)) for _ in range(ROUNDS[WRONG])]
    assert busy_spread(slower) < CLOSE_ENOUGH < undisturbed_spread(slower)
