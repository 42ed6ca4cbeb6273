"""Workers over HTTP, on both databases."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.identity.actor import Role
from domain.shared.ids import BookingId, UserId
from tests.support.answers import fields_at_fault, missing_field, ok, problem, without_request
from tests.support.clock import FixedClock
from tests.support.identity import join
from tests.support.salon import ANN, BOB, NORTH, SOUTH, TEN, Salon, open_salon
from tests.support.trail import audit_rows, audited, usage


async def add(salon: Salon, acting: str = "dispatcher", **body: Any) -> dict[str, Any]:
    return dict(ok(await salon.shop.staff("POST", "/workers", acting, json={"name": "Cy", **body}), 201))


async def test_a_new_worker_is_answered_whole(salon: Salon) -> None:
    body = {
        "name": " Cy Twombly ",
        "team_id": str(SOUTH),
        "phone": "+1 555 010 0199",
        "email": "cy@example.com",
        "role": "Painter",
        "skills": [{"tag": "Walls"}, {"tag": "ceilings", "expires_on": "2027-01-31"}],
        "hourly_rate_cents": 2500,
    }
    answer = await salon.shop.staff("POST", "/workers", "admin", json=body)
    worker = ok(answer, 201)
    assert answer.headers["location"] == f"/v1/admin/workers/{worker['worker_id']}"
    assert worker == {
        **body,
        "name": "Cy Twombly",
        "worker_id": worker["worker_id"],
        "team_name": "South",
        "skills": [{"tag": "Walls", "expires_on": None}, {"tag": "ceilings", "expires_on": "2027-01-31"}],
        "user_id": None,
        "is_active": True,
        "version": 1,
        "created_at": "2026-03-02T14:00:00Z",
        "updated_at": "2026-03-02T14:00:00Z",
    }
    assert ok(await salon.shop.staff("GET", f"/workers/{worker['worker_id']}", "finance")) == worker
    fresh = await salon.shop.staff("GET", f"/workers/{ANN}", headers={"if-none-match": '"1"'})
    assert fresh.status_code == 304


async def test_turning_the_page_tells_a_viewer_no_name(office: Salon) -> None:
    for name in ("Zoe Quick", "Zoe Slow"):
        await add(office, name=name)
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 1}
    while len(seen) < 9:
        page = ok(await office.get("/workers", "viewer", **query))
        seen += [worker["worker_id"] for worker in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break
        told = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("latin-1").casefold()
        assert not any(name in told for name in ("zoe quick", "zoe slow", "workers"))
        query = {"limit": 1, "cursor": cursor}
    everybody = ok(await office.get("/workers"))["items"]
    assert seen == [worker["worker_id"] for worker in everybody]
    made_up = urlsafe_b64encode(b'["workers","z","00000000-0000-0000-0000-000000000000"]').decode()
    assert fields_at_fault(await office.shop.staff("GET", f"/workers?cursor={made_up}")) == {"cursor"}


async def test_without_a_team_a_worker_joins_the_default_one(salon: Salon) -> None:
    assert (await add(salon))["team_id"] == str(NORTH)


async def test_an_unknown_team_is_never_replaced(salon: Salon) -> None:
    unknown = await salon.shop.staff("POST", "/workers", json={"name": "Cy", "team_id": str(uuid4())})
    assert missing_field(unknown) == "team_id"
    moved = await salon.shop.staff("PATCH", f"/workers/{ANN}", json={"team_id": str(uuid4())})
    assert missing_field(moved) == "team_id"


async def test_the_hourly_rate_is_seen_by_finance_and_admin_and_written_by_admin(salon: Salon) -> None:
    worker = await add(salon, "admin", hourly_rate_cents=3000)
    path = f"/workers/{worker['worker_id']}"
    seen = {role: ok(await salon.shop.staff("GET", path, role))["hourly_rate_cents"] for role in ROLES}
    assert seen == {"owner": 3000, "admin": 3000, "finance": 3000, "dispatcher": None, "viewer": None}
    problem(await salon.shop.staff("PATCH", path, json={"hourly_rate_cents": 1}), 403, "forbidden")
    refused = await salon.shop.staff("POST", "/workers", json={"name": "X", "hourly_rate_cents": 1})
    problem(refused, 403, "forbidden")
    assert ok(await salon.shop.staff("PATCH", path, json={"name": "Di"}))["name"] == "Di"
    assert ok(await salon.shop.staff("GET", path, "admin"))["hourly_rate_cents"] == 3000
    assert (
        ok(await salon.shop.staff("PATCH", path, "admin", json={"hourly_rate_cents": None}))["version"] == 3
    )


ROLES = ("owner", "admin", "finance", "dispatcher", "viewer")


async def test_a_viewer_sees_workers_masked_and_may_not_search(salon: Salon) -> None:
    await add(salon, name="Zoe", phone="+1 555 010 0199", email="zoe@example.com")
    *_, zoe = ok(await salon.shop.staff("GET", "/workers", "viewer"))["items"]
    assert (zoe["name"], zoe["phone"], zoe["email"]) == ("Z***", "***-0199", "z***@example.com")
    problem(await salon.shop.staff("GET", "/workers", "viewer", params={"q": "zoe"}), 403, "forbidden")


async def test_workers_are_listed_filtered_and_paged(salon: Salon) -> None:
    await add(salon, name="ada", team_id=str(SOUTH), role="window lead", email="ada@x.example")
    await add(salon, name="Cy", is_active=False)
    first = ok(await salon.shop.staff("GET", "/workers", params={"limit": 3}))
    rest = ok(await salon.shop.staff("GET", "/workers", params={"cursor": first["next_cursor"]}))
    assert [w["name"] for w in first["items"] + rest["items"]] == ["ada", "Ann", "Bob", "Cy"]
    for query, names in (
        ({"active": "true"}, ["ada", "Ann", "Bob"]),
        ({"team_id": str(SOUTH)}, ["ada", "Bob"]),
        ({"q": "X.EXAMPLE"}, ["ada"]),
        ({"skill_tags": ["Lead", "window"]}, ["ada"]),
        ({"skill_tags": ["lead", "carpet"]}, []),
    ):
        found = ok(await salon.shop.staff("GET", "/workers", params=query))
        assert [worker["name"] for worker in found["items"]] == names
    assert fields_at_fault(await salon.shop.staff("GET", "/workers", params={"skill_tags": " "})) == {
        "skill_tags"
    }


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"name"}),
        ({"name": "x" * 121}, {"name"}),
        ({"name": "X", "phone": "12", "email": "nope", "role": "r" * 121}, {"phone", "email", "role"}),
        ({"name": "X", "skills": [{"tag": " "}]}, {"skills/0/tag"}),
        ({"name": "X", "skills": [{"tag": "a"}, {"tag": "A "}]}, {"skills/1/tag"}),
        ({"name": "X", "skills": [{"tag": "a", "expires_on": "2026-02-30"}]}, {"skills/0/expires_on"}),
        ({"name": "X", "skills": [{"tag": f"t{n}"} for n in range(31)]}, {"skills"}),
        ({"name": "X", "hourly_rate_cents": -1}, {"hourly_rate_cents"}),
        ({"name": "X", "hourly_rate_cents": 1_000_001}, {"hourly_rate_cents"}),
        ({"name": "X", "user_id": "me"}, {"user_id"}),
        ({"name": "X", "version": 2}, {"version"}),
    ],
)
async def test_a_worker_that_cannot_be_added(office: Salon, body: dict[str, Any], fields: set[str]) -> None:
    assert fields_at_fault(await office.shop.staff("POST", "/workers", "admin", json=body)) == fields


# -- logins


async def a_user(salon: Salon, clock: FixedClock, role: Role) -> UserId:
    return (await join(salon.uow, salon.shop.org_id, clock.now(), role=role)).id


async def test_a_login_is_linked_to_one_worker_and_must_be_a_workers(salon: Salon, clock: FixedClock) -> None:
    user, viewer = await a_user(salon, clock, Role.WORKER), await a_user(salon, clock, Role.VIEWER)
    assert (await add(salon, user_id=str(user)))["user_id"] == str(user)
    for method, path in (("POST", "/workers"), ("PATCH", f"/workers/{ANN}")):
        for user_id, code in ((user, "user_already_linked"), (viewer, "user_not_worker")):
            answer = await salon.shop.staff(method, path, json={"name": "Di", "user_id": str(user_id)})
            assert problem(answer, 409, code)["errors"][0]["field"] == "user_id"
        unknown = await salon.shop.staff(method, path, json={"name": "Di", "user_id": str(uuid4())})
        assert missing_field(unknown) == "user_id"
    async with open_salon(salon.uow, clock) as rival:
        foreign = await rival.shop.staff("PATCH", f"/workers/{ANN}", json={"user_id": str(user)})
        assert missing_field(foreign) == "user_id"


# -- switching off


async def test_a_worker_with_jobs_is_switched_off_only_with_their_release(salon: Salon) -> None:
    first = await salon.created(TEN, team_id=NORTH, worker_ids=[ANN, BOB])
    second = await salon.created("2026-03-03T14:00:00-05:00", team_id=NORTH, worker_ids=[ANN])
    problem(
        await salon.shop.staff("PATCH", f"/workers/{ANN}", json={"is_active": False}), 409, "worker_has_jobs"
    )
    body = {"is_active": False, "unassign_future": True}
    answer = ok(await salon.shop.staff("PATCH", f"/workers/{ANN}", json=body))
    assert answer["unassigned_booking_ids"] == [first["booking_id"], second["booking_id"]]
    assert (answer["is_active"], answer["version"]) == (False, 2)
    kept = await salon.read(first["booking_id"])
    assert [member["worker_id"] for member in kept["crew"]] == [str(BOB)]
    assert kept["version"] == first["version"] + 1
    assert (await audited(salon.uow, salon.shop.org_id, first["booking_id"]))[-1] == "booking_unassign"
    again = ok(await salon.shop.staff("PATCH", f"/workers/{ANN}", json=body))
    assert (again["version"], again["unassigned_booking_ids"]) == (2, [])


async def test_past_and_finished_jobs_keep_their_crew(salon: Salon, clock: FixedClock) -> None:
    past = await salon.created(TEN, team_id=NORTH, worker_ids=[ANN])
    clock.advance(days=2)
    ok(await salon.shop.staff("PATCH", f"/workers/{ANN}", json={"is_active": False}))
    async with salon.uow.begin(salon.shop.org_id) as unit:
        booking = await unit.bookings.get(BookingId(UUID(past["booking_id"])))
    assert booking.crew == (ANN,)


async def test_usage_counts_active_workers(salon: Salon) -> None:
    worker = await add(salon)
    await add(salon, is_active=False)
    path = f"/workers/{worker['worker_id']}"
    for active in (False, False, True):
        ok(await salon.shop.staff("PATCH", path, json={"is_active": active}))
    assert await usage(salon.uow, salon.shop.org_id, "worker_created") == [1, -1, 1]


async def test_every_change_is_audited_without_personal_values(salon: Salon) -> None:
    worker = await add(salon, email="cy@example.com")
    path = f"/workers/{worker['worker_id']}"
    for _ in range(2):
        ok(await salon.shop.staff("PATCH", path, json={"phone": "+1 555 010 0101", "is_active": False}))
    assert await audited(salon.uow, salon.shop.org_id, worker["worker_id"]) == [
        "worker_create",
        "worker_update",
    ]
    rows = await audit_rows(salon.uow, salon.shop.org_id, worker["worker_id"])
    assert rows[-1]["after"]["changed"] == ["phone"]
    assert not any("example.com" in str(row) or "0101" in str(row) for row in rows)


async def test_a_stale_version_is_refused(salon: Salon) -> None:
    answer = await salon.shop.staff(
        "PATCH", f"/workers/{ANN}", json={"name": "A"}, headers={"if-match": '"9"'}
    )
    problem(answer, 412, "version_conflict")


async def test_another_organisations_worker_is_as_unknown_as_a_made_up_one(
    salon: Salon, clock: FixedClock
) -> None:
    async with open_salon(salon.uow, clock) as rival:
        theirs = (await add(rival, name="Eve"))["worker_id"]
        for method, path, body in (
            ("GET", "/workers/{}", None),
            ("PATCH", "/workers/{}", {"name": "Ours"}),
            ("GET", "/blackouts?worker_id={}", None),
        ):
            foreign = await salon.shop.staff(method, path.format(theirs), json=body)
            made_up = await salon.shop.staff(method, path.format(uuid4()), json=body)
            assert missing_field(foreign) == "worker_id"
            assert without_request(foreign) == without_request(made_up)


async def test_viewers_and_finance_write_no_workers(office: Salon) -> None:
    for role in ("viewer", "finance", "worker"):
        problem(await office.shop.staff("POST", "/workers", role, json={"name": "No"}), 403, "forbidden")
        problem(
            await office.shop.staff("PATCH", f"/workers/{ANN}", role, json={"name": "No"}), 403, "forbidden"
        )
