"""A new lead leaves for the operator's own system, from the settings to the receiver's socket."""

import json
from pathlib import Path

from standardwebhooks.webhooks import Webhook

from tests.application.delivery.test_export_channel import SECRET
from tests.http.identity_app import a_company, cheap_passwords
from tests.support.clock import FixedClock
from tests.support.database import TestDatabase
from tests.support.http import open_app, settings_for
from tests.support.webhooks import Receiver, listening

LEAD = {"name": "Jane Doe", "phone": "+15550100134", "email": "jane@example.com"}
DEAD = "/v1/admin/outbox/dead-letter"


async def test_a_lead_of_the_office_arrives(
    postgres: TestDatabase, tmp_path: Path, clock: FixedClock
) -> None:
    async with listening(Receiver()) as receiver:
        settings = settings_for(
            tmp_path,
            postgres,
            EXPORT_MODE="webhook",
            EXPORT_WEBHOOK_URL=receiver.url,
            EXPORT_WEBHOOK_SECRET=SECRET,
            EXPORT_WEBHOOK_ALLOW_HTTP="true",
            EXPORT_WEBHOOK_BLOCK_PRIVATE_IPS="false",
        )
        async with open_app(settings, clock, cheap_passwords()) as app:
            company = await a_company(app)
            headers = await company.bearer()
            made = await app.client.post("/v1/admin/leads", json=LEAD, headers=headers)
            shown = await app.client.get(f"/v1/admin/leads/{made.json()['lead_id']}", headers=headers)
            waiting = await app.client.get("/v1/admin/outbox?kind=export", headers=headers)
            assert waiting.json()["items"][0]["target_host"] == "127.0.0.1"
            counts = await app.client.post(DEAD, headers=headers)
            assert (counts.status_code, counts.json()["dead"]) == (202, 0)
    (request,) = receiver.requests
    body = json.loads(request.body)
    detail = {name: value for name, value in shown.json().items() if name != "actions"}
    assert body["type"] == "lead.created"
    assert body["data"] == {**detail, "org_id": str(company.created.org_id), "org_slug": company.slug}
    assert (
        Webhook(SECRET).sign(request.headers["webhook-id"], clock.now(), request.body.decode())
        == request.headers["webhook-signature"]
    )
    assert receiver.url.removeprefix("http://127.0.0.1") not in waiting.text
