from datetime import UTC, datetime, timedelta
from uuid import UUID

from domain.identity.actor import Role
from domain.identity.membership import Belonging, MembershipStatus, choose_belonging
from domain.shared.ids import OrgId

NOW = datetime(2026, 3, 8, 12, 0, tzinfo=UTC)


def belonging(
    number: int,
    *,
    status: MembershipStatus = MembershipStatus.ACTIVE,
    used: int | None = None,
    age: int = 0,
) -> Belonging:
    return Belonging(
        org_id=OrgId(UUID(int=number)),
        slug=f"org-{number}",
        org_active=True,
        role=Role.VIEWER,
        status=status,
        created_at=NOW - timedelta(days=age),
        last_session_at=None if used is None else NOW - timedelta(days=used),
        open_sessions=0,
    )


def test_the_organisation_that_is_asked_for_wins() -> None:
    first, second = belonging(1, used=1), belonging(2)
    assert choose_belonging([first, second], second.org_id) == second


def test_one_where_the_person_is_not_active_is_no_choice() -> None:
    invited = belonging(1, status=MembershipStatus.INVITED, used=0, age=9)
    inactive = belonging(2, status=MembershipStatus.INACTIVE, used=0, age=8)
    active = belonging(3)
    assert choose_belonging([invited, inactive], None) is None
    assert choose_belonging([invited, inactive, active], None) == active
    assert choose_belonging([invited, active], invited.org_id) is None
    assert choose_belonging([active], OrgId(UUID(int=77))) is None


def test_else_the_latest_session_decides_and_else_the_oldest_membership() -> None:
    old, recent, unused = belonging(1, used=9, age=1), belonging(2, used=2, age=2), belonging(3, age=30)
    assert choose_belonging([old, recent, unused], None) == recent
    assert choose_belonging([belonging(4, age=3), unused], None) == unused
    assert choose_belonging([], None) is None
