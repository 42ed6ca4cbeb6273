"""Suppressed addresses over HTTP: who sees them, and which an admin may lift."""

from uuid import uuid4

import pytest

from domain.delivery.suppression import Reason, Scope, Suppression
from tests.contracts.test_suppressions import a_suppression, add
from tests.support.outgoing import audited
from tests.support.salon import Salon

PATH = "/messaging/suppressions"


async def ids(salon: Salon, **query: str) -> list[str]:
    answer = await salon.get(PATH, "admin", **query)
    assert answer.status_code == 200, answer.text
    return [item["suppression_id"] for item in answer.json()["items"]]


async def suppressed(salon: Salon, *made: Suppression) -> None:
    await add(salon.uow, salon.shop.org_id, *made)


async def test_admins_see_them_newest_first_in_pages(salon: Salon) -> None:
    made = [a_suppression(f"client{number}@example.com") for number in range(3)]
    await suppressed(salon, *made)
    first = (await salon.get(PATH, "admin", limit="2")).json()
    assert [item["recipient"] for item in first["items"]] == ["client2@example.com", "client1@example.com"]
    assert await ids(salon, limit="2", cursor=first["next_cursor"]) == [str(made[0].id)]
    assert await ids(salon, recipient="CLIENT1@example.com") == [str(made[1].id)]
    assert await ids(salon, reason="complaint") == []
    assert set(first["items"][0]) == {
        *("suppression_id", "recipient", "scope", "reason", "source_event_id", "created_at")
    }
    assert (await salon.get(PATH, "dispatcher")).status_code == 403
    assert (await salon.get(PATH, "admin", reason="bored")).status_code == 422


async def test_lifting_one_is_on_record(salon: Salon) -> None:
    await suppressed(salon, made := a_suppression())
    assert (await salon.shop.staff("DELETE", f"{PATH}/{made.id}", "dispatcher")).status_code == 403
    assert (await salon.shop.staff("DELETE", f"{PATH}/{made.id}", "admin")).status_code == 204
    assert await ids(salon) == []
    (row,) = [
        row for row in await audited(salon.uow, salon.shop.org_id) if row["resource_type"] == "suppression"
    ]
    assert (row["action"], row["before"]) == (
        "suppression_remove",
        {"scope": "all", "reason": "hard_bounce"},
    )
    for missing in (made.id, uuid4()):
        answer = await salon.shop.staff("DELETE", f"{PATH}/{missing}", "admin")
        assert (answer.status_code, answer.json()["type"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("scope", "reason"), [(Scope.NPS, Reason.UNSUBSCRIBED), (Scope.ALL, Reason.COMPLAINT)]
)
async def test_what_the_recipient_asked_for_is_not_ours_to_lift(
    salon: Salon, scope: Scope, reason: Reason
) -> None:
    await suppressed(salon, made := a_suppression(scope=scope, reason=reason))
    answer = await salon.shop.staff("DELETE", f"{PATH}/{made.id}", "admin")
    assert (answer.status_code, answer.json()["type"]) == (409, "suppression_by_recipient")
    assert await ids(salon) == [str(made.id)]
