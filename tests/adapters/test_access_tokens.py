"""Whatever is not exactly an access token of ours is refused, and never with another error."""

import base64
import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from adapters.jose.access_tokens import JoseAccessTokens, kid_of
from adapters.system.identifiers import SystemIdentifiers
from application.ports.tokens import AccessClaims
from domain.identity.actor import Role
from domain.shared.errors import Unauthenticated
from domain.shared.ids import OrgId, SessionId, UserId
from tests.support.clock import START, FixedClock
from tests.support.hostile_tokens import Forge

KEY, OLD_KEY = b"k" * 32, b"o" * 32
IDS = SystemIdentifiers()
NOW = int(START.timestamp())
CLAIMS: dict[str, Any] = {
    "iss": "sweepline",
    "aud": "staff",
    "sub": str(UUID(int=1)),
    "org_id": str(UUID(int=2)),
    "role": "dispatcher",
    "sid": str(UUID(int=3)),
    "gen": 1,
    "jti": "id",
    "iat": NOW,
    "exp": NOW + 900,
}


def tokens(now: datetime = START, *keys: bytes) -> JoseAccessTokens:
    return JoseAccessTokens(keys or (KEY, OLD_KEY), FixedClock(now), IDS)


FORGE = Forge(KEY, OLD_KEY, CLAIMS, NOW)
CORPUS = FORGE.corpus()
good = FORGE.good


def test_the_corpus_is_large_enough() -> None:
    assert len({token for _, token in CORPUS}) >= 180


@pytest.mark.parametrize("token", [pytest.param(token, id=name) for name, token in CORPUS])
def test_a_hostile_token_is_refused(token: str) -> None:
    with pytest.raises(Unauthenticated):
        tokens().verify(token)


def test_the_corpus_s_starting_point_is_good() -> None:
    claims = tokens().verify(good(mfa_verified=True))
    assert claims.role is Role.DISPATCHER
    assert claims.mfa_verified
    assert tokens().verify(good(iat=NOW + 30)).generation == 1
    assert tokens().verify(good(exp=NOW + 1)).session_id == UUID(int=3)


def test_a_token_says_what_it_was_issued_for() -> None:
    claims = AccessClaims(
        user_id=UserId(IDS.new()),
        org_id=OrgId(IDS.new()),
        role=Role.FINANCE,
        session_id=SessionId(IDS.new()),
        generation=7,
        issued_at=START,
        expires_at=START + timedelta(minutes=15),
        mfa_verified=True,
    )
    token = tokens().issue(claims)
    assert tokens().verify(token) == claims
    assert tokens().issue(claims) != token
    header = json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))
    assert header == FORGE.header
    with pytest.raises(Unauthenticated):
        tokens(START + timedelta(minutes=15)).verify(token)


def test_an_earlier_key_verifies_and_does_not_sign() -> None:
    old = FORGE.signed({**FORGE.header, "kid": kid_of(OLD_KEY)}, CLAIMS, OLD_KEY)
    assert tokens().verify(old).generation == 1
    with pytest.raises(Unauthenticated):
        tokens(START, KEY).verify(old)
    issued = tokens().issue(tokens().verify(old))
    assert tokens(START, KEY).verify(issued).generation == 1


def test_a_remembered_token_is_refused_once_its_time_is_over() -> None:
    clock = FixedClock(START)
    verifier = JoseAccessTokens((KEY,), clock, IDS)
    token = good()
    assert verifier.verify(token) == verifier.verify(token)
    clock.advance(seconds=900)
    with pytest.raises(Unauthenticated):
        verifier.verify(token)
    clock.set(START - timedelta(seconds=31))
    with pytest.raises(Unauthenticated):
        verifier.verify(token)
