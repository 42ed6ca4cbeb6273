"""What was decided about bookings, on both adapters."""

from datetime import timedelta

from adapters.system.identifiers import SystemIdentifiers
from application.ports.unit_of_work import UnitOfWork
from domain.booking.override import BookingOverride, OverrideKind, OverrideValue
from domain.shared.ids import BookingId, OrgId, OverrideId, TeamId, UserId
from tests.support.bookings import NOW, a_booking
from tests.support.scheduling import a_team

IDS = SystemIdentifiers()


def an_override(
    booking_id: BookingId, minutes: int, value: OverrideValue, **fields: object
) -> BookingOverride:
    given = {"kind": OverrideKind.DEPOSIT_CENTS, "before": None, "created_by": None, **fields}
    return BookingOverride(
        id=OverrideId(IDS.new()),
        booking_id=booking_id,
        value=value,
        reason="Because",
        created_at=NOW + timedelta(minutes=minutes),
        **given,  # type: ignore[arg-type]  # fields of it
    )


async def test_they_are_listed_by_booking_oldest_first_in_pages(uow: UnitOfWork, an_org: OrgId) -> None:
    team = a_team(id=TeamId(IDS.new()))
    mine, other = (
        a_booking(booking_id=IDS.new(), team_id=team.id, starts_at=NOW + timedelta(days=n)) for n in (1, 2)
    )
    exception, band = OverrideKind.CANCELLATION_EXCEPTION, OverrideKind.RISK_BAND
    rows = [
        an_override(mine.id, 2, 0, before=5000),
        an_override(mine.id, 1, True, kind=exception, before=False),
        an_override(mine.id, 2, "HIGH", kind=band, before="LOW", created_by=UserId(IDS.new())),
    ]
    async with uow.begin(an_org) as unit:
        await unit.teams.save(team)
        for booking in (mine, other):
            await unit.bookings.save(booking)
        for row in (*rows, an_override(other.id, 0, 1)):
            await unit.overrides.add(row)
    expected = sorted(rows, key=lambda row: (row.created_at, row.id))
    async with uow.begin(an_org) as unit:
        first = await unit.overrides.list_page(mine.id, None, 2)
        rest = await unit.overrides.list_page(mine.id, (first[-1].created_at, first[-1].id), 2)
    assert [*first, *rest] == expected
