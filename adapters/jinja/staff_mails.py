"""What a company's own people get about its work."""

from collections.abc import Mapping

from adapters.jinja.mail_template import REQUEST, VISIT, MailTemplate

STAFF_MAILS: Mapping[str, MailTemplate] = {
    "lead_office_notice": MailTemplate(
        scope="staff",
        subject="New request – {{ org }}",
        heading="New request",
        paragraphs=("Somebody asked for a visit.",),
        facts=("client", "phone", "email", "postal_code", *REQUEST),
        greets=False,
    ),
    "booking_office_notice": MailTemplate(
        scope="staff",
        subject="New booking – {{ org }}",
        heading="New booking",
        paragraphs=("Somebody booked a visit.",),
        facts=("when", "status", "client", "phone", "email", "service", "where"),
        greets=False,
        needs=VISIT,
    ),
    "booking_crew": MailTemplate(
        scope="staff",
        subject="Your visits changed: {{ date }} – {{ org }}",
        heading="Your visits changed",
        paragraphs=("You are {% if not assigned %}no longer {% endif %}assigned to this visit.",),
        facts=("when", "service", "where"),
        needs=(*VISIT, "assigned"),
    ),
    "break_glass_started": MailTemplate(
        version=2,
        scope="staff",
        subject="Emergency access was opened – {{ org }}",
        heading="Emergency access was opened",
        paragraphs=(
            "With the token issued just now, changes are possible while administration is read-only.",
            "Each of them is on record in the audit log.",
            "If you did not expect this, revoke the token at once.",
        ),
        facts=("started_by", "reason", "valid_until"),
        greets=False,
        needs=("started_by", "reason", "expires_at"),
    ),
    "webhook_endpoint_disabled": MailTemplate(
        scope="staff",
        subject="A webhook endpoint was switched off – {{ org }}",
        heading="A webhook endpoint was switched off",
        paragraphs=(
            "It said for good that it takes no more, so nothing is sent to it any more.",
            "Switch it on again once it takes what we send.",
        ),
        facts=("endpoint",),
        greets=False,
        needs=("url_host",),
    ),
    "nps_ticket_notice": MailTemplate(
        scope="staff",
        subject="A client was unhappy – {{ org }}",
        heading="A client was unhappy",
        paragraphs=("A client gave a low score for a visit. A call may help.",),
        facts=("score", "comment", "client", "phone", "email", "when", "service", "where"),
        greets=False,
        needs=(*VISIT, "score"),
    ),
}
