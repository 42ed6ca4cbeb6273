"""A cursor leads on in the list that gave it, and in no other."""

from tests.support.answers import fields_at_fault, ok
from tests.support.salon import Salon

LISTS = {
    "/leads": {},
    "/bookings": {"from": "2026-03-03"},
    "/blackouts": {},
    "/teams": {},
    "/workers": {},
    "/addons": {},
    "/price-book/versions": {},
}


async def test_the_cursor_of_one_list_is_refused_by_every_other(office: Salon) -> None:
    await two_of_each(office)
    cursors = {}
    for path, query in LISTS.items():
        cursors[path] = ok(await office.get(path, limit=1, **query))["next_cursor"]
    for giver, cursor in cursors.items():
        for path, query in LISTS.items():
            answer = await office.get(path, cursor=cursor, **query)
            if path == giver:
                assert len(ok(answer)["items"]) >= 1
            else:
                assert fields_at_fault(answer) == {"cursor"}, (giver, path)


async def two_of_each(office: Salon) -> None:
    """Of what an organisation is not born with: teams and add-ons there are."""
    book = ok(await office.get("/price-book"))
    fields = {
        name: value for name, value in book.items() if name not in {"version", "created_at", "created_by"}
    }
    ok(await office.shop.staff("PUT", "/price-book", "admin", json=fields))
    for day in ("2026-03-03", "2026-03-04"):
        await office.shop.lead()
        await office.created(f"{day}T09:00:00Z")
        window = {"starts_at": f"{day}T20:00:00Z", "ends_at": f"{day}T21:00:00Z"}
        ok(await office.shop.staff("POST", "/blackouts", json=window), 201)


async def test_a_cursor_leads_past_the_longest_of_names(office: Salon) -> None:
    """Folded, this letter becomes three: six bytes, eight in the cursor."""
    for ending in "ab":
        ok(await office.shop.staff("POST", "/teams", "admin", json={"name": "\u0390" * 79 + ending}), 201)
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = ok(await office.get("/teams", limit=1, **cursor))
        seen += [team["name"][-1] for team in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen[-2:] == ["a", "b"]
