from datetime import timedelta
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.leads.errors import LeadMoveRefused
from domain.leads.lead import Lead
from domain.leads.lead_status import LeadStatus
from domain.leads.referral import ALPHABET, referral_code
from domain.shared.contact import normal_phone
from tests.support.leads import ASKED_AT, a_lead

LATER = ASKED_AT + timedelta(hours=1)
NEW, CONTACTED, BOOKED, DONE, CANCELLED = LeadStatus
BY_HAND = {
    (NEW, CONTACTED),
    (NEW, BOOKED),
    (NEW, CANCELLED),
    (CONTACTED, BOOKED),
    (CONTACTED, CANCELLED),
    (BOOKED, DONE),
    (BOOKED, CANCELLED),
}
BY_THE_SYSTEM = {
    "booked": {NEW: BOOKED, CONTACTED: BOOKED, CANCELLED: BOOKED},
    "finished": {BOOKED: DONE},
    "released": {BOOKED: CONTACTED},
}


@pytest.mark.parametrize("before", LeadStatus)
@pytest.mark.parametrize("wanted", LeadStatus)
def test_by_hand_exactly_the_moves_of_the_table(before: LeadStatus, wanted: LeadStatus) -> None:
    lead = a_lead(status=before)
    if before is wanted:
        assert lead.moved(wanted, LATER) is lead
    elif (before, wanted) in BY_HAND:
        moved = lead.moved(wanted, LATER)
        assert (moved.status, moved.version, moved.updated_at) == (wanted, 2, LATER)
    else:
        with pytest.raises(LeadMoveRefused):
            lead.moved(wanted, LATER)


@pytest.mark.parametrize("before", LeadStatus)
@pytest.mark.parametrize("verb", BY_THE_SYSTEM)
def test_by_the_system_exactly_the_moves_of_the_table(before: LeadStatus, verb: str) -> None:
    lead = a_lead(status=before)
    moved: Lead = getattr(lead, verb)(LATER)
    after = BY_THE_SYSTEM[verb].get(before, before)
    assert moved.status is after
    assert moved.version == (1 if after is before else 2)


def test_a_token_works_until_the_instant_it_ends_and_for_no_other_digest() -> None:
    good, other = sha256(b"good").digest(), sha256(b"other").digest()
    lead = a_lead(token_sha256=good, token_expires_at=LATER)
    assert lead.token_matches(good, LATER - timedelta(seconds=1))
    assert not lead.token_matches(good, LATER)
    assert not lead.token_matches(good, LATER + timedelta(seconds=1))
    assert not lead.token_matches(other, ASKED_AT)
    assert not lead.token_matches(b"", ASKED_AT)
    assert not a_lead().token_matches(good, ASKED_AT)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"email": "A@Example.com", "phone": "111"}, {"email": "a@example.COM", "phone": "222"}, True),
        ({"email": None, "phone": "+1 (555) 010-0134"}, {"email": None, "phone": "5550100134"}, True),
        ({"email": None, "phone": "5550100134"}, {"email": None, "phone": "5550100135"}, False),
        ({"email": None, "phone": "call me"}, {"email": None, "phone": "ask Jim"}, False),
    ],
)
def test_who_is_the_same_person(one: dict[str, str], other: dict[str, str], *, same: bool) -> None:
    assert a_lead(details=one).same_person(a_lead(details=other)) is same
    assert a_lead(details=other).same_person(a_lead(details=one)) is same


@pytest.mark.parametrize(
    ("searched", "found"),
    [
        ("jane", True),
        ("E  D", True),
        ("EXAMPLE.com", True),
        ("010-01", True),
        ("apt 13", False),
        ("0134 0", False),
        ("june", False),
    ],
)
def test_searching_ignores_case_and_the_way_a_number_is_written(searched: str, *, found: bool) -> None:
    assert a_lead().mentions(searched) is found


@given(st.binary(min_size=5, max_size=5))
def test_a_referral_code_is_eight_readable_characters(random: bytes) -> None:
    code = referral_code(random)
    assert len(code) == 8
    assert set(code) <= set("ABCDEFGHJKLMNPQRSTUVWXYZ23456789")
    number = 0
    for character in code:
        number = number * 32 + ALPHABET.index(character)
    assert number.to_bytes(5) == random, "no two random values share a code"


@given(st.text(max_size=32))
def test_a_phone_always_has_something_to_compare(phone: str) -> None:
    assert normal_phone(phone) == normal_phone(normal_phone(phone))
