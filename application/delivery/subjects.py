"""What heads a mail that was not sent: composed of the values that it waits with, or waited with."""

import logging
from collections.abc import Mapping

from application.delivery.compose import letterhead
from application.ports.templates import Templates
from domain.delivery.email_event import EmailEvent
from domain.delivery.faults import DeliveryFailed
from domain.tenancy.org import OrgProfile

logger = logging.getLogger(__name__)


def with_subject(
    templates: Templates, email: EmailEvent, values: Mapping[str, object], profile: OrgProfile
) -> EmailEvent:
    """The mail as it is if it cannot be composed. Of a sealed one no subject holds the secret."""
    try:
        rendered = templates.render(email.email_type, {"secret": "", **values}, letterhead(profile))
    except DeliveryFailed:  # what cannot be composed has no subject
        return email
    except Exception:  # a fault of ours: the others beside it are not to pay for it, and it tells so
        logger.exception("a subject could not be composed", extra={"event_id": str(email.event_id)})
        return email
    return email.composed(rendered.version, rendered.subject)
