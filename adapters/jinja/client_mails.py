"""What clients get: of their requests and their visits."""

from collections.abc import Mapping

from adapters.jinja.mail_template import REQUEST, VISIT, MailTemplate

CLIENT_MAILS: Mapping[str, MailTemplate] = {
    "request_received": MailTemplate(
        subject="We received your request – {{ org }}",
        heading="We received your request",
        paragraphs=("Thank you for asking us. Here is what we noted; we will be in touch soon.",),
        facts=REQUEST,
    ),
    "booking_pending": MailTemplate(
        subject="Your booking request for {{ date }} – {{ org }}",
        heading="We received your booking request",
        paragraphs=(
            "We keep this time for you and will confirm it soon.",
            "{% if deposit_cents %}A deposit is due before we can confirm.{% endif %}",
        ),
        facts=("when", "service", "where", "total", "deposit", "held_until"),
        needs=VISIT,
    ),
    "booking_confirmed": MailTemplate(
        subject="Confirmed: {{ date }}, {{ time }} – {{ org }}",
        heading="Your visit is confirmed",
        paragraphs=("We look forward to seeing you.",),
        facts=("when", "service", "where", "total", "deposit"),
        needs=VISIT,
    ),
    "booking_rescheduled": MailTemplate(
        version=2,
        subject="New time: {{ date }}, {{ time }} – {{ org }}",
        heading="Your visit has a new time",
        paragraphs=(
            "Your visit was moved. This is the new time.",
            "{% if expires_at and deposit_cents %}A deposit is due before we can confirm.{% endif %}",
        ),
        facts=("when", "service", "where", "total", "deposit", "held_until"),
        needs=VISIT,
    ),
    "booking_cancelled": MailTemplate(
        subject="Cancelled: your visit on {{ date }} – {{ org }}",
        heading="Your visit was cancelled",
        paragraphs=("This visit will not take place.",),
        facts=("when", "service", "refund"),
        needs=VISIT,
    ),
    "booking_expired": MailTemplate(
        subject="Cancelled: your visit on {{ date }} – {{ org }}",
        heading="Your booking request has expired",
        paragraphs=(
            "We could not keep this time for you any longer, so it was set free again.",
            "You are welcome to choose another time.",
        ),
        facts=("when", "service"),
        needs=VISIT,
    ),
    "booking_reminder_24h": MailTemplate(
        subject="Reminder: {{ date }}, {{ time }} – {{ org }}",
        heading="Your visit is soon",
        paragraphs=("This is a reminder of your visit. We look forward to seeing you.",),
        facts=("when", "service", "where"),
        needs=VISIT,
    ),
    "booking_completed": MailTemplate(
        scope="marketing",
        subject="Thank you for having us – {{ org }}",
        heading="Thank you for having us",
        paragraphs=(
            "Your visit is done. We hope you are happy with it.",
            "If anything is not as it should be, answer this mail and we will see to it.",
        ),
        facts=("when", "service"),
        needs=VISIT,
    ),
    "nps_survey": MailTemplate(
        scope="nps",
        subject="How did we do? – {{ org }}",
        heading="How did we do?",
        paragraphs=(
            "Would you recommend {{ org }} to a friend? 0 means not at all, 10 means certainly.",
            "{% if survey_url %}It takes half a minute.{% endif %}",
            "{% if not survey_url %}Answer this mail with your number; a word on why is welcome.{% endif %}",
        ),
        facts=("when", "service"),
        needs=VISIT,
        link="Give your answer",
        link_to="survey_url",
    ),
    "client_login_link": MailTemplate(
        subject="Your sign-in link – {{ org }}",
        heading="Your sign-in link",
        paragraphs=(
            "Somebody, we hope you, asked to sign in to your visits at {{ org }}.",
            "The link works once, and for a short time. Without it nobody is signed in.",
        ),
        needs=("secret",),
        link="Sign in",
    ),
}
