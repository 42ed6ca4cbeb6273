from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from domain.identity.session import Lifetimes, RefreshToken, RevokedReason, Session, SessionState
from domain.shared.ids import SessionId, UserId

NOW = datetime(2026, 3, 8, 12, 0, 0, 123456, tzinfo=UTC)
LIFETIMES = Lifetimes(
    access=timedelta(minutes=15),
    session=timedelta(hours=24),
    refresh=timedelta(days=14),
    absolute=timedelta(days=30),
)


def a_session() -> Session:
    return Session.begin(
        id=SessionId(UUID(int=1)),
        user_id=UserId(UUID(int=2)),
        auth_epoch=3,
        now=NOW,
        lifetimes=LIFETIMES,
        user_agent="x" * 500,
    )


@pytest.mark.parametrize(
    ("later", "state"),
    [
        (timedelta(0), SessionState.LIVE),
        (timedelta(hours=24) - timedelta(microseconds=1), SessionState.LIVE),
        (timedelta(hours=24), SessionState.DORMANT),
        (timedelta(days=14) - timedelta(microseconds=1), SessionState.DORMANT),
        (timedelta(days=14), SessionState.EXPIRED),
    ],
)
def test_time_moves_a_session(later: timedelta, state: SessionState) -> None:
    assert a_session().state(NOW + later, 3) is state


def test_a_refresh_revives_it_but_never_past_its_absolute_end() -> None:
    session = a_session()
    for day in (10, 20, 29):
        session = session.refreshed(NOW + timedelta(days=day), LIFETIMES)
    assert session.generation == 4
    assert session.expires_at == session.refresh_expires_at == session.ends_at == NOW + timedelta(days=30)
    assert session.state(session.ends_at, 3) is SessionState.EXPIRED


def test_another_epoch_of_the_person_ends_it() -> None:
    assert a_session().state(NOW, 4) is SessionState.REVOKED
    assert a_session().carried_over(4).state(NOW, 4) is SessionState.LIVE


def test_a_revocation_is_final_and_keeps_its_first_reason() -> None:
    session = a_session().revoked(RevokedReason.LOGOUT, NOW)
    again = session.revoked(RevokedReason.ADMIN_LOGOUT, NOW + timedelta(hours=1))
    assert again == session
    assert again.state(NOW, 3) is SessionState.REVOKED


def test_an_access_token_never_outlives_its_session() -> None:
    session = a_session()
    late = session.expires_at - timedelta(minutes=5)
    assert session.access_expires_at(NOW, LIFETIMES) == NOW.replace(microsecond=0) + timedelta(minutes=15)
    assert session.access_expires_at(late, LIFETIMES) == session.expires_at.replace(microsecond=0)


def test_what_a_client_calls_itself_is_cut_to_what_is_kept() -> None:
    assert len(a_session().user_agent or "") == 200


def test_only_the_immediate_parent_gets_its_child_again_and_only_shortly_after() -> None:
    session = a_session()
    token = RefreshToken(
        token_sha256=b"x", session_id=session.id, generation=1, issued_at=NOW, expires_at=NOW
    )
    grace = timedelta(seconds=10)
    child = session.refreshed(NOW, LIFETIMES)
    spent = token.rotated(NOW, b"sealed")
    assert spent.may_repeat(child, NOW + grace - timedelta(microseconds=1), grace)
    assert not spent.may_repeat(child, NOW + grace, grace)
    assert not spent.may_repeat(child, NOW, timedelta(0))
    assert not spent.may_repeat(child.refreshed(NOW, LIFETIMES), NOW, grace)
    assert not replace(spent, sealed_child=None).may_repeat(child, NOW, grace)
    assert not token.may_repeat(child, NOW, grace)
