"""Where exports go, and over which connections."""

from collections.abc import Iterator
from contextlib import contextmanager

from adapters.h11.kept_lines import KeptLines
from adapters.h11.webhooks import H11WebhookSender
from application.delivery.export_channel import ExportTarget
from application.delivery.webhook_signature import signing_key
from application.ports.webhooks import WebhookSender
from domain.delivery.target import TargetRules, host_in, normal_host
from entrypoints.settings import Settings

KEEP_SECONDS = 1.0
"""Far less than receivers keep a silent connection, so that few hang up as the next message leaves."""


@contextmanager
def open_sender() -> Iterator[WebhookSender]:
    kept = KeptLines(KEEP_SECONDS)
    yield H11WebhookSender(kept=kept)
    kept.close()


def export_target(settings: Settings) -> ExportTarget | None:
    """The operator's, unless exports are off. A URL that may not be called is refused at each attempt."""
    given = settings.export
    if given.mode != "webhook" or given.webhook_url is None:
        return None
    url = given.webhook_url.reveal()
    host = host_in(url)
    allowed = frozenset(map(normal_host, given.webhook_allowed_hosts))
    return ExportTarget(
        url=url,
        host=host,
        rules=TargetRules(
            allow_http=given.webhook_allow_http,
            block_private=given.webhook_block_private_ips,
            allowed_hosts=allowed or None,
        ),
        keys=(signing_key(given.webhook_secret.reveal()),) if given.webhook_secret else (),
        timeout_seconds=given.export_webhook_timeout_seconds,
    )
