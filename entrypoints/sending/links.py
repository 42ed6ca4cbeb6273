"""Links of mails, and where they lead."""

from application.delivery.unsubscribe_links import UnsubscribeLinks
from entrypoints.keys import unsubscribe_keys
from entrypoints.settings import Settings

DEV_BASE_URL = "http://127.0.0.1:8000"
"""Where `sweepline serve` listens; in production PUBLIC_BASE_URL must be set."""


def base_url_of(settings: Settings) -> str:
    return (settings.general.public_base_url or DEV_BASE_URL).rstrip("/")


def unsubscribe_links_of(settings: Settings) -> UnsubscribeLinks:
    return UnsubscribeLinks(base_url_of(settings), tuple(unsubscribe_keys(settings)))
