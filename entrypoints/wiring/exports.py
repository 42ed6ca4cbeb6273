from collections.abc import Iterator

from dishka import Provider, Scope, provide

from adapters.h11.kept_lines import KeptLines
from adapters.h11.webhooks import H11WebhookSender
from application.delivery.export_channel import ExportChannel
from application.ports.webhooks import WebhookSender

KEEP_SECONDS = 1.0
"""Far less than receivers keep a silent connection, so that few hang up as the next message leaves."""


class ExportProvider(Provider):
    """What leaves for other people's systems."""

    scope = Scope.APP
    channel = provide(ExportChannel)

    @provide
    def sender(self, kept: KeptLines) -> WebhookSender:
        return H11WebhookSender(kept=kept)

    @provide
    def kept_lines(self) -> Iterator[KeptLines]:
        kept = KeptLines(KEEP_SECONDS)
        yield kept
        kept.close()
