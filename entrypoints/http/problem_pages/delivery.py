"""Codes of delivery and operations (delivery page, §10)."""

from entrypoints.http.problem_pages.page import ProblemPage

PAGES: dict[str, ProblemPage] = {
    "unsubscribe_token_invalid": ProblemPage(
        400,
        "Unsubscribe link not valid",
        "The link was altered or is cut off.",
        "Use the link of a newer mail, whole.",
    ),
    "invalid_signature": ProblemPage(
        401,
        "Signature not valid",
        "The sender of this event could not be proven.",
        "Sign the raw body with the shared secret.",
    ),
    "template_context_missing": ProblemPage(
        422,
        "Template needs more",
        "The template wants a record that was not named.",
        "Name the record that `detail` asks for.",
    ),
    "not_ready": ProblemPage(
        503,
        "Not ready",
        "This instance should get no traffic now; the members say which part is at fault.",
        "Wait, or act on the message of the part that is not ok.",
    ),
    "lease_lost": ProblemPage(
        409,
        "Lease lost",
        "Another runner may be trying this message by now, so a late result changes nothing.",
        "Nothing: the other runner records its own result.",
    ),
    "outbox_not_dead": ProblemPage(
        409,
        "Message is not dead",
        "Only dead messages can be replayed, and this one is not.",
        "Leave it to the outbox.",
    ),
    "outbox_not_replayable": ProblemPage(
        409,
        "Message cannot be replayed",
        "Its cause or its content is gone.",
        "Cause a new message instead.",
    ),
    "export_not_dead": ProblemPage(
        409,
        "Export is not dead",
        "Only dead exports can be replayed, and this one is not.",
        "Leave it to the outbox.",
    ),
    "export_payload_unavailable": ProblemPage(
        409,
        "Export has no content any more",
        "Its content was erased, or is past its retention.",
        "Export anew.",
    ),
    "export_target_missing": ProblemPage(
        409,
        "Export has no target",
        "Exports are off, or have no URL, now.",
        "Configure the target, then replay.",
    ),
    "export_target_refused": ProblemPage(
        409,
        "Export target refused",
        "The target's address breaks a rule; `detail` names it.",
        "Correct the target's address.",
    ),
    "nothing_to_resend": ProblemPage(
        409,
        "Nothing to resend",
        "There is no message that could be sent again.",
        "Look at the messages of the booking.",
    ),
    "message_outdated": ProblemPage(
        409,
        "Message outdated",
        "The visit is over, or the link in the message is dead.",
        "Send a fresh message.",
    ),
    "recipient_missing": ProblemPage(
        409,
        "No recipient",
        "There is no address to send to.",
        "Add an e-mail address first.",
    ),
    "recipient_suppressed": ProblemPage(
        409,
        "Recipient suppressed",
        "Mail to this address is switched off; `detail` names the reason.",
        "Lift the suppression, if it is yours to lift.",
    ),
    "suppression_by_recipient": ProblemPage(
        409,
        "Switched off by the recipient",
        "The recipient unsubscribed, which only they can undo.",
        "Ask the recipient.",
    ),
    "webhook_endpoint_limit": ProblemPage(
        409,
        "Too many endpoints",
        "The organisation has as many webhook endpoints as it may.",
        "Remove one first.",
    ),
    "webhook_endpoint_disabled": ProblemPage(
        409,
        "Endpoint disabled",
        "The webhook endpoint is switched off.",
        "Enable it first.",
    ),
}
