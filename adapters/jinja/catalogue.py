"""Every mail we write. A change of wording is a new version."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class MailTemplate:
    """`subject` and `paragraphs` are Jinja; an empty paragraph is left out, as is an unknown fact."""

    version: int = 1
    scope: str = "transactional"  # or staff; marketing and nps are for whoever did not unsubscribe
    subject: str
    heading: str
    paragraphs: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    greets: bool = True
    needs: tuple[str, ...] = ()
    link: str = ""  # what to call the address that `secret` is


_VISIT = ("starts_at",)
_REQUEST = ("service", "frequency", "length", "price")

TEMPLATES: Mapping[str, MailTemplate] = {
    "request_received": MailTemplate(
        subject="We received your request – {{ org }}",
        heading="We received your request",
        paragraphs=("Thank you for asking us. Here is what we noted; we will be in touch soon.",),
        facts=_REQUEST,
    ),
    "lead_office_notice": MailTemplate(
        scope="staff",
        subject="New request – {{ org }}",
        heading="New request",
        paragraphs=("Somebody asked for a visit.",),
        facts=("client", "phone", "email", "postal_code", *_REQUEST),
        greets=False,
    ),
    "booking_office_notice": MailTemplate(
        scope="staff",
        subject="New booking – {{ org }}",
        heading="New booking",
        paragraphs=("Somebody booked a visit.",),
        facts=("when", "status", "client", "phone", "email", "service", "where"),
        greets=False,
        needs=_VISIT,
    ),
    "booking_pending": MailTemplate(
        subject="Your booking request for {{ date }} – {{ org }}",
        heading="We received your booking request",
        paragraphs=(
            "We keep this time for you and will confirm it soon.",
            "{% if deposit_cents %}A deposit is due before we can confirm.{% endif %}",
        ),
        facts=("when", "service", "where", "total", "deposit", "held_until"),
        needs=_VISIT,
    ),
    "booking_confirmed": MailTemplate(
        subject="Confirmed: {{ date }}, {{ time }} – {{ org }}",
        heading="Your visit is confirmed",
        paragraphs=("We look forward to seeing you.",),
        facts=("when", "service", "where", "total", "deposit"),
        needs=_VISIT,
    ),
    "booking_rescheduled": MailTemplate(
        subject="New time: {{ date }}, {{ time }} – {{ org }}",
        heading="Your visit has a new time",
        paragraphs=("Your visit was moved. This is the new time.",),
        facts=("when", "service", "where", "total"),
        needs=_VISIT,
    ),
    "booking_cancelled": MailTemplate(
        subject="Cancelled: your visit on {{ date }} – {{ org }}",
        heading="Your visit was cancelled",
        paragraphs=("This visit will not take place.",),
        facts=("when", "service", "refund"),
        needs=_VISIT,
    ),
    "booking_expired": MailTemplate(
        subject="Cancelled: your visit on {{ date }} – {{ org }}",
        heading="Your booking request has expired",
        paragraphs=(
            "We could not keep this time for you any longer, so it was set free again.",
            "You are welcome to choose another time.",
        ),
        facts=("when", "service"),
        needs=_VISIT,
    ),
    "booking_reminder_24h": MailTemplate(
        subject="Reminder: {{ date }}, {{ time }} – {{ org }}",
        heading="Your visit is soon",
        paragraphs=("This is a reminder of your visit. We look forward to seeing you.",),
        facts=("when", "service", "where"),
        needs=_VISIT,
    ),
    "booking_crew": MailTemplate(
        scope="staff",
        subject="Your visits changed: {{ date }} – {{ org }}",
        heading="Your visits changed",
        paragraphs=("You are {% if not assigned %}no longer {% endif %}assigned to this visit.",),
        facts=("when", "service", "where"),
        needs=(*_VISIT, "assigned"),
    ),
    "password_reset_link": MailTemplate(
        subject="Reset your password – {{ org }}",
        heading="Reset your password",
        paragraphs=(
            "Somebody, we hope you, asked for a new password for your account.",
            "The link works once, within 30 minutes. Without it nothing changes.",
        ),
        greets=False,
        needs=("secret",),
        link="Choose a new password",
    ),
    "invitation": MailTemplate(
        subject="You are invited to {{ org }}",
        heading="You are invited to {{ org }}",
        paragraphs=(
            "You are to work with {{ org }} as {{ role }}.",
            "The link works once, within 72 hours. If you do not know this company, leave it.",
        ),
        greets=False,
        needs=("secret", "role"),
        link="Accept the invitation",
    ),
    "temp_password_notice": MailTemplate(
        subject="Your password was reset – {{ org }}",
        heading="Your password was reset",
        paragraphs=(
            "An administrator of {{ org }} gave your account a temporary password.",
            "You choose a new one when you sign in with it.",
            "If you did not expect this, tell your administrator at once.",
        ),
        facts=("temp_password",),
        greets=False,
    ),
    "password_changed": MailTemplate(
        subject="Your password was changed – {{ org }}",
        heading="Your password was changed",
        paragraphs=(
            "The password of your account was changed just now.",
            "If it was not you, tell your administrator at once.",
        ),
        greets=False,
    ),
    "mfa_enabled": MailTemplate(
        subject="Your second factor is on – {{ org }}",
        heading="Your second factor is on",
        paragraphs=(
            "From now on a code of your authenticator is asked for when you sign in.",
            "All sessions were ended; sign in again to go on.",
            "If it was not you, tell your administrator at once.",
        ),
        greets=False,
    ),
    "mfa_disabled": MailTemplate(
        subject="Your second factor is off – {{ org }}",
        heading="Your second factor is off",
        paragraphs=(
            "The second factor of your account was taken away; your password alone lets you in now.",
            "All sessions were ended; sign in again, and enrol a new device.",
            "If you did not expect this, tell your administrator at once.",
        ),
        greets=False,
    ),
    "break_glass_started": MailTemplate(
        scope="staff",
        subject="Break-glass access was started – {{ org }}",
        heading="Break-glass access was started",
        paragraphs=(
            "With the token issued just now, changes are possible while administration is read-only.",
            "Each of them is on record in the audit log.",
            "If you did not expect this, revoke the token at once.",
        ),
        facts=("started_by", "reason", "valid_until"),
        greets=False,
        needs=("started_by", "reason", "expires_at"),
    ),
    "refresh_reused": MailTemplate(
        subject="A session of yours was ended – {{ org }}",
        heading="A session of yours was ended",
        paragraphs=(
            "A sign-in token of yours was used a second time, so somebody may hold a copy of it.",
            "We ended that session; sign in again to go on.",
            "If you did not expect this, change your password.",
        ),
        greets=False,
    ),
    "login_locked": MailTemplate(
        subject="Your account is locked – {{ org }}",
        heading="Your account is locked",
        paragraphs=(
            "Somebody tried a hundred wrong passwords for your account, one after the other.",
            "Nobody can sign in with its password alone until it is reset.",
            "Ask for a link to reset it on the sign-in page, or ask your administrator.",
        ),
        greets=False,
    ),
    "second_factor_locked": MailTemplate(
        subject="Wrong codes for your account – {{ org }}",
        heading="Somebody who knows your password entered wrong codes",
        paragraphs=(
            "After the right password, five codes of your second factor were wrong within five minutes.",
            "For the next minutes no code is accepted.",
            "If it was not you, change your password at once.",
        ),
        greets=False,
    ),
}
