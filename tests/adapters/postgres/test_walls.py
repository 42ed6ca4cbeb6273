"""Every table of an organisation, every way to reach another's row: none works, and its permitted twin does.

Runs as the application's role on a plain connection: what holds here holds without any help of ours. Tables
come from the catalogue, so a new one is covered by being there.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import uuid4

import asyncpg  # type: ignore[import-untyped]  # it ships no types
import pytest

from tests.support.database import TestDatabase
from tests.support.rows import Row, RowFactory, Statement, insertion
from tests.support.shapes import Shape, read_shapes

REFUSED = "42501"  # by a policy, or for lack of the right
NO_PARENT = "23503"
NO_ID = "22P02"
NOBODY = pytest.mark.parametrize("pinned", [None, "", str(uuid4())], ids=["unset", "empty", "unknown"])


@dataclass(frozen=True)
class Neighbours:
    """Two organisations with a row in every table, and a connection that has not said whose it is."""

    app: asyncpg.Connection
    ours: RowFactory
    theirs: RowFactory

    @property
    def shapes(self) -> list[Shape]:
        return self.ours.org_shapes

    async def outcome(self, pinned: str | None, *deeds: Statement | str) -> str:
        """What the last deed answers, or the SQLSTATE that refuses one; nothing stays either way."""
        transaction = self.app.transaction()
        await transaction.start()
        try:
            await pin(self.app, pinned)
            return await perform(self.app, deeds)
        except asyncpg.PostgresError as error:
            return str(error.sqlstate)
        finally:
            await transaction.rollback()

    async def ours_may(self, *deeds: Statement | str) -> str:
        return await self.outcome(str(self.ours.org_id), *deeds)


async def pin(connection: asyncpg.Connection, org_id: str | None) -> None:
    if org_id is not None:
        await connection.execute("select set_config('app.current_org_id', $1, true)", org_id)


async def perform(connection: asyncpg.Connection, deeds: tuple[Statement | str, ...]) -> str:
    answer = ""
    for deed in deeds:
        text, values = (deed, ()) if isinstance(deed, str) else deed
        answer = await connection.execute(text, *values)
    return answer


async def settle(superuser: asyncpg.Connection, app: asyncpg.Connection) -> RowFactory:
    factory = RowFactory(await read_shapes(superuser), uuid4())
    values = (str(factory.org_id), f"org-{factory.org_id.hex[-12:]}")
    org = "insert into orgs (id, slug, status, created_at) values ($1::text::uuid, $2, 'active', now())"
    await perform(
        superuser, ((org, values), *(s for n in (1, 2) for s in factory.insertions(n, of_org=False)))
    )
    await perform(superuser, tuple(factory.insertions(1, by_app=False)))
    async with app.transaction():
        await pin(app, str(factory.org_id))
        await perform(app, tuple(factory.insertions(1)))
    return factory


@pytest.fixture(scope="module")
async def neighbours(postgres: TestDatabase) -> AsyncIterator[Neighbours]:
    with postgres.clone("walls") as database:
        superuser = await asyncpg.connect(database.superuser_url.replace("+asyncpg", ""))
        app = await asyncpg.connect(database.app_url.replace("+asyncpg", ""))
        yield Neighbours(app, await settle(superuser, app), await settle(superuser, app))
        await app.close()
        await superuser.close()


def where(shape: Shape, row: Row) -> str:
    """The row by its whole key, the organisation included."""
    types = {column.name: column.type for column in shape.columns}
    return "where " + " and ".join(f"{name} = '{row[name]}'::{types[name]}" for name in shape.key)


def change(shape: Shape) -> str:
    column = shape.columns[-1].name
    return f"update {shape.table} set {column} = {column}"


def answer(shape: Shape, deed: str, rows: int) -> str:
    """What the deed answers on so many rows, if the application has the right at all."""
    return f"{deed.upper()} {rows}" if deed in shape.rights else REFUSED


async def test_every_table_has_a_row_of_ours_and_shows_no_other(neighbours: Neighbours) -> None:
    assert len(neighbours.shapes) >= 21
    for shape in neighbours.shapes:
        assert await neighbours.ours_may(f"select from {shape.table}") == "SELECT 1", shape.table


@NOBODY
async def test_without_an_organisation_no_row_is_reached(neighbours: Neighbours, pinned: str | None) -> None:
    ours = neighbours.ours
    for shape in neighbours.shapes:
        target = where(shape, ours.row(shape.table, 1))
        assert await neighbours.outcome(pinned, f"select from {shape.table}") == "SELECT 0", shape.table
        update, delete = f"{change(shape)} {target}", f"delete from {shape.table} {target}"
        assert await neighbours.outcome(pinned, update) == answer(shape, "update", 0), shape.table
        assert await neighbours.outcome(pinned, delete) == answer(shape, "delete", 0), shape.table


@NOBODY
async def test_without_an_organisation_no_row_is_made(neighbours: Neighbours, pinned: str | None) -> None:
    for shape in neighbours.shapes:
        row = neighbours.ours.row(shape.table, 2)
        unsaid = {name: value for name, value in row.items() if name != "org_id"} or {"org_id": None}
        assert await neighbours.outcome(pinned, insertion(shape, row)) == REFUSED, shape.table
        if pinned is None or not pinned:
            assert await neighbours.outcome(pinned, insertion(shape, unsaid)) == REFUSED, shape.table


async def test_a_pin_that_is_no_id_is_an_error(neighbours: Neighbours) -> None:
    for shape in neighbours.shapes:
        assert await neighbours.outcome("everything", f"select from {shape.table}") == NO_ID, shape.table


async def test_another_organisations_row_is_not_seen(neighbours: Neighbours) -> None:
    for shape in neighbours.shapes:
        for factory, seen in ((neighbours.theirs, 0), (neighbours.ours, 1)):
            read = f"select from {shape.table} {where(shape, factory.row(shape.table, 1))}"
            assert await neighbours.ours_may(read) == f"SELECT {seen}", shape.table


async def test_no_row_is_made_in_another_organisation(neighbours: Neighbours) -> None:
    for shape in neighbours.shapes:
        strange = insertion(shape, neighbours.theirs.row(shape.table, 2))
        assert await neighbours.ours_may(strange) == REFUSED, shape.table


async def test_rows_are_made_in_the_own_organisation(neighbours: Neighbours) -> None:
    own = [
        insertion(shape, neighbours.ours.row(shape.table, 2))
        for shape in neighbours.shapes
        if shape.key != ("org_id",)  # of these there is one, and it is there
    ]
    assert await neighbours.ours_may(*own) == "INSERT 0 1"


async def test_another_organisations_row_is_not_changed(neighbours: Neighbours) -> None:
    for shape in neighbours.shapes:
        for factory, changed in ((neighbours.theirs, 0), (neighbours.ours, 1)):
            update = f"{change(shape)} {where(shape, factory.row(shape.table, 1))}"
            assert await neighbours.ours_may(update) == answer(shape, "update", changed), shape.table


async def test_no_row_moves_to_another_organisation(neighbours: Neighbours) -> None:
    for shape in neighbours.shapes:
        target = where(shape, neighbours.ours.row(shape.table, 1))
        away = f"update {shape.table} set org_id = '{neighbours.theirs.org_id}' {target}"
        stay = f"update {shape.table} set org_id = '{neighbours.ours.org_id}' {target}"
        assert await neighbours.ours_may(away) == REFUSED, shape.table
        assert await neighbours.ours_may(stay) == answer(shape, "update", 1), shape.table


async def test_another_organisations_row_is_not_deleted(neighbours: Neighbours) -> None:
    for shape in neighbours.shapes:
        delete = f"delete from {shape.table} {where(shape, neighbours.theirs.row(shape.table, 1))}"
        assert await neighbours.ours_may(delete) == answer(shape, "delete", 0), shape.table


async def test_own_rows_are_deleted_children_first(neighbours: Neighbours) -> None:
    """The twin of the last one: each table's delete reaches its row once nothing leans on it."""
    ours, kept = neighbours.ours, set[str]()
    deeds: list[str] = []
    for shape in reversed(neighbours.shapes):
        if "delete" not in shape.rights or shape.table in kept:
            kept |= shape.parents()
            continue
        deeds.append(f"delete from {shape.table} {where(shape, ours.row(shape.table, 1))}")
        assert await neighbours.ours_may(*deeds) == "DELETE 1", shape.table
    assert len(deeds) > len(neighbours.shapes) / 2


async def test_no_row_points_at_another_organisations_parent(neighbours: Neighbours) -> None:
    ours, tried = neighbours.ours, 0
    for shape in neighbours.shapes:
        before = [
            insertion(s, ours.row(s.table, 2)) for s in neighbours.shapes if s.table in leans_on(ours, shape)
        ]
        for reference in shape.references:
            if not ours.shapes[reference.parent].has_org:
                continue
            row = ours.row(shape.table, 2)
            strange = row | reference.naming(neighbours.theirs.row(reference.parent, 1))
            own = row | reference.naming(ours.row(reference.parent, 2))
            assert await neighbours.ours_may(*before, insertion(shape, strange)) == NO_PARENT, reference.name
            assert await neighbours.ours_may(*before, insertion(shape, own)) == "INSERT 0 1", reference.name
            tried += 1
    assert tried >= 14


def leans_on(factory: RowFactory, shape: Shape) -> set[str]:
    """All tables of organisations that a row of this one needs rows in."""
    direct = {parent for parent in shape.parents() if factory.shapes[parent].has_org}
    return direct.union(*(leans_on(factory, factory.shapes[parent]) for parent in direct))


@pytest.mark.parametrize("as_ours", [True, False])
async def test_truncating_is_refused(neighbours: Neighbours, as_ours: bool) -> None:
    for shape in neighbours.shapes:
        pinned = str(neighbours.ours.org_id) if as_ours else None
        assert await neighbours.outcome(pinned, f"truncate {shape.table} cascade") == REFUSED, shape.table


async def test_the_pin_ends_with_the_transaction(neighbours: Neighbours) -> None:
    assert await neighbours.ours_may("select from org_profiles") == "SELECT 1"
    assert await neighbours.app.execute("select from org_profiles") == "SELECT 0"
