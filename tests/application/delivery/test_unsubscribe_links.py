import base64
import secrets
from random import Random
from uuid import UUID

import pytest

from application.delivery.unsubscribe_links import OptOut, UnsubscribeLinks, UnsubscribeTokenInvalid
from domain.delivery.suppression import Scope
from domain.shared.ids import EventId, OrgId
from tests.support.hostile_tokens import twisted
from tests.support.unsubscribing import KEY, LINKS, OLD_KEY

ORG, EVENT, JANE = OrgId(UUID(int=1)), EventId(UUID(int=2)), "jane@example.com"


def a_token(links: UnsubscribeLinks = LINKS, scope: str = "nps", address: str = JANE) -> str:
    return links.url(ORG, scope, EVENT, address).partition("token=")[2]


def is_refused(token: str, links: UnsubscribeLinks = LINKS) -> bool:
    try:
        links.read(token)
    except UnsubscribeTokenInvalid:
        return True
    return False


def test_ten_thousand_random_ones_verify_and_say_what_they_were_made_of() -> None:
    random = Random(7)
    for _ in range(10_000):
        opt_out = OptOut(
            OrgId(UUID(int=random.getrandbits(128))),
            random.choice([Scope.MARKETING, Scope.NPS]),
            EventId(UUID(int=random.getrandbits(128))),
            random.randbytes(32),
        )
        assert LINKS.read(LINKS.token(opt_out)) == opt_out


def test_every_flipped_bit_is_refused() -> None:
    for token in (a_token(), a_token(scope="marketing"), a_token(address="bob@example.com")):
        raw = token.encode()
        for place in range(8 * len(raw)):
            changed = bytearray(raw)
            changed[place // 8] ^= 1 << place % 8
            assert is_refused(changed.decode("latin-1")), place


def test_other_texts_of_the_same_bytes_are_refused() -> None:
    payload, signature = a_token().split(".")
    for twin in (
        f"{payload}.{twisted(signature)}",
        f"{payload}.{signature}=",
        f"{payload}==.{signature}",
        f"{payload}.{signature}\n",
        f" {payload}.{signature}",
        f"{payload}.{signature}.",
    ):
        assert is_refused(twin), twin


@pytest.mark.parametrize(
    "token", ["", ".", "a.b", "sample", "é.é", "A" * 1024, "\0", "A" * 88 + "." + "A" * 43]
)
def test_what_we_never_made_is_refused(token: str) -> None:
    assert is_refused(token)


def test_a_key_of_another_purpose_signs_none() -> None:
    opt_out = LINKS.read(a_token())
    other = UnsubscribeLinks("", (secrets.token_bytes(32),))
    assert is_refused(other.token(opt_out))


def test_links_live_on_when_another_key_signs() -> None:
    old = UnsubscribeLinks("", (OLD_KEY,))
    rotated = UnsubscribeLinks("", (KEY, OLD_KEY))
    opt_out = rotated.read(a_token(old))
    assert opt_out.address_hash in rotated.hashes(ORG, "JANE@example.com")
    assert rotated.read(a_token(rotated)) != opt_out
    assert is_refused(a_token(rotated), old)


def test_they_hold_no_address_and_those_of_two_companies_have_nothing_in_common() -> None:
    payload = base64.urlsafe_b64decode(a_token().split(".")[0])
    assert b"jane" not in payload
    assert LINKS.hashes(ORG, JANE) != LINKS.hashes(OrgId(UUID(int=3)), JANE)


@pytest.mark.parametrize("scope", ["transactional", "staff"])
def test_mails_that_cannot_be_stopped_have_none(scope: str) -> None:
    assert LINKS.headers(ORG, scope, EVENT, JANE) == {}
    assert LINKS.url(ORG, scope, EVENT, JANE) == LINKS.sample_url(scope) == ""
