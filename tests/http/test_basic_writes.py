"""A Basic caller has no person behind it: every write of the back office must do without one."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from domain.shared.ids import OrgId
from entrypoints.http.basic import takes_basic
from tests.http.identity_app import a_company, bearer, cheap_passwords
from tests.http.write_recipes import RECIPES
from tests.http.writes import EXPORTS, Office
from tests.support.clock import FixedClock
from tests.support.database import TestDatabase
from tests.support.http import open_app, settings_for

pytestmark = pytest.mark.slow
NO_EFFECT = {
    ("POST", "/v1/admin/bookings/{booking_id}/confirm"),
    ("POST", "/v1/admin/cleanup"),
    ("POST", "/v1/admin/email-scan"),
    ("POST", "/v1/admin/export-dead-letter"),
    ("POST", "/v1/admin/leads/{lead_id}/estimate"),
    ("POST", "/v1/admin/messaging/templates/preview"),
    ("POST", "/v1/admin/outbox/dead-letter"),
    ("POST", "/v1/admin/price-book/preview"),
    ("POST", "/v1/admin/retention/cleanup"),
}
"""By their recipes: it is confirmed, nothing is due, near, old or dead, prices stay, a preview sends nothing.
No effect, no row."""
BOSS = httpx.BasicAuth("boss", "a password of some length")


@pytest.fixture
async def office(postgres: TestDatabase, tmp_path: Path, clock: FixedClock) -> AsyncIterator[Office]:
    boss = {"OWNER_BASIC_USERNAME": "boss", "OWNER_BASIC_PASSWORD": "a password of some length"}
    settings = settings_for(tmp_path, postgres, **boss, **EXPORTS)
    async with open_app(settings, clock, cheap_passwords()) as app:
        company = await a_company(app)
        tokens = await company.tokens()
        yield Office(company, bearer(tokens), tokens["session_id"])


def audited(postgres: TestDatabase, org_id: OrgId) -> int:
    """Rows that bear the Basic caller's name."""
    return int(
        postgres.execute(
            "select count(*) from admin_audit_logs where auth_method = 'basic' and actor = 'boss' "
            f"and actor_id is null and org_id = '{org_id}'"
        )
    )


@pytest.mark.parametrize("route", sorted(RECIPES), ids=lambda route: f"{route[0]} {route[1]}")
async def test_a_basic_caller_writes_wherever_basic_is_taken(
    office: Office, postgres: TestDatabase, route: tuple[str, str]
) -> None:
    method, template = route
    path, body = await RECIPES[route](office)
    org_id = office.company.created.org_id
    answer = await office.company.app.client.request(
        method,
        path,
        json=body,
        auth=BOSS,
        headers={"x-test-org": str(org_id), "idempotency-key": "a-key-of-mine"},
    )
    if template.startswith("/v1/worker/"):  # an owner is nobody's crew
        assert answer.status_code == 403
        assert audited(postgres, org_id) == 0
    elif takes_basic(template):
        assert 200 <= answer.status_code < 300, answer.text
        assert (audited(postgres, org_id) >= 1) is (route not in NO_EFFECT)
    else:
        assert answer.status_code == 401
        assert audited(postgres, org_id) == 0
