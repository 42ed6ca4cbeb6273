"""The janitor's list over HTTP: who sees what must be gone, and may have it tried again."""

from typing import Any
from uuid import UUID, uuid4

from uuid_utils.compat import uuid7

from application.ports.unit_of_work import UnitOfWork
from domain.shared.ids import OrgId
from domain.storage.tombstone import Persistence, Tombstone, tombstones_of
from tests.support.clock import FixedClock
from tests.support.outgoing import audited
from tests.support.photo_keys import photo_keys
from tests.support.salon import Salon

PATH = "/storage/tombstones"
ONCE = Persistence(most_attempts=1, interval_seconds=30)


async def bury(uow: UnitOfWork, org_id: OrgId, clock: FixedClock) -> tuple[Tombstone, ...]:
    """Ten objects, the first of which is stuck."""
    first, *others = tombstones_of(photo_keys(org_id), clock.now(), lambda: UUID(int=uuid7().int))
    made = (first.fail(clock.now(), "storage_rejected", ONCE), *others)
    async with uow.begin(org_id) as unit:
        await unit.tombstones.add(made)
    return made


async def listed(salon: Salon, **query: str) -> dict[str, Any]:
    answer = await salon.get(PATH, "admin", **query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_admins_see_what_waits_and_what_is_stuck(salon: Salon, clock: FixedClock) -> None:
    stuck, *pending = await bury(salon.uow, salon.shop.org_id, clock)
    everything = await listed(salon)
    assert [item["tombstone_id"] for item in everything["items"]] == [
        str(one.id) for one in (stuck, *pending)
    ]
    assert (everything["total"], everything["limit"], everything["offset"]) == (10, 50, 0)
    assert everything["items"][0] == {
        "tombstone_id": str(stuck.id),
        "order_id": str(stuck.booking_id),
        "photo_id": str(stuck.photo_id),
        "variant": "original",
        "state": "stuck",
        "attempts": 1,
        "last_error": "storage_rejected",
        "next_attempt_at": "2026-03-03T14:00:00Z",
        "created_at": "2026-03-02T14:00:00Z",
        "actions": [
            {"rel": "retry", "method": "POST", "href": f"/v1/admin{PATH}/{stuck.id}/retry"},
        ],
    }
    assert (await listed(salon, state="stuck"))["total"] == 1
    page = await listed(salon, state="pending", limit="2", offset="8")
    assert [item["tombstone_id"] for item in page["items"]] == [str(pending[8].id)]
    assert page["total"] == 9


async def test_no_answer_holds_a_key(salon: Salon, clock: FixedClock) -> None:
    made = await bury(salon.uow, salon.shop.org_id, clock)
    text = (await salon.get(PATH, "admin")).text
    assert not [one.key for one in made if one.key in text]


async def test_it_is_for_admins_and_for_known_words(salon: Salon) -> None:
    assert (await salon.get(PATH, "dispatcher")).status_code == 403
    assert (await salon.get(PATH, "admin", state="done")).status_code == 422
    assert (await salon.get(PATH, "admin", limit="0")).status_code == 422


async def test_a_stuck_one_is_tried_again_and_that_is_on_record(salon: Salon, clock: FixedClock) -> None:
    stuck, *_ = await bury(salon.uow, salon.shop.org_id, clock)
    path = f"{PATH}/{stuck.id}/retry"
    assert (await salon.shop.staff("POST", path, "dispatcher")).status_code == 403
    answer = await salon.shop.staff("POST", path, "admin")
    assert answer.status_code == 202
    told = answer.json()
    assert (told["state"], told["attempts"], told["next_attempt_at"]) == (
        "pending",
        0,
        "2026-03-02T14:00:00Z",
    )
    (row,) = [
        row
        for row in await audited(salon.uow, salon.shop.org_id)
        if row["resource_type"] == "storage_tombstone"
    ]
    assert (row["action"], row["resource_id"]) == ("tombstone_retry", stuck.id)
    assert (row["before"], row["after"]) == (
        {"state": "stuck", "attempts": 1},
        {"state": "pending", "attempts": 0},
    )
    assert (await salon.shop.staff("POST", f"{PATH}/{uuid4()}/retry", "admin")).status_code == 404
