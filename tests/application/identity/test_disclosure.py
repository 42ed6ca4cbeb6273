"""What an organisation sees of somebody who has not agreed to be a member (identity page, §7, disclosure)."""

from datetime import UTC, datetime

import pytest

from application.ports.users import User
from domain.identity.membership import MembershipStatus
from tests.support.identity import a_membership, a_person

NOW = datetime(2026, 3, 2, 14, tzinfo=UTC)


@pytest.mark.parametrize("status", [MembershipStatus.INVITED, MembershipStatus.INACTIVE])
def test_nothing_of_the_person_is_told_before_they_accept(status: MembershipStatus) -> None:
    """Nor once the invitation was taken back."""
    person = a_person(NOW, mfa_enabled=True, must_change_password=True)
    member = a_membership(person.id, NOW, status=status, joined=False, last_login_at=NOW)
    user = User.of(person, member, None, None)
    assert (user.mfa_enabled, user.must_change_password, user.last_login_at) == (False, False, None)
    known = User.of(person, a_membership(person.id, NOW, status=MembershipStatus.INACTIVE), None, None)
    assert (known.mfa_enabled, known.must_change_password) == (True, True)
