"""What a person gets about their account."""

from collections.abc import Mapping

from adapters.jinja.mail_template import MailTemplate

ACCOUNT_MAILS: Mapping[str, MailTemplate] = {
    "password_reset_link": MailTemplate(
        version=2,
        subject="Reset your password",
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
