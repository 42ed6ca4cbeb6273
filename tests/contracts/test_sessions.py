from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.memory.doors import MemorySessionStates
from adapters.memory.unit_of_work import MemoryUnitOfWork
from adapters.postgres.credentials import PostgresSessionStates
from application.ports.sessions import SessionStates, Standing
from application.ports.unit_of_work import UnitOfWork
from domain.identity.actor import Role
from domain.identity.membership import MembershipStatus
from domain.identity.person import Person
from domain.identity.session import RefreshToken, RevokedReason, Session
from domain.shared.ids import OrgId, SessionId
from domain.tenancy.org import OrgStatus
from tests.support.clock import FixedClock
from tests.support.identity import IDS, a_membership, a_session, join


@pytest.fixture
def states(uow: UnitOfWork, request: pytest.FixtureRequest) -> SessionStates:
    if isinstance(uow, MemoryUnitOfWork):
        return MemorySessionStates(uow)
    engine: AsyncEngine = request.getfixturevalue("postgres_engine")
    return PostgresSessionStates(engine)


async def begun(uow: UnitOfWork, org_id: OrgId, person: Person, clock: FixedClock) -> Session:
    session = a_session(person, clock.now())
    async with uow.begin(org_id) as unit:
        await unit.sessions.add(session)
    return session


async def test_a_session_is_seen_in_its_organisation_alone(
    uow: UnitOfWork, an_org: OrgId, rival: OrgId, clock: FixedClock
) -> None:
    person = await join(uow, an_org, clock.now())
    await join(uow, rival, clock.now(), person)
    session = await begun(uow, an_org, person, clock)
    async with uow.begin(rival) as unit:
        assert await unit.sessions.find(session.id) is None
        assert await unit.sessions.lock(session.id) is None
        assert await unit.sessions.list_live(person.id, clock.now(), None, 9) == []
        assert await unit.sessions.revoke_all(RevokedReason.LOGOUT_ALL, clock.now()) == 0
    async with uow.begin(an_org) as unit:
        assert await unit.sessions.find(session.id) == session
        changed = session.revoked(RevokedReason.LOGOUT, clock.now())
        await unit.sessions.save(changed)
        assert await unit.sessions.lock(session.id) == changed


async def test_live_sessions_are_listed_newest_first_page_by_page(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    person = await join(uow, an_org, clock.now())
    await begun(uow, an_org, await join(uow, an_org, clock.now()), clock)
    sessions = [await begun(uow, an_org, person, clock) for _ in range(5)]
    ended, epoch_gone = sessions[1], sessions[3]
    async with uow.begin(an_org) as unit:
        await unit.sessions.save(ended.revoked(RevokedReason.LOGOUT, clock.now()))
        await unit.sessions.save(replace(epoch_gone, auth_epoch=7))
    async with uow.begin(an_org) as unit:
        first = await unit.sessions.list_live(person.id, clock.now(), None, 2)
        rest = await unit.sessions.list_live(person.id, clock.now(), first[-1].id, 2)
        later = await unit.sessions.list_live(person.id, sessions[0].expires_at, None, 9)
    assert [s.id for s in (*first, *rest)] == [sessions[4].id, sessions[2].id, sessions[0].id]
    assert later == []


async def test_all_open_sessions_of_one_or_of_everybody_end_at_once(
    uow: UnitOfWork, an_org: OrgId, clock: FixedClock
) -> None:
    one, other = await join(uow, an_org, clock.now()), await join(uow, an_org, clock.now())
    kept, mine, theirs = [await begun(uow, an_org, person, clock) for person in (one, one, other)]
    dormant_at = clock.now() + timedelta(days=2)
    async with uow.begin(an_org) as unit:
        ended = await unit.sessions.revoke_all(
            RevokedReason.PASSWORD_CHANGED, dormant_at, user_id=one.id, keep=kept.id
        )
        assert ended == 1
        assert await unit.sessions.find(mine.id) == mine.revoked(RevokedReason.PASSWORD_CHANGED, dormant_at)
        assert await unit.sessions.find(kept.id) == kept
        assert await unit.sessions.revoke_all(RevokedReason.ORG_SUSPENDED, dormant_at) == 2
        assert await unit.sessions.find(theirs.id) == theirs.revoked(RevokedReason.ORG_SUSPENDED, dormant_at)
        assert await unit.sessions.revoke_all(RevokedReason.ORG_SUSPENDED, dormant_at) == 0


async def test_use_moves_forward_only(uow: UnitOfWork, an_org: OrgId, clock: FixedClock) -> None:
    session = await begun(uow, an_org, await join(uow, an_org, clock.now()), clock)
    later = clock.now() + timedelta(minutes=3)
    async with uow.begin(an_org) as unit:
        await unit.sessions.touch({session.id: later, SessionId(IDS.new()): later})
        await unit.sessions.touch({session.id: clock.now()})
        await unit.sessions.touch({})
        assert await unit.sessions.find(session.id) == replace(session, last_used_at=later)


async def test_a_refresh_token_leads_to_its_organisation(
    uow: UnitOfWork, an_org: OrgId, rival: OrgId, clock: FixedClock
) -> None:
    session = await begun(uow, an_org, await join(uow, an_org, clock.now()), clock)
    token = RefreshToken(
        token_sha256=IDS.secret(32),
        session_id=session.id,
        generation=1,
        issued_at=clock.now(),
        expires_at=session.refresh_expires_at,
    )
    async with uow.begin(an_org) as unit:
        await unit.refresh_tokens.add(token)
    async with uow.begin_global() as shared:
        assert await shared.refresh_token_owners.find(token.token_sha256) == an_org
        assert await shared.refresh_token_owners.find(b"x" * 32) is None
    async with uow.begin(rival) as unit:
        assert await unit.refresh_tokens.find(token.token_sha256) is None
    async with uow.begin(an_org) as unit:
        spent = token.rotated(clock.now(), b"sealed")
        await unit.refresh_tokens.save(spent)
        assert await unit.refresh_tokens.find(token.token_sha256) == spent


async def test_a_session_s_standing_is_told_as_of_this_moment(
    uow: UnitOfWork, states: SessionStates, an_org: OrgId, rival: OrgId, clock: FixedClock
) -> None:
    person = await join(uow, an_org, clock.now(), role=Role.ADMIN)
    session = await begun(uow, an_org, person, clock)
    standing = await states.read(an_org, session.id, 1)
    assert standing == Standing(
        user_id=person.id,
        email=person.email,
        role=Role.ADMIN,
        membership=MembershipStatus.ACTIVE,
        org_active=True,
        generation_current=True,
        epoch_current=True,
        revoked_reason=None,
        expires_at=session.expires_at,
        proved_at=session.proved_at,
        mfa_verified=False,
        must_change_password=False,
    )
    ahead = await states.begin(an_org, session.id, 1)
    assert ahead is not None
    assert replace(ahead, org_timezone=None) == standing
    await states.end()
    await states.end()
    assert await states.begin(rival, session.id, 1) is None
    await states.end()
    assert await states.read(rival, session.id, 1) is None
    assert await states.read(an_org, SessionId(IDS.new()), 1) is None
    async with uow.begin(an_org) as unit:
        await unit.sessions.save(session.revoked(RevokedReason.ADMIN_LOGOUT, clock.now()))
        membership = a_membership(person.id, clock.now(), role=Role.VIEWER, status=MembershipStatus.INACTIVE)
        await unit.memberships.save(membership)
        await unit.persons.save((await unit.persons.lock(person.id)).temp_password_given(clock.now()))
        await unit.directory.set_status(an_org, OrgStatus.SUSPENDED)
    now = await states.read(an_org, session.id, 2)
    assert now is not None
    assert (now.role, now.membership, now.org_active) == (Role.VIEWER, MembershipStatus.INACTIVE, False)
    assert (now.generation_current, now.epoch_current, now.must_change_password) == (False, False, True)
    assert now.revoked_reason is RevokedReason.ADMIN_LOGOUT
