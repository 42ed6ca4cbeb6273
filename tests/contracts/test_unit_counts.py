"""What a unit counts is told when it has committed, once, and not before; on both databases."""

import pytest

from application.ports.measures import Counted, Figure
from application.ports.unit_of_work import Unit, UnitOfWork
from domain.shared.ids import OrgId
from tests.support.measures import Heard


async def test_what_is_counted_is_told_at_the_end(measured: UnitOfWork, an_org: OrgId, heard: Heard) -> None:
    async with measured.begin(an_org) as unit:
        unit.counts.add(Figure.BOOKINGS, "create")
        unit.counts.add(Figure.BOOKINGS, "confirm", amount=3)
        assert heard.counted == []
    assert heard.counted == [
        Counted(Figure.BOOKINGS, ("create",)),
        Counted(Figure.BOOKINGS, ("confirm",), 3),
    ]


async def fail_after_counting(uow: UnitOfWork, org_id: OrgId) -> None:
    async with uow.begin(org_id) as unit:
        unit.counts.add(Figure.BOOKINGS, "create")
        raise ZeroDivisionError


async def fail_inside(unit: Unit) -> None:
    async with unit.savepoint():
        unit.counts.add(Figure.BOOKINGS, "confirm")
        raise ZeroDivisionError


async def test_what_is_undone_was_not_counted(measured: UnitOfWork, an_org: OrgId, heard: Heard) -> None:
    with pytest.raises(ZeroDivisionError):
        await fail_after_counting(measured, an_org)
    assert heard.counted == []
    async with measured.begin(an_org) as unit:
        unit.counts.add(Figure.BOOKINGS, "create")
        with pytest.raises(ZeroDivisionError):
            await fail_inside(unit)
    assert heard.counted == [Counted(Figure.BOOKINGS, ("create",))]
