import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.jinja.catalogue import TEMPLATES
from adapters.jinja.templates import JinjaTemplates
from application.ports.templates import Letterhead
from domain.delivery.faults import DeliveryFailed

TEMPLATER = JinjaTemplates()
ACME = Letterhead(
    org_name="Acme & Söhne", timezone="America/New_York", primary_color="#123456", footer_text="Line <1>"
)
VISIT: dict[str, Any] = {
    "to": "jane@example.com",
    "name": "Jane <b>Doe</b>",
    "starts_at": "2026-03-03T14:00:00Z",
    "ends_at": "2026-03-03T17:00:00Z",
    "timezone": "America/New_York",
    "service_type": "deep",
    "address": "1 Main St, Apt 4 & 5",
    "currency": "USD",
    "total_cents": 123450,
    "deposit_cents": 30862,
    "assigned": True,
}
REQUEST: dict[str, Any] = {
    "to": "jane@example.com",
    "lead_name": "Jane",
    "lead_phone": "+1 555 0134",
    "lead_email": "jane@example.com",
    "postal_code": "10001",
    "service_type": "standard",
    "frequency": "one_time",
    "total_before_tax_cents": 9900,
    "currency": "USD",
    "duration_minutes": 150,
}
SUBJECTS = {
    "request_received": "We received your request – Acme & Söhne",
    "lead_office_notice": "New request – Acme & Söhne",
    "booking_office_notice": "New booking – Acme & Söhne",
    "booking_pending": "Your booking request for Tue 3 Mar 2026 – Acme & Söhne",
    "booking_confirmed": "Confirmed: Tue 3 Mar 2026, 09:00 EST – Acme & Söhne",
    "booking_rescheduled": "New time: Tue 3 Mar 2026, 09:00 EST – Acme & Söhne",
    "booking_cancelled": "Cancelled: your visit on Tue 3 Mar 2026 – Acme & Söhne",
    "booking_expired": "Cancelled: your visit on Tue 3 Mar 2026 – Acme & Söhne",
    "booking_reminder_24h": "Reminder: Tue 3 Mar 2026, 09:00 EST – Acme & Söhne",
    "booking_crew": "Your visits changed: Tue 3 Mar 2026 – Acme & Söhne",
    "booking_completed": "Thank you for having us – Acme & Söhne",
    "nps_survey": "How did we do? – Acme & Söhne",
    "nps_ticket_notice": "A client was unhappy – Acme & Söhne",
    "client_login_link": "Your sign-in link – Acme & Söhne",
    "webhook_endpoint_disabled": "A webhook endpoint was switched off – Acme & Söhne",
    "password_changed": "Your password was changed – Acme & Söhne",
    "password_reset_link": "Reset your password",
    "invitation": "You are invited to Acme & Söhne",
    "temp_password_notice": "Your password was reset – Acme & Söhne",
    "mfa_enabled": "Your second factor is on – Acme & Söhne",
    "mfa_disabled": "Your second factor is off – Acme & Söhne",
    "break_glass_started": "Emergency access was opened – Acme & Söhne",
    "refresh_reused": "A session of yours was ended – Acme & Söhne",
    "login_locked": "Your account is locked – Acme & Söhne",
    "second_factor_locked": "Wrong codes for your account – Acme & Söhne",
}


ADDRESS = "https://sweepline.example/accept-invitation#token=abc&def"
INCIDENT = {
    "to": "owner@example.com",
    "started_by": "adam@example.com",
    "reason": "Prices <b>wrong</b>",
    "expires_at": "2026-03-03T14:00:00Z",
}
LINKED = {"to": "jane@example.com", "secret": ADDRESS, "role": "dispatcher"}
UNHAPPY = {**VISIT, "score": 0, "comment": "The <b>kitchen</b>\nwas not done."}


def values_of(template: str) -> dict[str, Any]:
    if TEMPLATES[template].needs[:1] == ("secret",):
        return LINKED
    if template == "nps_ticket_notice":
        return UNHAPPY
    if template == "webhook_endpoint_disabled":
        return {"to": "owner@example.com", "url_host": "hooks.example.com"}
    if template == "break_glass_started":
        return INCIDENT
    return REQUEST if template in {"request_received", "lead_office_notice"} else VISIT


@pytest.mark.parametrize("template", sorted(TEMPLATES))
def test_each_mail_has_its_subject_and_states_the_same_facts_twice(template: str) -> None:
    rendered = TEMPLATER.render(template, values_of(template), ACME)
    assert rendered.subject == SUBJECTS[template]
    shown = html.unescape(re.sub(r"<[^>]+>", "\n", rendered.html))
    in_html = " ".join(shown.split())
    for line in filter(None, rendered.text.splitlines()):
        label, colon, text = line.partition(": ")
        assert line in in_html or (colon and f"{label} {text}" in in_html), line


@pytest.mark.parametrize("template", sorted(TEMPLATES))
def test_html_is_escaped_reaches_for_nothing_and_fits_a_phone(template: str) -> None:
    page = TEMPLATER.render(template, values_of(template), ACME).html
    page = page.replace(html.escape(ADDRESS), "")
    assert "<b>" not in page
    assert "Line &lt;1&gt;" in page
    assert "#123456" in page
    assert 'name="viewport"' in page
    assert not re.search(r"(?i)https?:|<img|<script|<link|url\(|src=", page)
    assert "overflow-wrap:anywhere" in page  # a long name without blanks is no wider than the phone


def test_times_are_the_organisations_with_the_zone_shown() -> None:
    text = TEMPLATER.render("booking_confirmed", VISIT, ACME).text
    assert "When: Tuesday 3 March 2026, 09:00 to 12:00 EST (America/New_York)" in text
    assert "Price before tax: 1,234.50 USD" in text
    kathmandu = TEMPLATER.render("booking_confirmed", VISIT | {"timezone": "Asia/Kathmandu"}, ACME)
    assert "19:45 UTC+0545" in kathmandu.subject


def test_both_ends_name_their_zone_when_the_clocks_change_between_them() -> None:
    fold = {"starts_at": "2026-11-01T05:30:00Z", "ends_at": "2026-11-01T06:30:00Z"}
    text = TEMPLATER.render("booking_confirmed", VISIT | fold, ACME).text
    assert "01:30 EDT to 01:30 EST (America/New_York)" in text


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "UTC"])
@given(minutes=st.integers(0, 366 * 24 * 60))
def test_the_date_and_time_of_a_subject_are_right_all_year(zone: str, minutes: int) -> None:
    from zoneinfo import ZoneInfo

    starts_at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    values = VISIT | {"starts_at": starts_at.isoformat(), "ends_at": None, "timezone": zone}
    local = starts_at.astimezone(ZoneInfo(zone))
    assert f"{local.day} {local:%b %Y, %H:%M}" in TEMPLATER.render("booking_confirmed", values, ACME).subject


@pytest.mark.parametrize(
    ("template", "values"),
    [
        ("no_such_template", VISIT),
        ("booking_confirmed", {}),
        ("booking_confirmed", VISIT | {"starts_at": "soon"}),
        ("booking_confirmed", VISIT | {"starts_at": "2026-03-03T14:00:00"}),
        ("booking_confirmed", VISIT | {"timezone": "Mars/Olympus"}),
        ("booking_confirmed", VISIT | {"timezone": "../../etc/passwd"}),
        ("booking_confirmed", VISIT | {"timezone": "America"}),
        ("booking_crew", {**VISIT, "assigned": None}),
    ],
)
def test_values_that_do_not_fit_are_a_fault_of_the_message(template: str, values: dict[str, Any]) -> None:
    with pytest.raises(DeliveryFailed) as caught:
        TEMPLATER.render(template, values, ACME)
    assert (caught.value.fault.code, caught.value.fault.permanent) == ("payload_invalid", True)


def test_a_crew_hears_whether_it_came_or_went() -> None:
    came, went = (
        TEMPLATER.render("booking_crew", VISIT | {"assigned": assigned}, ACME).text
        for assigned in (True, False)
    )
    assert "You are assigned to this visit." in came
    assert "You are no longer assigned to this visit." in went


def test_a_new_time_of_what_is_only_held_says_what_is_missing() -> None:
    """The mail that said so first is withdrawn by the move, if it has not left."""
    held = VISIT | {"expires_at": "2026-03-02T14:30:00Z"}
    text = TEMPLATER.render("booking_rescheduled", held, ACME).text
    assert "A deposit is due before we can confirm." in text
    assert "Deposit: 308.62 USD" in text
    assert "Held for you until: Mon 2 Mar 2026, 09:30 EST" in text
    assert "before we can confirm" not in TEMPLATER.render("booking_rescheduled", VISIT, ACME).text


def test_a_value_is_never_read_as_a_template() -> None:
    rendered = TEMPLATER.render("booking_confirmed", VISIT | {"name": "{{ 7 * 7 }}"}, ACME)
    assert "Hello {{ 7 * 7 }}," in rendered.text


def test_a_survey_is_answered_by_its_link_or_else_by_a_reply() -> None:
    by_reply = TEMPLATER.render("nps_survey", VISIT, ACME)
    assert "Answer this mail with your number" in by_reply.text
    assert "Give your answer" not in by_reply.text + by_reply.html
    by_link = TEMPLATER.render("nps_survey", {**VISIT, "survey_url": ADDRESS}, ACME)
    assert by_link.text.count(ADDRESS) == 1
    assert by_link.html.count(f'href="{html.escape(ADDRESS)}"') == 1
    assert "Answer this mail" not in by_link.text


def test_the_office_reads_a_score_of_nothing_too() -> None:
    text = TEMPLATER.render("nps_ticket_notice", UNHAPPY, ACME).text
    assert "Score: 0 of 10" in text
    assert "Comment: The <b>kitchen</b>\nwas not done." in text


@pytest.mark.parametrize(
    ("template", "scope"),
    [("booking_completed", "marketing"), ("nps_survey", "nps"), ("nps_ticket_notice", "staff")],
)
def test_who_may_stop_a_mail_is_told_by_its_scope(template: str, scope: str) -> None:
    assert TEMPLATER.scope_of(template) == scope


@pytest.mark.parametrize("template", ["invitation", "password_reset_link", "client_login_link"])
def test_a_link_stands_in_both_parts_to_be_followed_or_copied(template: str) -> None:
    rendered = TEMPLATER.render(template, LINKED, ACME)
    assert rendered.text.count(ADDRESS) == 1
    assert rendered.html.count(f'href="{html.escape(ADDRESS)}"') == 1
    with pytest.raises(DeliveryFailed):
        TEMPLATER.render(template, {**LINKED, "secret": None}, ACME)


def test_a_temporary_password_is_in_the_mail_only_if_it_is_given() -> None:
    with_it = TEMPLATER.render("temp_password_notice", {"secret": "k3Vq9wZabc"}, ACME).text
    assert "Temporary password: k3Vq9wZabc" in with_it
    assert "Temporary password" not in TEMPLATER.render("temp_password_notice", {}, ACME).text
