"""Retention over HTTP (clients page, §7): what is past its time goes, and says so."""

from datetime import timedelta
from typing import Any

import pytest

from tests.contracts.test_dead_letters import fail
from tests.contracts.test_retention import a_sent_mail
from tests.http.test_scheduler import TOKEN
from tests.support.clock import FixedClock
from tests.support.outgoing import audited
from tests.support.shop import Shop, open_shop

CLEANUP = "/retention/cleanup"
NEVER_HERE = {
    "requests": {"pending": 0, "waiting": 0, "held": 0, "processing": 0, "completed": 0},
    "erased_leads": 0,
    "erased_clients": 0,
    "photos_deleted": 0,
    "bookings_detached": 0,
    "invoice_tokens_removed": 0,
    "invoices_unlinked": 0,
}
DAYS = {"outbox": 30, "outbox_dead": 90, "email_log": 365, "exports": 90, "sessions": 30}


async def clean_up(shop: Shop, role: str = "admin", **parts: Any) -> Any:
    return await shop.staff("POST", CLEANUP, role, **parts)


def counted(body: dict[str, Any]) -> dict[str, tuple[int, int, int]]:
    return {each["class"]: (each["due"], each["done"], each["remaining"]) for each in body["classes"]}


async def test_without_anything_due_the_report_says_so(shop: Shop) -> None:
    answer = await clean_up(shop)
    assert answer.status_code == 202
    body = answer.json()
    classes = body.pop("classes")
    assert body == {"status": "done", "dry_run": False, **NEVER_HERE}
    assert {each["class"]: each["days"] for each in classes} == DAYS
    for each in classes:
        assert set(each) == {"class", "days", "cutoff", "due", "done", "held", "remaining"}
        assert (each["due"], each["done"], each["held"], each["remaining"]) == (0, 0, 0, 0)
        assert each["cutoff"].endswith("Z")
    assert await audited(shop.uow, shop.org_id) == []


async def test_what_is_due_goes_once_and_stands_in_the_log(shop: Shop, rival: Any, clock: FixedClock) -> None:
    for org_id in (shop.org_id, rival):
        await a_sent_mail(shop.uow, clock, org_id, "sent")
        await fail(shop.uow, clock, org_id, "dead")
    clock.advance(days=30, seconds=-1)
    assert counted((await clean_up(shop)).json())["outbox"] == (0, 0, 0)
    clock.advance(seconds=1)
    dry = (await clean_up(shop, json={"dry_run": True})).json()
    assert (dry["status"], dry["dry_run"], counted(dry)["outbox"]) == ("done", True, (1, 1, 0))
    assert await audited(shop.uow, shop.org_id) == []
    done = (await clean_up(shop, json={})).json()
    assert done == {**dry, "dry_run": False}
    (row,) = await audited(shop.uow, shop.org_id)
    assert row["after"].pop("cutoff") == (clock.now() - timedelta(days=30)).isoformat()
    assert (row["action"], row["after"]) == ("retention_cleanup", {"class": "outbox", "done": 1})
    assert counted((await clean_up(shop)).json())["outbox"] == (0, 0, 0)
    clock.advance(days=60)
    only = (await clean_up(shop, json={"classes": ["outbox_dead"]})).json()
    assert counted(only) == {"outbox_dead": (1, 1, 0)}
    assert await audited(shop.uow, rival) == []


async def test_only_admins_may_and_only_known_classes(memory_shop: Shop) -> None:
    for role in ("dispatcher", "finance", "viewer"):
        assert (await clean_up(memory_shop, role)).status_code == 403
    for body, field in (
        ({"classes": []}, "classes"),
        ({"classes": ["leads"]}, "classes/0"),
        ({"class": "outbox"}, "class"),
        ({"dry_run": "yes"}, "dry_run"),
    ):
        answer = await clean_up(memory_shop, json=body)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_what_is_kept_for_good_is_never_due(memory_uow: Any, clock: FixedClock) -> None:
    async with open_shop(memory_uow, clock, environ={"RETENTION_OUTBOX_DAYS": "0"}) as shop:
        await a_sent_mail(shop.uow, clock, shop.org_id, "sent")
        clock.advance(days=4000)
        body = (await clean_up(shop)).json()
    (outbox,) = [each for each in body["classes"] if each["class"] == "outbox"]
    assert (outbox["days"], outbox["cutoff"], outbox["due"]) == (0, None, 0)
    assert counted(body)["email_log"] == (1, 1, 0)


async def test_a_mail_past_its_time_is_listed_without_its_recipient(shop: Shop, clock: FixedClock) -> None:
    event_id = await a_sent_mail(shop.uow, clock, shop.org_id, "sent")
    clock.advance(days=365)
    await clean_up(shop)
    (mail,) = (await shop.staff("GET", "/messaging/events", "viewer")).json()["items"]
    assert (mail["event_id"], mail["recipient"], mail["subject"]) == (str(event_id), None, None)
    shown = (await shop.staff("GET", f"/outbox/{event_id}", "admin")).json()
    assert (shown["status"], shown["recipient"], shown["dedupe_key"]) == ("sent", None, "sent")


async def test_the_scheduler_s_report_is_the_sum_over_all(memory_uow: Any, clock: FixedClock) -> None:
    environ = {"SCHEDULER_TOKEN": TOKEN}
    async with open_shop(memory_uow, clock, environ=environ) as one, open_shop(memory_uow, clock) as other:
        for shop in (one, other):
            await a_sent_mail(shop.uow, clock, shop.org_id, "sent")
            await fail(shop.uow, clock, shop.org_id, "dead")
        clock.advance(days=90)
        headers = {"authorization": f"Bearer {TOKEN}"}
        answer = await one.client.post(f"/v1/admin{CLEANUP}", headers=headers)
        body = answer.json()
        assert (answer.status_code, body["status"], body["orgs"]) == (202, "done", 2)
        assert counted(body)["outbox"] == counted(body)["outbox_dead"] == (2, 2, 0)
        for shop in (one, other):
            rows = await audited(shop.uow, shop.org_id)
            assert [row["after"]["class"] for row in rows] == ["outbox", "outbox_dead"]
        refused = await one.client.post(f"/v1/admin{CLEANUP}", headers=headers, json={"dry_run": True})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "dry_run")


@pytest.mark.parametrize("days", ["-1", "36501", "a week"])
def test_days_are_whole_and_bounded(days: str) -> None:
    from entrypoints.settings.load import read_settings

    _, faults = read_settings({"RETENTION_EXPORT_DAYS": days})
    assert [fault.variable for fault in faults] == ["RETENTION_EXPORT_DAYS"]
