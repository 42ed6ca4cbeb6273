"""What an organisation may say of itself."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from domain.shared.errors import Invalid
from domain.shared.ids import OrgId
from domain.tenancy.org import RESERVED_SLUGS, Branding, Contact, Org, OrgProfile, is_timezone, slug_fault
from tests.support.clock import START


def a_profile(**fields: Any) -> OrgProfile:
    basics: dict[str, Any] = {
        "name": "Acme",
        "timezone": "UTC",
        "currency": "USD",
        "created_at": START,
        "updated_at": START,
    }
    return OrgProfile(**(basics | fields))


def faulty_fields(**fields: Any) -> list[str]:
    with pytest.raises(Invalid) as refused:
        a_profile(**fields)
    assert refused.value.code == "validation_error"
    return [fault.field for fault in refused.value.errors]


@pytest.mark.parametrize("slug", ["abc", "acme-cleaning", "a-1-b", "0-0", "x" * 40, "v12", "healthy"])
def test_a_slug_is_words_joined_by_hyphens(slug: str) -> None:
    assert slug_fault(slug) is None


@pytest.mark.parametrize(
    "slug", ["", "ab", "x" * 41, "-ab", "ab-", "a--b", "Acme", "a_b", "a b", "äcme", "acme\n", "ac.me"]
)
def test_nothing_else_is_a_slug(slug: str) -> None:
    assert slug_fault(slug) is not None
    with pytest.raises(Invalid) as refused:
        Org(id=OrgId(uuid4()), slug=slug, created_at=START)
    assert [fault.field for fault in refused.value.errors] == ["slug"]


@pytest.mark.parametrize("slug", sorted(RESERVED_SLUGS))
def test_the_installations_own_words_are_reserved(slug: str) -> None:
    assert slug_fault(slug) is not None


def test_a_profile_is_content_with_the_least() -> None:
    profile = a_profile()
    assert profile.travel_buffer_minutes == 30
    assert profile.branding.primary_color == "#1f6feb"
    assert profile.display_name == "Acme"
    assert a_profile(branding=Branding(display_name="Shiny")).display_name == "Shiny"


def test_all_faults_come_at_once_by_the_names_of_the_contract() -> None:
    nonsense = {
        "name": "",
        "timezone": "Mars/Olympus",
        "currency": "usd",
        "travel_buffer_minutes": 241,
        "branding": Branding(
            display_name="", logo_url="http://x.example/l.png", primary_color="blue",
            email_from_name="a\r\nBcc: b", reply_to="nobody", footer_text="x" * 501,
        ),
        "contact": Contact(email="a@b", phone="030 123", address="x" * 301, country="XX"),
    }  # fmt: skip
    assert set(faulty_fields(**nonsense)) == {
        "name", "timezone", "currency", "travel_buffer_minutes", "branding/display_name", "branding/logo_url",
        "branding/primary_color", "branding/email_from_name", "branding/reply_to", "branding/footer_text",
        "contact/email", "contact/phone", "contact/address", "contact/country",
    }  # fmt: skip


@pytest.mark.parametrize("minutes", [0, 240])
def test_the_travel_buffer_has_limits(minutes: int) -> None:
    assert a_profile(travel_buffer_minutes=minutes).travel_buffer_minutes == minutes


def test_a_travel_buffer_is_not_negative() -> None:
    assert faulty_fields(travel_buffer_minutes=-1) == ["travel_buffer_minutes"]


@pytest.mark.parametrize(
    "logo",
    [
        "https://",
        "https:///x",
        "https://a b.example",
        "ftp://a.example",
        "https://u@a.example",
        "//a.example",
    ],
)
def test_a_logo_is_fetched_by_https_alone(logo: str) -> None:
    assert faulty_fields(branding=Branding(logo_url=logo)) == ["branding/logo_url"]


def test_a_logo_address_has_a_limit() -> None:
    start = "https://a.example/"
    a_profile(branding=Branding(logo_url=start + "x" * (500 - len(start))))
    assert faulty_fields(branding=Branding(logo_url=start + "x" * 500)) == ["branding/logo_url"]


@pytest.mark.parametrize("text", ["line\x00", "bell\x07", "next\x85line", "delete\x7f"])
def test_control_characters_are_refused(text: str) -> None:
    assert faulty_fields(name=text) == ["name"]
    assert faulty_fields(contact=Contact(address=text)) == ["contact/address"]


def test_an_address_and_a_footer_have_lines() -> None:
    a_profile(contact=Contact(address="Way 1\nTown"), branding=Branding(footer_text="One\nTwo"))


@pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"])
def test_time_zones_the_server_knows(name: str) -> None:
    assert is_timezone(name)
    assert a_profile(timezone=name).zone.key == name


@pytest.mark.parametrize(
    "name",
    [
        "", ".", "..", "../UTC", "/etc/localtime", "Europe", "europe/atlantis", "U\x00TC", "x" * 300,
        "localtime", "posixrules", "right/UTC", "posix/UTC",
    ],
)  # fmt: skip
def test_what_is_no_time_zone(name: str) -> None:
    assert not is_timezone(name)
    assert faulty_fields(timezone=name) == ["timezone"]


def test_an_edit_is_the_next_version_and_keeps_the_rest() -> None:
    later = START + timedelta(hours=1)
    before = a_profile(currency="EUR")
    after = before.edited(later, name="New")
    assert (after.name, after.currency, after.version, after.updated_at) == ("New", "EUR", 2, later)
    assert after.created_at == before.created_at
    with pytest.raises(Invalid):
        before.edited(later, currency="XXX")
